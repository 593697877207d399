"""Tables of audit results: in files, and on the screen."""

from rich.console import Console
from rich.table import Table

from tools.files import markdown_table, write


def write_table(path, headline, header, rows, *, numbers=(), notes=()):
    """Write a table in Markdown, whole or not at all.

    ``rows``     lists of texts in the order of the header
    ``numbers``  names of the columns that are aligned to the right
    ``notes``    paragraphs that belong below the table
    """
    rows = [[cell.replace("\n", " ") for cell in row] for row in rows]
    marks = ["---:" if name in numbers else "---" for name in header]
    table = markdown_table(list(header), rows, marks).rstrip()
    write(path, "\n\n".join([f"# {headline}", table, *notes]) + "\n")


def print_table(headline, header, rows, *, numbers=()):
    """Print a table; the arguments are those of :func:`write_table`."""
    table = Table(title=headline)
    for name in header:
        justify = "right" if name in numbers else "left"
        table.add_column(name, justify=justify, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(markup=False, highlight=False).print(table)
