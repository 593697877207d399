"""Pictures and links of notebooks and Markdown pages: do they lead anywhere?"""

import functools
import re

import nbformat

from tools.chapters import anchor, headings, place_in_notebook, prose


def faults_of_pictures_and_links(text, path):
    """Yield what is wrong with pictures and links of a text in the file ``path``."""
    for alt, target in re.findall(r"!\[(.*?)\]\((.*?)\)", text, re.DOTALL):
        if len(alt.split()) < 8:
            yield f"picture {target} has no real alt text, only {alt!r}"
        if "://" in target:
            yield f"picture {target} is fetched from elsewhere"
        if not target.endswith((".png", ".jpg", ".pdf")):
            yield f"picture {target} is of a kind that LaTeX cannot include"
    for link in re.findall(r"\]\(([^)]+)\)", text):
        target, _, place = link.partition("#")
        if "://" in target:
            continue
        file = path.parent / target
        if not target:
            if place not in map(place_in_notebook, headings(text)):
                yield f"no heading for #{place}, as JupyterLab has it"
        elif not file.exists():
            yield f"{target} does not exist"
        elif place and place not in anchors_in(file):
            yield f"{target} has no heading for #{place}"


@functools.cache
def anchors_in(path):
    """Return the names of all headings of a notebook or a page."""
    text = (
        prose(nbformat.read(path, as_version=4))
        if path.suffix == ".ipynb"
        else path.read_text(encoding="utf-8")
    )
    return {*map(anchor, headings(text))}
