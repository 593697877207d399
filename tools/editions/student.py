"""The student edition: the course without solutions and outputs, to hand out."""

import re
import shutil

from nbconvert.preprocessors import ClearOutputPreprocessor, TagRemovePreprocessor
from nbformat import read, writes

from tools.chapters import tagged, title
from tools.dependencies import ROOT
from tools.files import write
from tools.glossary import PAGE

README = """\
# Learning machines, from a line to handwritten digits

{titles}

and a [glossary](notebooks/glossary.md).

You need Python 3.11, 3.12 or 3.13, and about 3 GB of disk. In this folder, once, with a
network:

    python -m venv .venv
    source .venv/bin/activate            # on Windows: .venv\\Scripts\\activate
    python -m pip install -r requirements.txt

Then, without a network, in this folder (after activating again, in a new terminal):

    jupyter lab

and open a chapter in the folder notebooks. Shift + Enter runs a cell. Guess before you
run. Each exercise at the end has a check, whose code is folded: run it after your
answer. It says right, or not yet and often why; as long as there is no answer, it
waits. The open task after the exercises has none: compare with your neighbours.
Commands like make run, which chapters mention, belong to the full course.

Licences: see LICENSE.
"""


def make(chapters, folder, say):
    """Write the edition into ``folder``; call ``say`` with a line for each chapter."""
    titles = []
    for path in chapters:
        notebook = without_solutions(read(path, as_version=4))
        titles.append(f"* [{title(notebook)}](notebooks/{path.name})")
        write(folder / "notebooks" / path.name, writes(notebook) + "\n")
        exercises = sum(tagged(cell, "exercise") for cell in notebook.cells)
        say(f"{path.stem}: {exercises} exercises to solve")
    if PAGE.exists():
        shutil.copy(PAGE, folder / "notebooks")
    shutil.copytree(
        ROOT / "images",
        folder / "images",
        ignore=shutil.ignore_patterns("*.py", "__pycache__"),
    )
    shutil.copytree(
        ROOT / "helpers",
        folder / "helpers",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    for name in ("LICENSE", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    course = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    write(folder / "requirements.txt", requirements(course))
    write(folder / "README.md", README.format(titles="\n".join(titles)))


def without_solutions(notebook):
    """Return a notebook without solutions, what is said of these, and outputs."""
    for step in (
        TagRemovePreprocessor(remove_cell_tags={"solution"}),
        ClearOutputPreprocessor(),
    ):
        notebook, _ = step.preprocess(notebook, {})
    for cell in notebook.cells:
        if cell.source.startswith("## On your own"):
            cell.source = re.sub(r"\s*[^.\n]*\b[Ss]olution\b[^.\n]*\.", "", cell.source)
    return notebook


def requirements(text):
    """Return what readers need of requirements.txt: its first part, and the helpers."""
    reading, _, executing = text.partition("\n# Executing")
    helpers = executing.splitlines()[-1]
    return f"{reading}\n{helpers}\n"
