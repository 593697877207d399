"""The web edition: a static site of the stored chapters and the Markdown pages.

Sphinx builds it from a copy of the course in a temporary folder. Where Sphinx needs
another notation than Jupyter (alt text, what is folded), the copy has it.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Event, Timer

import nbformat

from tools.chapters import anchor, relinked, tagged

LIMIT = 600  # seconds that Sphinx may take
THEME = Path(__file__).resolve().with_name("website_theme")
OF_THE_BUILD = (".buildinfo", "objects.inv", "_sources")  # for Sphinx alone
CONTENTS = "\n```{{toctree}}\n:hidden:\n\n{}\n```\n"
# a place in MyST-NB's messages: cell and line in one number
PLACE = re.compile(r"\.ipynb:(\d+)(\d{4}):")


def make(chapters, folder, say):
    """Write the site of the paths ``chapters`` into the empty ``folder``.

    Nothing is executed. The Markdown pages beside the chapters come with them;
    ``index.md`` is the first page. ``say`` is called with a line of text for each
    document that is read or written. A link, a picture or anything else that Sphinx
    warns of raises ``RuntimeError``.
    """
    with tempfile.TemporaryDirectory(prefix="site-") as place:
        course, site = Path(place, "course"), Path(place, "site")
        _copy(chapters, course)
        _build(course / chapters[0].parent.name, site, say)
        shutil.copytree(
            site,
            folder,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns(*OF_THE_BUILD),
        )


def _copy(chapters, course):
    """Lay the course out in another folder, as Sphinx wants it."""
    notebooks = chapters[0].parent
    shutil.copytree(
        notebooks.parent / "images",
        course / "images",
        ignore=shutil.ignore_patterns("*.py"),
    )
    target = course / notebooks.name
    target.mkdir()
    for path in chapters:
        nbformat.write(
            _in_terms_of_sphinx(nbformat.read(path, as_version=4), path.name),
            target / path.name,
        )
    pages = sorted(notebooks.glob("*.md"))
    for path in pages:
        (target / path.name).write_text(
            _markdown(path.read_text(encoding="utf-8")), encoding="utf-8"
        )
    others = [path.stem for path in [*chapters, *pages] if path.stem != "index"]
    with open(target / "index.md", "a", encoding="utf-8") as index:
        index.write(CONTENTS.format("\n".join(others)))


def _in_terms_of_sphinx(notebook, name):
    """Put alt text where MyST-NB looks for it; checks, which need a kernel, go."""
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "markdown":
            cell.source = _markdown(cell.source)
        if tagged(cell, "check"):
            cell.metadata.tags.append("remove-cell")
        figures = [
            output
            for output in cell.get("outputs", [])
            if "image/png" in output.get("data", {})
        ]
        texts = {output.metadata.get("image/png", {}).get("alt") for output in figures}
        if len(texts) > 1 or None in texts:
            raise RuntimeError(
                f"{name}, cell {number}: its figures need alt text, one for all of them"
            )
        if texts:
            cell.metadata["mystnb"] = {"image": {"alt": texts.pop()}}
    return notebook


def _markdown(text):
    """Have folded answers read as Markdown, formulas included.

    Links within a page lead to MyST's anchors. Alt text is joined to one line, because
    MyST drops line ends in it.
    """
    text = relinked(text, lambda to: f"#{anchor(to)}" if to.startswith("#") else to)
    text = re.sub(
        r"!\[.*?\]\(",
        lambda picture: " ".join(picture[0].split()),
        text,
        flags=re.DOTALL,
    )
    return re.sub(
        r"(<details>\s*<summary>.*?</summary>)(.*?)(</details>)",
        r"\1\n\n\2\n\n\3",
        text,
        flags=re.DOTALL,
    )


def _build(source, site, say):
    """Run Sphinx in another process; raise ``RuntimeError`` with its complaints."""
    complaints = site.with_name("complaints")
    documents = {path.stem for path in source.iterdir()}
    command = [
        sys.executable,
        "-X",
        "utf8",
        "-m",
        "sphinx",
        "--builder",
        "html",
        "--fail-on-warning",
        "--no-color",
        "--conf-dir",
        THEME,
        "--doctree-dir",
        site.with_name("doctrees"),
        source,
        site,
    ]
    with (
        open(complaints, "w+", encoding="utf-8") as stderr,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=stderr, encoding="utf-8"
        ) as sphinx,
    ):
        too_long = Event()
        limit = Timer(LIMIT, lambda: (too_long.set(), sphinx.kill()))
        limit.start()
        try:
            for line in sphinx.stdout:
                if line.rpartition("] ")[2].strip() in documents:
                    say(line.strip())
        finally:
            limit.cancel()
    if sphinx.returncode:
        faults = _in_words(complaints.read_text(encoding="utf-8"), source)
        if too_long.is_set():
            faults += f"Sphinx was stopped after {LIMIT} seconds."
        raise RuntimeError(f"The web edition was not made:\n{faults}")


def _in_words(complaints, source):
    """Return Sphinx's complaints, with places as the course names them."""
    text = "\n".join(
        line.replace(f"{source}{os.sep}", "")
        for line in complaints.splitlines()
        if line.strip()
    )
    return PLACE.sub(
        lambda place: f".ipynb, cell {place[1]}, line {int(place[2])}:", text
    )
