"""Formulas as MathML, which browsers show without a script and without a network."""

import re

from latex2mathml.converter import convert

# where browsers would set what latex2mathml writes wider or closer than TeX does
SPACING = (
    # ∂ and ∞ are letters, no operators
    (r"<mo>(&#x0(?:2202|221E);)</mo>", r"<mi>\1</mi>"),
    # ‖, | and / without space around them, and of a letter's height
    (
        r'<mo(?: stretchy="false")?>(&#x0(?:2016|007C|002F);)',
        r'<mo stretchy="false" lspace="0" rspace="0">\1',
    ),
    # space between a function and its argument: log p, tanh u
    (
        r"(<mi>[a-z]{2,}</mi>)(?=<m(?:i|n|frac|su[bp]><mi)>)",
        r'\1<mspace width="0.167em" />',
    ),
    # a bar is as wide as a letter
    (
        r'<mover>(.*?)<mo stretchy="true">(&#x000AF;)',
        r'<mover accent="true">\1<mo stretchy="false">\2',
    ),
)


def mathml(formula, display):
    """Return a formula in LaTeX as MathML, ``display`` being "block" or "inline".

    Raises ``ValueError`` for a formula that cannot be written so.
    """
    try:
        written = convert(formula.replace("{aligned}", "{align*}"), display=display)
    except Exception as error:  # latex2mathml raises many kinds
        raise ValueError(
            f"formula that cannot be written as MathML: {formula}"
        ) from error
    if "\\" in written:  # a command that it does not know
        raise ValueError(f"formula that cannot be written as MathML: {formula}")
    for found, better in SPACING:
        written = re.sub(found, better, written)
    return written
