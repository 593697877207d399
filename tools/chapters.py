"""Find chapters; read their metadata, titles, prose and links; set constants."""

import re

import nbformat

FACTS = {  # what the metadata of a chapter must say of it, under "course"
    "number": int,
    "short_name": str,  # on the course map
    "title": str,
    "minutes": int,  # to read and run
    "exercise_minutes": int,  # more
    "least_checkpoints": int,  # fewer fail the suite; replacing one is fine
}
METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    # What JupyterLab writes when it opens a chapter, but for Python's version: that is
    # another one on most machines, and running a chapter must not change its file.
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}
# text, which may hold pairs of brackets, and target
LINK = re.compile(r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s]+)\)")


def find_chapters(wanted, folder):
    """Return the paths of chapters in order: all, or those with a ``wanted`` prefix."""
    every = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    unknown = [
        name for name in wanted if not any(path.name.startswith(name) for path in every)
    ]
    if unknown or not every:
        raise SystemExit(
            f"No chapter {' or '.join(unknown) or 'found'} in {folder}. "
            f"There are: {', '.join(path.stem for path in every) or 'none'}"
        )
    return [path for path in every if not wanted or path.name.startswith(tuple(wanted))]


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


def facts_of(path):
    """Return what the metadata of the chapter in a file say of it."""
    return facts(nbformat.read(path, as_version=4))


def set_constants(notebook, chapter, values):
    """Give constants of the chapter's second code cell other values, in place.

    Raises ``ValueError`` when a constant is not set exactly once there.
    """
    constants = [cell for cell in notebook.cells if cell.cell_type == "code"][1]
    for name, value in values.items():
        constants.source, found = re.subn(
            rf"^{name} = [\d_.]+(?=\s*(?:#|$))",
            f"{name} = {value}",
            constants.source,
            flags=re.M,
        )
        if found != 1:
            raise ValueError(
                f"{chapter} sets {name} {found} times in its constants cell, "
                "expected once"
            )


def title(notebook):
    """Return the number and the title of a chapter, as its first line shows them."""
    chapter = facts(notebook)
    return f"{chapter.number} · {chapter.title}"


def prose(notebook):
    """Return the Markdown of a notebook, without the folded solutions."""
    return "\n\n".join(
        cell.source
        for cell in notebook.cells
        if cell.cell_type == "markdown" and not tagged(cell, "solution")
    )


def tagged(cell, *tags):
    """Tell whether a cell has one of the tags."""
    return bool({*tags} & {*cell.metadata.get("tags", [])})


def main_path(cells):
    """Return the cells that are not tagged `deeper`, without links to these."""
    left_out = "\n".join(cell.source for cell in cells if tagged(cell, "deeper"))
    places = {*map(anchor, headings(left_out))}
    places.add("going-deeper")  # of other chapters, too
    kept = [cell for cell in cells if not tagged(cell, "deeper")]
    for cell in kept:
        if cell.cell_type == "markdown":
            cell.source = relinked(
                cell.source,
                lambda to: None if anchor(to.rpartition("#")[2]) in places else to,
            )
    return kept


def headings(text):
    """Return the headings of Markdown, of all levels."""
    return re.findall(r"^#+ (.+)$", text, re.MULTILINE)


def place_in_notebook(heading):
    """Return the target of links to a heading in the same notebook, in JupyterLab."""
    return re.sub(r"\[(.*?)\]\(.*?\)|[*`]", r"\1", heading).replace(" ", "-")


def anchor(heading):
    """Return the anchor of a heading, as code-hosting sites and MyST make it."""
    return re.sub(
        r"[^\w\- ]", "", re.sub(r"\[(.*?)\]\(.*?\)", r"\1", heading).lower()
    ).replace(" ", "-")


def relinked(markdown, change):
    """Return a text with its links and pictures leading elsewhere.

    Parameters
    ----------
    markdown : str
    change : callable
        It gets the target of a link, such as ``"02_pca.ipynb#two-pixels-first"``, and
        returns another one, or None, which leaves the text of the link alone.

    Returns
    -------
    str
    """

    def changed(link):
        target = change(link[2])
        return link[1] if target is None else f"[{link[1]}]({target})"

    return LINK.sub(changed, markdown)
