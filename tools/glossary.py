"""Write the glossary from the tables "Words introduced here" of all chapters."""

import argparse
import re

import nbformat

from tools.chapters import find_chapters, prose, title
from tools.dependencies import ROOT
from tools.files import write

FOLDER = ROOT / "notebooks"
PAGE = FOLDER / "glossary.md"


def words_introduced(notebook):
    """Return the words of a chapter's table with their meanings, a dictionary."""
    table = prose(notebook).partition("## Words introduced here")[2]
    return dict(re.findall(r"^\| \*\*(.+?)\*\* \| (.+) \|$", table, re.MULTILINE))


def glossary(chapters):
    """Return the text of the glossary for the paths of chapters, sorted by word.

    Exits with one line if two chapters introduce the same word.
    """
    found = {}
    for path in chapters:
        notebook = nbformat.read(path, as_version=4)
        for word, meaning in words_introduced(notebook).items():
            if word in found:
                raise SystemExit(
                    f"{path.name} introduces {word!r}, and so does {found[word][2]}"
                )
            found[word] = (meaning, notebook, path.name)
    page = [
        "# Glossary\n\nThe words of the course, each with its meaning and the chapter "
        "that introduces it.\n"
    ]
    for word in sorted(found, key=str.casefold):
        meaning, notebook, name = found[word]
        meaning = f"{meaning[0].upper()}{meaning[1:]}."
        chapter = f"[{title(notebook)}]({name})"
        page.append(f"## {word}\n\n{meaning}\n\nChapter {chapter}\n")
    return "\n".join(page)


def main(arguments):
    """Write the page; return the exit status."""
    parser = argparse.ArgumentParser("python -m tools glossary", description=__doc__)
    parser.parse_args(arguments)
    write(PAGE, glossary(find_chapters([], FOLDER)))
    print(f"Glossary: {PAGE}")
    return 0
