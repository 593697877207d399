"""Find the numbers that a text states, and what in a notebook backs them.

Looked at are percentages (93 %, and both ends of 93 to 95 %), decimals (0.285) and
large numbers (105,610). A number is backed by an output that shows it, or code that
holds it as a literal: 0.93 for 93 %, 0.935 or 93.5 for 93.5 %, and the same value for
the others.
Comments, alt texts, claims in words and other prose prove nothing, so they do not
count.
"""

import ast
import io
import re
import tokenize
from typing import NamedTuple

_NUMBER = r"(?<![\w.,])\d+(?:,\d{3})*(?:\.\d+)?(?![\d]|[.,]\d)"
_PERCENT = r"\*{0,2}(?:\s|\\,)?(?:\\?%|per cent\b)"
# of a range whose first number comes before it
_OTHER_END = rf"\s?(?:to|and|or|–)\s?{_NUMBER}{_PERCENT}"


class Stated(NamedTuple):
    """A number in a text."""

    text: str  # as it is written, without the sign
    percent: bool
    around: str  # the words before and after it

    def backing(self):
        """Return in words what would back it."""
        shown, held = self.text, self.text.replace(",", "_")
        if self.percent:
            share = float(self.text.replace(",", "")) / 100
            whole = f"{held} or " if "." in held else ""
            shown, held = f"{shown} %", f"{whole}{share:.10g}"
        return f"an output that shows {shown}, or code that holds {held}"


def stated_numbers(text):
    """Yield each :class:`Stated` number of a Markdown text.

    Addresses of links and numbers of exercises are left out.
    """
    text = re.sub(r"\]\([^)]*\)", "]", text)
    text = re.sub(r"(xercises?) \d\.\d( and \d\.\d)?", r"\1", text)
    for found in re.finditer(_NUMBER, text):
        rest = text[found.end() :]
        percent = bool(re.match(f"{_PERCENT}|{_OTHER_END}", rest))
        if percent or re.search(r"[.,]", found[0]):
            around = text[max(0, found.start() - 60) : found.end() + 25]
            yield Stated(found[0], percent, " ".join(around.split()))


class Evidence:
    """What the cells of a notebook print and hold."""

    def __init__(self, cells):
        """Collect it from code cells."""
        shown = "\n".join(text for cell in cells for text in _shown(cell))
        numbers = list(re.finditer(_NUMBER, shown))
        self._shown = {found[0].replace(",", "") for found in numbers}
        self._shown_percent = {
            found[0] for found in numbers if re.match(_PERCENT, shown[found.end() :])
        }
        self._held = {value for cell in cells for value in _literals(cell.source)}

    def backs(self, stated):
        """Return whether an output or code backs a number."""
        digits = stated.text.replace(",", "")
        same = digits in self._shown or float(digits) in self._held
        if not stated.percent:
            return same
        share = float(digits) / 100
        decimals = len(digits.partition(".")[2])
        return (
            stated.text in self._shown_percent
            or f"{share:.{decimals + 2}f}" in self._shown
            or any(abs(value - share) < 1e-12 for value in self._held)
            or ("." in digits and same)
        )


def _shown(cell):
    """Yield the lines that a cell's outputs show.

    What they say of pictures proves nothing, and is left out. In the claim of a
    checkpoint, only numbers that were computed count, not those written in the cell.
    """

    def computed(found):
        return "" if found[0] in cell.source else found[0]

    for output in cell.outputs:
        for line in output.get("text", "").splitlines():
            yield re.sub(_NUMBER, computed, line) if line.startswith("✓") else line
        if not described(output):
            yield from map(str, output.get("data", {}).values())


def claims(output):
    """Return the lines of an output by which checkpoints say what they have proved."""
    lines = output.get("text", "").splitlines()
    return "\n".join(line for line in lines if line.startswith("✓"))


def described(output):
    """Return the text that replaces a figure or a slider, "" for other outputs."""
    text = output.get("data", {}).get("text/plain", "")
    return text if text.startswith(("Figure: ", "Slider for ")) else ""


def _literals(source):
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NUMBER:
            yield ast.literal_eval(token.string)
