"""Writes the glossary, notebooks/glossary.md, from the tables "Words introduced here" of all chapters."""

import re

import nbformat

from tools.chapters import prose, title
from tools.run_course import ROOT, find_chapters, write

FOLDER = ROOT / "notebooks"
PAGE = FOLDER / "glossary.md"


def words_introduced(notebook):
    """Return the words of a chapter's table with their meanings, a dictionary."""
    table = prose(notebook).partition("## Words introduced here")[2]
    return dict(re.findall(r"^\| \*\*(.+?)\*\* \| (.+) \|$", table, re.MULTILINE))


def glossary(chapters):
    """Return the text of the glossary, in alphabetical order, for the paths of chapters."""
    entries = {}
    for path in chapters:
        notebook = nbformat.read(path, as_version=4)
        for word, meaning in words_introduced(notebook).items():
            if word in entries:
                raise ValueError(
                    f"{path.name} introduces {word!r}, and so does an earlier chapter"
                )
            chapter = f"[{title(notebook)}]({path.name})"
            entries[word] = (
                f"## {word}\n\n{meaning[0].upper()}{meaning[1:]}.\n\nChapter {chapter}\n"
            )
    return "\n".join(
        [
            "# Glossary\n\nThe words of the course, each with its meaning and the chapter that introduces it.\n",
            *(entries[word] for word in sorted(entries, key=str.casefold)),
        ]
    )


def main(arguments):
    """Write the page; return the exit status."""
    write(PAGE, glossary(find_chapters([], FOLDER)))
    print(f"Glossary: {PAGE}")
    return 0
