"""Ways to damage a notebook or a file, for tests of the tests.

Each is a function that returns the damaged notebook, text or bytes, or makes such a
function. Stored outputs change as if the damaged chapter had been executed.
"""

import gzip
import re

from tests.course import cells_tagged, code_cells, outputs


def change(old, new):
    """Replace text in a file, or in all code cells that hold it."""

    def damage(subject):
        if isinstance(subject, str):
            assert old in subject, f"{old!r} is not there to be changed"
            return subject.replace(old, new)
        return replaced(subject, "code", old, new)

    return damage


def reword(old, new):
    """Replace text in the prose of a chapter."""
    return lambda notebook: replaced(notebook, "markdown", old, new)


def replaced(notebook, kind, old, new):
    """Replace text in all cells of a kind that hold it."""
    cells = [c for c in notebook.cells if c.cell_type == kind and old in c.source]
    assert cells, f"{old!r} is not there to be changed"
    for cell in cells:
        cell.source = cell.source.replace(old, new)
    return notebook


def cell_with(notebook, text):
    """Return the first code cell that holds a text."""
    return next(cell for cell in code_cells(notebook) if text in cell.source)


def reprint(cell, pattern, new):
    """Replace what a pattern matches in the stored output of a cell."""
    for output in cell.outputs:
        output.text = re.sub(pattern, new, output.get("text", ""))
    cell.outputs = [output for output in cell.outputs if output.text]


def restate(old, new):
    """Change the claim of a checkpoint, and its tick in the stored output."""

    def damage(notebook):
        cell = cell_with(notebook, f'checkpoint("{old}')
        cell.source = cell.source.replace(old, new)
        reprint(cell, re.escape(old), new)
        return notebook

    return damage


def drop_checkpoint(claim):
    """Remove a checkpoint on one line, and its tick from the stored output."""

    def damage(notebook):
        cell = cell_with(notebook, call := f'checkpoint("{claim}')
        lines = cell.source.splitlines()
        cell.source = "\n".join(line for line in lines if not line.startswith(call))
        reprint(cell, rf"✓ {re.escape(claim)}.*\n", "")
        return notebook

    return damage


def drop(text):
    """Remove the first code cell that holds a text."""
    return lambda notebook: without(notebook, cell_with(notebook, text))


def drop_solution(notebook):
    """Remove the first solution."""
    return without(notebook, cells_tagged(notebook, "solution")[0])


def without(notebook, cell):
    """Remove a cell, and count the code cells again."""
    notebook.cells.remove(cell)
    for count, cell in enumerate(code_cells(notebook), start=1):
        cell.execution_count = count
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = count
    return notebook


def drop_alt_texts(notebook):
    """Remove the alt texts of all figures."""
    for output in outputs(notebook.cells):
        if "image/png" in output.get("data", {}):
            output.metadata.clear()
    return notebook


def misprint(notebook):
    """Change a letter in a stored output."""
    reprint(cell_with(notebook, "after step {i:2}"), "step  1: loss", "step  1: Loss")
    return notebook


def skip(notebook):
    """Have nbval skip the first cell with a checkpoint."""
    metadata = cell_with(notebook, "checkpoint(").metadata
    metadata["tags"] = [*metadata.get("tags", []), "nbval-skip"]
    return notebook


def edit_bytes(position):
    """Change one byte of the uncompressed data."""

    def damage(data):
        content = bytearray(gzip.decompress(data))
        content[position] ^= 1
        return gzip.compress(bytes(content))

    return damage
