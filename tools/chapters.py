"""What programs and rules ask of a chapter: its prose, its title, the names of headings."""

import re

FACTS = {  # what the metadata of a chapter must say of it, under "course"
    "number": int,
    "short_name": str,  # on the course map
    "title": str,
    "minutes": int,  # to read and run
    "exercise_minutes": int,  # more
    "least_checkpoints": int,  # a better one may replace one; none may go without this
}


def facts(notebook):
    """Return what the metadata of a chapter say of it.

    Parameters
    ----------
    notebook : nbformat.NotebookNode

    Returns
    -------
    nbformat.NotebookNode
        With the keys of ``FACTS``, which are attributes as well.

    Raises
    ------
    ValueError
        If a fact is missing or is not of its type; the message shows a whole entry.
    """
    found = notebook.metadata.get("course", {})
    kinds = {name: type(value) for name, value in found.items()}
    if kinds != FACTS:
        raise ValueError(
            f"the metadata of the notebook must hold {', '.join(FACTS)} under "
            f'"course", got {dict(found)}. An example: "course": {{"number": 6, '
            '"short_name": "Trees", "title": "Grow a tree", "minutes": 60, '
            '"exercise_minutes": 20, "least_checkpoints": 12}'
        )
    return found


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
