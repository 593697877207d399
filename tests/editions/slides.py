"""Slide decks: one web page a chapter with everything inside, for a room without a network.

On the slides is what a class looks at: headings, questions, formulas, code, results and pictures. Of other prose only
the first sentence stands there; all of it is in the speaker's notes (key S). Answers and printed results wait for a
click. Imports, the code of drawings, and the solutions and checks of exercises are left to the notebook.
"""

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
from pages import PICTURE, OfflineMarkdown
from PIL import Image
from run_course import write
from traitlets.config import Config

TEMPLATES = Path(__file__).with_name("templates")
WIDTH, HEIGHT = 1600, 900               # of a slide, in pixels; the browser scales it to the screen
ROOM = 840                              # pixels of the height that are filled
LINE, CHARACTERS = 45, 88               # height of a line of prose, and how many characters it holds
CODE_SIZES, SMALLEST = range(32, 25, -1), 22        # of letters in code and printed results
CODE_WIDTH, CODE_LINE, CODE_LETTER = 1500, 1.32, 0.603      # pixels, and what a letter takes of its size
FIGURE, PICTURE_HEIGHT, WIDEST = 660, 560, 1540      # at most; as in slides.css
RUNNING_HEAD, SHORT = 45, 45            # height of the small heading; a first sentence below 45 characters is short
LEFT_OUT = ("Further reading", "Words introduced here")
BLOCK = re.compile(r"<details>.*?</details>|\$\$.*?\$\$|.+?(?=\n\s*\n|\n\$\$|\n#+ |\Z)", re.DOTALL)
SENTENCE = re.compile(r"(?:`[^`]*`|\$[^$]*\$|\[[^\]]*\]\([^)]*\)|\([^()]*\)|.)+?"     # full stops in there end nothing
                      r"[.?!:][\"'*)]*(?=\s+[^a-z]|\s*$)", re.DOTALL)


class DeckExporter(OfflineMarkdown, SlidesExporter):
    """nbconvert's slides with formulas, pictures and reveal.js inside the page."""

    def __init__(self):
        template = (TEMPLATES / "slides.html.j2").read_text(encoding="utf-8") + PICTURE
        super().__init__(embed_images=True, template_file="slides.html.j2",
                         extra_loaders=[DictLoader({"slides.html.j2": template})],
                         config=Config(TagRemovePreprocessor={"enabled": True, "remove_input_tags": {"result"}}))


def make(chapters, folder, say):
    """Write a deck for each of the paths ``chapters`` into ``folder``; ``say`` is told of each one."""
    reveal = files("sphinx_revealjs") / "_static" / "revealjs"
    parts = {"reveal_css": reveal / "dist" / "reveal.css", "reveal_js": reveal / "dist" / "reveal.js",
             "notes_js": reveal / "plugin" / "notes" / "notes.js", "deck_css": TEMPLATES / "slides.css"}
    resources = {name: part.read_text(encoding="utf-8") for name, part in parts.items()}
    for size in range(SMALLEST, CODE_SIZES[0] + 1):
        resources["deck_css"] += f".reveal .celltag_size-{size} pre {{ font-size: {size}px; }}\n"
    resources |= {"width": WIDTH, "height": HEIGHT}
    for path in chapters:
        notebook = read(path, as_version=4)
        resources |= {"title": re.match("# (.+)", notebook.cells[0].source)[1],
                      "metadata": {"name": path.stem, "path": str(path.parent)}}
        notebook.cells = deck(notebook.cells, path.parent)
        write(folder / f"{path.stem}.html", DeckExporter().from_notebook_node(notebook, resources=resources)[0])
        say(f"{path.stem}: {sum('slide' in place(cell) for cell in notebook.cells)} slides")


def place(cell):
    """Return what a cell of a deck is: a slide, a subslide below it, a fragment that waits for a click, notes or -."""
    return cell.metadata.slideshow.slide_type


def deck(cells, folder):
    """Return the cells of a deck, made from the cells of a chapter in ``folder``."""
    slides, waiting = _Slides(), []
    for cell in shown(cells):
        text = re.sub(r"\[([^\]]*)\]\(glossary\.md[^)]*\)", r"\1", cell.source)      # there is no such slide
        new = prose_items(text, folder) if cell.cell_type == "markdown" else code_items(cell)
        for item in new:
            if item.heading or not item.with_next:
                slides.lay_out([*waiting, item])
                waiting = []
            else:
                waiting.append(item)
    slides.lay_out(waiting)
    return slides.cells


def shown(cells):
    """Yield the cells that a class looks at."""
    section, before = "", set()
    for cell in cells:
        tags = set(cell.metadata.get("tags", []))
        if cell.cell_type == "markdown":
            section = (re.findall(r"^## (.+)$", cell.source, re.MULTILINE) or [section])[-1]
        imports = cell.cell_type == "code" and re.search(r"^(import|from) ", cell.source, re.MULTILINE)
        checks = cell.cell_type == "code" and "solution" in before
        if not (imports or checks or section in LEFT_OUT or tags & {"exercise", "solution", "solution-note"}):
            yield cell
        before = tags


@dataclass
class Item:
    """A piece of a slide."""

    cell: dict
    height: float              # in pixels
    kind: str = "-"            # or fragment, or notes, as nbconvert calls them
    heading: str = ""          # not empty: begins a slide
    level: int = 0             # of the heading
    with_next: bool = False    # should stand on one slide with the piece that follows


class _Slides:
    """Lays out pieces on slides: a new slide for a heading, and one below it when there is no more room."""

    def __init__(self):
        self.cells, self.room, self.heading, self.begins = [], 0, "", ""
        self.bare = False          # there is nothing but a heading on the slide yet

    def lay_out(self, items):
        """Put pieces that belong together on one slide if one can hold them."""
        together = sum(item.height for item in items)
        if self.room < together <= ROOM - RUNNING_HEAD and not items[-1].heading and not self.bare:
            self._continue()
        for item in items:
            if item.heading:
                self.room, self.heading, self.begins = ROOM, item.heading, "slide" if item.level < 3 else "subslide"
            elif item.height > self.room:
                self._continue()
            self._put(item)
            self.bare = bool(item.heading) or self.bare and item.kind == "notes"

    def _continue(self):
        self.room, self.begins = ROOM, "subslide"
        self._put(Item(new_markdown_cell(f'<p class="running-head">{self.heading}</p>'), RUNNING_HEAD))

    def _put(self, item):
        self.room -= item.height
        item.cell.id = f"slide-{len(self.cells)}"
        item.cell.metadata["slideshow"] = {"slide_type": self.begins or item.kind}
        self.begins = ""
        self.cells.append(item.cell)


def prose_items(text, folder):
    """Return the pieces of a cell of prose; its pictures are looked up in ``folder``."""
    items = []
    for block in map(str.strip, BLOCK.findall(text)):
        if heading := re.match(r"(#+) (.+)", block):
            items.append(Item(new_markdown_cell(block), 80, heading=heading[2], level=len(heading[1])))
        elif answer := re.match(r"<details><summary>(.*?)</summary>(.*)</details>", block, re.DOTALL):
            block = f"**{answer[1]}.** {answer[2].strip()}"
            if items:
                items[-1].with_next = True
            items.append(Item(new_markdown_cell(block), height(block, folder), "fragment"))
        elif block and not re.search("glossary ·|· glossary", block):    # the line of links to other chapters
            items.append(Item(new_markdown_cell(brief(block)), height(brief(block), folder)))
    if items:
        items[-1].with_next = True
    notes = re.sub(r"^#+ .+\n*", "", text, flags=re.MULTILINE)
    return [*items, Item(new_markdown_cell(notes), 0, "notes", with_next=True)]


def code_items(cell):
    """Return the pieces of a code cell: the code, if it is not that of a drawing, then its results."""
    items = []
    if not re.search(r"\bshow_\w+\(", cell.source):
        source = re.sub(r" {2,}#", "  #", cell.source)          # comments need not stand in a column here
        size = code_size(source)
        items.append(Item(new_code_cell(source, metadata={"tags": [f"size-{size}"]}), code_height(source, size),
                          with_next=bool(cell.outputs)))
    for output in cell.outputs:
        text = output.get("text") or output.data.get("text/plain", "")
        figure, size = output.get("data", {}).get("image/png"), code_size(text)
        result = new_code_cell("", outputs=[output], metadata={"tags": ["result", f"size-{size}"]})
        if figure:
            items.append(Item(result, picture_height(BytesIO(b64decode(figure)), FIGURE, grows=True)))
        else:
            items.append(Item(result, code_height(text, size), "fragment"))
    return items


def brief(block):
    """Return what of a block of prose stands on a slide: all of a question, formula, list, table or picture.

    Of other blocks it is the first sentence, two if that is short, and a last one that leads over to what follows.
    """
    if "**Before you run" in block or re.match(r"\*\*Exercise|\$\$|[*-] |\d+\. |[|!>]", block):
        return block
    sentences = [match[0] for match in SENTENCE.finditer(block)]
    unfinished = block[sum(map(len, sentences)):]
    sentences += [unfinished] if unfinished.strip() else []
    first = 1 + (len(sentences[0]) < SHORT)
    leads_over = [] if sentences[-1].rstrip().endswith((".", "?", "!", ")", '"')) else sentences[-1:]
    return "".join(sentences[:first] + ([" …"] if leads_over and len(sentences) > first + 1 else [])
                   + (leads_over if len(sentences) > first else []))


def height(block, folder):
    """Return about how high a block of prose is on a slide, in pixels."""
    if picture := re.match(r"!\[.*?\]\((.*?)\)", block, re.DOTALL):
        return picture_height(folder / picture[1], PICTURE_HEIGHT, grows=False)
    if block.startswith("$$"):
        return 130
    if block.startswith("|"):
        return sum(12 + 36 * -(-len(row) // 110) for row in block.splitlines())
    lines = re.sub(r"\n(?![*|>\d-])", " ", block).splitlines()
    return 16 + LINE * sum(-(-len(line) // CHARACTERS) for line in lines)


def picture_height(file, tallest, *, grows):
    """Return how high a picture is on a slide, in pixels; one that ``grows`` is made as wide as the slide."""
    with Image.open(file) as image:
        wide = WIDEST if grows else min(WIDEST, image.width)
        return 16 + min(tallest, image.height * wide / image.width)


def code_size(text):
    """Return the size of the letters in code or a printed result, in pixels.

    Long lines are broken rather than made smaller than the usual sizes; only a slide that would be too full is.
    """
    widest = max(map(len, text.splitlines() or [""]))
    wide = next((size for size in CODE_SIZES if size * CODE_LETTER * widest <= CODE_WIDTH), CODE_SIZES[-1])
    return next((size for size in range(wide, SMALLEST, -1) if code_height(text, size) <= ROOM - RUNNING_HEAD),
                SMALLEST)


def code_height(text, size):
    """Return about how high code or a printed result is on a slide, in pixels."""
    letters = int(CODE_WIDTH / (size * CODE_LETTER))
    return 32 + size * CODE_LINE * sum(max(1, -(-len(line) // letters)) for line in text.splitlines())
