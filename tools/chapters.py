"""What programs and rules ask of a chapter: its prose, its title, the names of headings."""

import re


def prose(notebook):
    """Return all Markdown of a notebook."""
    return "\n\n".join(
        cell.source for cell in notebook.cells if cell.cell_type == "markdown"
    )


def title(notebook):
    """Return the title of a notebook, its first line."""
    return notebook.cells[0].source.partition("\n")[0].lstrip("# ")


def anchor(heading):
    """Return the name by which a link finds a heading, as code-hosting sites and MyST make it."""
    return re.sub(
        r"[^\w\- ]", "", re.sub(r"\[(.*?)\]\(.*?\)", r"\1", heading).lower()
    ).replace(" ", "-")
