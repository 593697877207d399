"""What tests share: the stored chapters, and ways to find things in them."""

import re

import nbformat
import pytest

from tools.chapters import find_chapters, tagged
from tools.dependencies import ROOT

FOLDER = ROOT / "notebooks"
CHAPTERS = find_chapters([], FOLDER)
each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def cells_tagged(notebook, *tags):
    return [cell for cell in notebook.cells if tagged(cell, *tags)]


def solution_code(cell):
    """Return the code in a folded solution."""
    return "\n".join(re.findall(r"(?ms)^```python\n(.*?)^```$", cell.source))


def solve(notebook):
    """Write each solution into the cell for the reader's attempt."""
    attempts = cells_tagged(notebook, "exercise")
    solutions = cells_tagged(notebook, "solution")
    for attempt, solution in zip(attempts, solutions, strict=True):
        attempt.source = solution_code(solution)


def outputs(cells):
    return [output for cell in cells for output in cell.get("outputs", [])]


def contents(folder):
    """Return the bytes of all files in a folder by their relative paths."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
