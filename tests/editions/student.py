"""The student edition: a whole course to hand out, without solutions and without outputs."""

import shutil

from glossary import PAGE
from nbconvert.preprocessors import ClearOutputPreprocessor, TagRemovePreprocessor
from nbformat import read, writes
from run_course import ROOT, write

SOLUTIONS = {"solution", "solution-note"}       # tags of cells
README = """\
# Learning machines, from a line to handwritten digits

{titles}

You need Python 3.11, 3.12 or 3.13. In this folder, once, with a network:

    python -m pip install -r requirements.txt

Then, without one:

    jupyter lab notebooks

Work through a chapter from top to bottom (Shift + Enter runs a cell). Guess before you run. Each exercise at the end
has a check: it waits for your answer, and says right or wrong, often with a hint.

Licences: see LICENSE.
"""


def make(chapters, folder, say):
    """Write the student edition of the paths ``chapters`` into ``folder``; ``say`` is told of each one."""
    titles = []
    for path in chapters:
        notebook = without_solutions(read(path, as_version=4))
        titles.append(notebook.cells[0].source.partition("\n")[0].replace("#", "*", 1))
        write(folder / "notebooks" / path.name, writes(notebook) + "\n")
        exercises = sum("exercise" in cell.metadata.get("tags", []) for cell in notebook.cells)
        say(f"{path.stem}: {exercises} exercises to solve")
    if PAGE.exists():
        shutil.copy(PAGE, folder / "notebooks")
    shutil.copytree(ROOT / "images", folder / "images", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    shutil.copytree(ROOT / "helpers", folder / "helpers", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("LICENSE", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    write(folder / "requirements.txt", requirements((ROOT / "requirements.txt").read_text(encoding="utf-8")))
    write(folder / "README.md", README.format(titles="\n".join(titles)))


def without_solutions(notebook):
    """Return a notebook without the cells that show solutions, and without outputs."""
    for step in (TagRemovePreprocessor(remove_cell_tags=SOLUTIONS), ClearOutputPreprocessor()):
        notebook, _ = step.preprocess(notebook, {})
    return notebook


def requirements(text):
    """Return what readers need of requirements.txt: its first part, and its last line, the helpers."""
    return text.partition("\n# Writing")[0] + "\n" + text.rstrip().rpartition("\n")[2] + "\n"
