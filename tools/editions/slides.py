"""Slide decks: for each chapter a web page that needs no network.

On the slides is what a class looks at: headings, questions, formulas, code, results and
pictures. Of other prose they show the first sentence; all of it is in the speaker's
notes (key S). Answers and printed results wait for a click. Imports, drawing, bare
checkpoints, whatever follows an exercise and what goes deeper are left to the notebook.
"""

import ast
import re
from base64 import b64decode
from dataclasses import dataclass
from importlib.resources import files
from io import BytesIO
from pathlib import Path

from jinja2 import DictLoader
from nbconvert.exporters import SlidesExporter
from nbformat import read
from nbformat.v4 import new_code_cell, new_markdown_cell
from PIL import Image
from traitlets.config import Config

from tools.chapters import main_path, relinked, tagged, title
from tools.files import write
from tools.names import names_in
from tools.pages import PICTURE, OfflineMarkdown

TEMPLATES = Path(__file__).with_name("templates")
# all in pixels of a slide, which the browser scales to the screen
WIDTH, HEIGHT = 1600, 900
FILLED = 840  # of a slide's height, at most
HEADING = 80  # height of the heading of a new section
RUNNING_HEAD = 45  # height of the heading of a section that goes on
LINE = 45  # height of a line of prose
CODE_SIZES = range(32, 23, -1)  # of letters in code and printed results
SMALLEST = 22  # of these letters where the code is long
CODE_WIDTH = 1545
CODE_LINE, CODE_LETTER = 1.32, 0.603  # height of a line, width of a letter: times size
WIDEST = 1540  # of pictures and figures
PICTURE_HEIGHTS = range(760, 499, -20)  # a picture takes the free height
CHARACTERS = 88  # in a line of prose
SHORT = 45  # a first sentence with fewer characters is followed by a second one
TASK = r"\*\*(?:Exercise|Open task)"  # how the text of one begins
LEFT_OUT = ("Further reading", "Words introduced here")
BLOCK = re.compile(
    r"\s*(?:```.*?```|<details>.*?</details>|\$\$.*?\$\$"
    r"|.+?(?=\n\s*\n|\n\$\$|\n#+ |\n<details>|\Z))",
    re.DOTALL,
)
SENTENCE = re.compile(
    # full stops in there end nothing
    r"(?:`[^`]*`|\$[^$]*\$|\[[^\]]*\]\([^)]*\)|\([^()]*\)|.)+?"
    r"(?:(?<=[.?!]\))|[.?!][\"'*)]*)(?=\s+[^a-z]|\s*$)",
    re.DOTALL,
)


class DeckExporter(OfflineMarkdown, SlidesExporter):
    """nbconvert's slides with formulas, pictures and reveal.js inside the page."""

    def __init__(self):
        template = (TEMPLATES / "slides.html.j2").read_text(encoding="utf-8") + PICTURE
        super().__init__(
            embed_images=True,
            template_file="slides.html.j2",
            extra_loaders=[DictLoader({"slides.html.j2": template})],
            config=Config(
                TagRemovePreprocessor={"enabled": True, "remove_input_tags": {"result"}}
            ),
        )


def make(chapters, folder, say):
    """Write a deck for each chapter into ``folder``; ``say`` gets a line for each."""
    reveal = files("sphinx_revealjs") / "_static" / "revealjs"
    parts = {
        "reveal_css": reveal / "dist" / "reveal.css",
        "reveal_js": reveal / "dist" / "reveal.js",
        "notes_js": reveal / "plugin" / "notes" / "notes.js",
        "deck_css": TEMPLATES / "slides.css",
    }
    resources = {name: part.read_text(encoding="utf-8") for name, part in parts.items()}
    sizes = range(SMALLEST, CODE_SIZES[0] + 1)
    resources["deck_css"] += "".join(
        [
            *(
                f".reveal .celltag_letters-{size} pre {{ font-size: {size}px; }}\n"
                for size in sizes
            ),
            *(
                f".reveal .celltag_high-{high} img {{ height: {high}px; }}\n"
                for high in PICTURE_HEIGHTS
            ),
        ]
    )
    resources |= {"width": WIDTH, "height": HEIGHT}
    for path in chapters:
        notebook = read(path, as_version=4)
        resources |= {
            "title": title(notebook),
            "metadata": {"name": path.stem, "path": str(path.parent)},
        }
        notebook.cells = deck(notebook.cells, path.parent)
        write(
            folder / f"{path.stem}.html",
            DeckExporter().from_notebook_node(notebook, resources=resources)[0],
        )
        slides = sum("slide" in place(cell) for cell in notebook.cells)
        say(f"{path.stem}: {slides} slides")


def place(cell):
    """Return a cell's kind: slide, subslide, fragment (waits for a key), notes or -."""
    return cell.metadata.slideshow.slide_type


def deck(cells, folder):
    """Return the cells of a deck, made from the cells of a chapter in ``folder``."""
    slides, waiting = _Slides(), []
    for cell, used_later in shown(main_path(cells)):
        items = (
            prose_items(cell, folder)
            if cell.cell_type == "markdown"
            else code_items(cell, used_later)
        )
        for item in items:
            waiting.append(item)
            if not item.with_next:
                slides.lay_out(waiting)
                waiting = []
    slides.lay_out(waiting)
    return slides.cells


# ---- selecting


def shown(cells):
    """Yield the cells that a class looks at, each with the names that later cells use.

    Of an exercise, this is the text up to the cell for the attempt, without that about
    the check.
    """
    section, solving = "", False
    for cell, used_later in zip(cells, names_used_after(cells), strict=True):
        if cell.cell_type == "markdown":
            section = (
                re.findall(r"^## (.+)$", cell.source, re.MULTILINE) or [section]
            )[-1]
            solving &= not re.search(TASK, cell.source)
        solving |= tagged(cell, "exercise")
        if section in LEFT_OUT or cell.cell_type == "raw":
            continue
        if section == "On your own":
            text = re.sub(
                rf"(?ms)\A.*?(?={TASK})|^The check.*", "", cell.source
            ).strip()
            if (
                cell.cell_type == "markdown"
                and text
                and not solving
                and "tags" not in cell.metadata
            ):
                yield new_markdown_cell(text, metadata={"whole": True}), set()
        else:
            yield cell, used_later


def names_used_after(cells):
    """Return for each cell the names that the code after it uses."""
    used = [set()]
    for cell in reversed(cells[1:]):
        used.append(
            used[-1] | names_in(ast.parse(cell.source))
            if cell.cell_type == "code"
            else used[-1]
        )
    return used[::-1]


def code_shown(source, used_later):
    """Return the part of a cell's code that a class looks at.

    Imports are left out, and cells that do nothing but check claims. In a cell that
    draws, functions stay and what later cells use.
    """
    statements = ast.parse(source).body
    calls = [
        ast.unparse(statement.value.func)
        for statement in statements
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
    ]
    if isinstance(statements[0], ast.Import | ast.ImportFrom) or calls == [
        "checkpoint"
    ] * len(statements):
        return ""
    if any(re.match(r"show_\w+$", call) for call in calls):
        lines = source.splitlines()
        shown = [
            statement
            for statement in statements
            if isinstance(statement, ast.FunctionDef)
            or isinstance(statement, ast.Assign)
            and "plt." not in ast.unparse(statement)
            and any(
                used_later & names_in(target, ast.Store) for target in statement.targets
            )
        ]
        source = "\n".join(
            "\n".join(lines[statement.lineno - 1 : statement.end_lineno])
            for statement in shown
        )
    return re.sub(r"(?<=\S) {2,}#", "  #", source)  # comments need not be aligned here


def brief(block):
    """Return what a slide shows of a block of prose.

    It is all of a question, formula, list, table or picture, and of a block that leads
    over to what follows; of others the first sentence, or two if that is short.
    """
    if re.match(rf"{TASK}|\$\$|```|<|[*-] |\d+\. |[|!>]", block) or leads_over(block):
        return block
    sentences = [match[0] for match in SENTENCE.finditer(block)]
    return "".join(sentences[: 1 + (len(sentences[0]) < SHORT)])


def leads_over(block):
    """Return whether a block ends in the middle of something, or with a question."""
    return not re.search(r"[.!][\"'*)]*$", block)


# ---- pieces of slides


@dataclass
class Item:
    """A piece of a slide."""

    cell: dict
    height: float  # in pixels; of a picture at least
    kind: str = "-"  # or fragment, or notes, as nbconvert calls them
    heading: str = ""  # not empty: begins a slide
    level: int = 0  # of the heading
    with_next: bool = False  # should share a slide with the piece that follows
    grows_to: float = 0  # of a picture: its height where as much is free


def prose_items(cell, folder):
    """Return the pieces of a cell of prose, whose pictures are in ``folder``."""
    text = relinked(  # no deck has the glossary
        cell.source, lambda target: None if target.startswith("glossary.md") else target
    )
    sections, whole = [[]], "**Before you run" in text or "whole" in cell.metadata
    for block in map(str.strip, BLOCK.findall(text)):
        if block.startswith("#"):
            sections.append([])
        if block and not re.search(
            "glossary ·|· glossary", block
        ):  # the line of links to other chapters
            sections[-1].append(block)
    items = []
    for blocks in filter(None, sections):
        pieces = [prose_item(block, folder, whole=whole) for block in blocks]
        for before, piece, block in zip(pieces, pieces[1:], blocks[1:], strict=False):
            before.with_next |= piece.kind == "fragment" or bool(
                re.match(r"[a-z(]", block)
            )
        first = min(1 + bool(pieces[0].heading), len(pieces))
        text = unfolded(
            "\n\n".join(block for block in blocks if not block.startswith("#"))
        )
        notes = Item(
            new_markdown_cell(text), 0, "notes", with_next=pieces[first - 1].with_next
        )
        items += [*pieces[:first], notes, *pieces[first:]]
    if items:
        items[-1].with_next = True
    return items


def prose_item(block, folder, *, whole):
    """Return a block of prose as a piece: the ``whole``, or its first sentence."""
    if heading := re.match(r"(#+) (.+)", block):
        return Item(
            new_markdown_cell(block),
            HEADING,
            heading=heading[2],
            level=len(heading[1]),
            with_next=True,
        )
    if block.startswith("<details>"):
        return Item(
            new_markdown_cell(unfolded(block)),
            prose_height(unfolded(block)),
            "fragment",
        )
    text = block if whole else brief(block)
    item = Item(
        new_markdown_cell(text), prose_height(text), with_next=leads_over(block)
    )
    picture = re.match(r"!\[.*?\]\((.*?)\)", block, re.DOTALL)
    if picture and (folder / picture[1]).is_file():
        make_high(item, folder / picture[1])
    return item


def unfolded(text):
    """Return a text with its folded answers open."""
    return re.sub(
        r"<details>\s*<summary>(.*?)</summary>\s*(.*?)\s*</details>",
        r"**\1.**\n\n\2",
        text,
        flags=re.DOTALL,
    )


def code_items(cell, used_later):
    """Return the pieces of a code cell: the code, and its results."""
    items = []
    if source := code_shown(cell.source, used_later):
        size = code_size(source)
        items.append(
            Item(
                new_code_cell(source, metadata={"tags": [f"letters-{size}"]}),
                code_height(source, size),
                with_next=bool(cell.outputs),
            )
        )
    for output in cell.outputs:
        data = output.get("data", {})
        text = output.get("text") or data.get("text/plain", "")
        if text.startswith("Slider for"):
            continue  # it needs a kernel
        size = code_size(text)
        item = Item(
            new_code_cell(
                "", outputs=[output], metadata={"tags": ["result", f"letters-{size}"]}
            ),
            code_height(text, size),
            "fragment",
        )
        if figure := data.get("image/png"):
            item.kind, item.with_next = "-", True  # its explanation follows
            make_high(item, BytesIO(b64decode(figure)))
        items.append(item)
    return items


def make_high(item, file):
    """Set the least and the greatest height of a piece that is a picture."""
    with Image.open(file) as image:
        item.grows_to = min(PICTURE_HEIGHTS[0], WIDEST * image.height / image.width)
    item.height = min(PICTURE_HEIGHTS[-1], item.grows_to) + 16


def prose_height(text):
    """Return about how high prose is on a slide, in pixels."""
    if text.startswith("$$"):
        return 120
    if text.startswith("|"):
        return sum(12 + 36 * -(-len(row) // 110) for row in text.splitlines())
    if "<tr>" in text:
        return LINE * (2 + text.count("<tr>"))
    paragraphs = re.sub(r"(?<!\n)\n(?![*|>\d\n-])", " ", text).splitlines()
    return 16 + sum(LINE * -(-len(line) // CHARACTERS) for line in paragraphs)


def code_size(text):
    """Return the size of the letters in code or a printed result, in pixels.

    Long lines are broken rather than made smaller than the usual sizes; only a slide
    that would be too full is.
    """
    widest = max(map(len, text.splitlines() or [""]))
    wide = next(
        (size for size in CODE_SIZES if size * CODE_LETTER * widest <= CODE_WIDTH),
        CODE_SIZES[-1],
    )
    return next(
        (
            size
            for size in range(wide, SMALLEST, -1)
            if code_height(text, size) <= FILLED - RUNNING_HEAD
        ),
        SMALLEST,
    )


def code_height(text, size):
    """Return about how high code or a printed result is on a slide, in pixels."""
    letters = int(CODE_WIDTH / (size * CODE_LETTER))
    return 32 + size * CODE_LINE * sum(
        max(1, -(-len(line) // letters)) for line in text.splitlines()
    )


# ---- slides


class _Slides:
    """Lays out pieces on slides; begins one at a heading, or when one is full."""

    def __init__(self):
        self.cells, self.free, self.heading, self.begins = [], FILLED, "", "slide"
        self.bare = True  # there is nothing but a heading on the slide yet

    def lay_out(self, items):
        """Put pieces that belong together on one slide if they fit, else on several."""
        for i, item in enumerate(items):
            if item.heading and i:
                self.lay_out(items[:i])
                return self.lay_out(items[i:])
        together = sum(item.height for item in items)
        if items and items[0].heading:
            self._begin(items[0])
            return self.lay_out(items[1:])
        if together > self.free and not self.bare:
            self._continue()
        if together > self.free and len(items) > 1:
            cut = where_to_cut(items, self.free)
            self.lay_out(items[:cut])
            return self.lay_out(items[cut:])
        for item in items:
            self._put(item, self.free - together)
        return None

    def _begin(self, item):
        self.free, self.heading, self.begins = (
            FILLED,
            item.heading,
            "slide" if item.level < 3 else "subslide",
        )
        self._put(item, 0)
        self.bare = True

    def _continue(self):
        self.free, self.begins = FILLED, "subslide"
        self._put(
            Item(
                new_markdown_cell(f'<p class="running-head">{self.heading}</p>'),
                RUNNING_HEAD,
            ),
            0,
        )
        self.bare = True

    def _put(self, item, spare):
        """Put a piece on the slide; a picture grows by the ``spare`` height."""
        height = item.height
        if item.grows_to > PICTURE_HEIGHTS[-1]:
            limit = min(item.grows_to, height - 16 + spare)
            high = next(
                (high for high in PICTURE_HEIGHTS if high <= limit), PICTURE_HEIGHTS[-1]
            )
            item.cell.metadata["tags"] = [
                *item.cell.metadata.get("tags", []),
                f"high-{high}",
            ]
            height = high + 16
        if item.kind == "fragment" and self.bare:
            item.kind = "-"  # turning the slide was the click
        self.free -= height
        self.bare &= item.kind == "notes"
        item.cell.id = f"slide-{len(self.cells)}"
        item.cell.metadata["slideshow"] = {"slide_type": self.begins or item.kind}
        self.begins = ""
        self.cells.append(item.cell)


def where_to_cut(items, free):
    """Return where to divide pieces: best before code, never before an answer."""
    heights = [sum(item.height for item in items[:i]) for i in range(len(items))]
    places = [
        i
        for i in range(1, len(items))
        if items[i].kind != "notes" and heights[i] <= free
    ] or [1]
    code = [
        i for i in places if items[i].cell.cell_type == "code" and items[i].cell.source
    ]
    prose = [
        i
        for i in places
        if items[i].cell.cell_type == "markdown" and items[i].kind == "-"
    ]
    return (code or prose or places)[-1]
