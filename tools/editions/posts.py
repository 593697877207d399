"""Blog posts: for each chapter a folder with one Markdown file and its pictures.

The file begins with front matter. This, fenced code and formulas between dollar signs
are what static-site generators read. The glossary, to which the posts link, is a post
of its own.
"""

import json
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path

from jinja2 import DictLoader
from nbconvert import MarkdownExporter
from nbformat import read
from traitlets.config import Config

from tools.chapters import main_path, relinked, title
from tools.files import write
from tools.glossary import words_introduced

TEMPLATE = Path(__file__).with_name("templates") / "post.md.j2"
TAGS = ("machine learning", "python")
WORDS = 6  # as many of the words that a chapter introduces become tags, too


def make(chapters, folder, say):
    """Write a post for each chapter into ``folder``; ``say`` gets a line for each."""
    exporter = MarkdownExporter(
        template_file="post.md.j2",
        extra_loaders=[
            DictLoader({"post.md.j2": TEMPLATE.read_text(encoding="utf-8")})
        ],
        config=Config(
            TagRemovePreprocessor={
                "enabled": True,
                "remove_cell_tags": {"exercise", "check"},
            },
            ExtractOutputPreprocessor={
                "output_filename_template": "figure_{cell_index}{extension}"
            },
        ),
    )
    for path in chapters:
        notebook = read(path, as_version=4)
        notebook.cells = main_path(notebook.cells)
        front_matter = {
            "title": title(notebook),
            "date": last_change(path),
            "tags": [*TAGS, *list(words_introduced(notebook))[:WORDS]],
            "excerpt": re.search(
                r"\*\*What you will do\*\* \| (.+?) \|", notebook.cells[0].source
            )[1],
        }
        text, resources = exporter.from_notebook_node(notebook)
        post = folder / path.stem
        write(post / "index.md", as_post(text, front_matter, path.parent, post))
        for name, picture in resources["outputs"].items():
            (post / name).write_bytes(picture)
        pictures = len(list(post.iterdir())) - 1
        say(f"{path.stem}: {len(text.split()):,} words, {pictures} pictures")
    glossary = chapters[0].parent / "glossary.md"
    front_matter = {
        "title": "Glossary",
        "date": last_change(glossary),
        "tags": TAGS,
        "excerpt": "The words of the course, each with its meaning.",
    }
    text = glossary.read_text(encoding="utf-8")
    write(
        folder / "glossary" / "index.md",
        as_post(text, front_matter, glossary.parent, folder / "glossary"),
    )


def last_change(path):
    """Return the day of a file's last commit, or of its last change without one."""
    try:
        day = subprocess.run(
            ["git", "log", "-1", "--format=%cs", "--", path.name],
            cwd=path.parent,
            timeout=20,
            capture_output=True,
            encoding="utf-8",
        ).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        day = ""
    return day or date.fromtimestamp(path.stat().st_mtime).isoformat()


def as_post(text, front_matter, source, post):
    """Return Markdown with front matter, not a title; copy its pictures to ``post``."""
    lines = [
        # JSON is YAML, too
        f"{name}: {value if name == 'date' else json.dumps(value, ensure_ascii=False)}"
        for name, value in front_matter.items()
    ]

    def in_post(target):
        """Return where a link leads from the post; a picture is copied there."""
        if target.startswith("../"):
            picture = source / target
            post.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(picture, post / picture.name)
            return picture.name
        return re.sub(r"^(\w+)\.(?:ipynb|md)\b", r"../\1/index.md", target)

    body = re.sub(r"^\s*# .+\n+", "", relinked(text, in_post))
    return "\n".join(["---", *lines, "---", "", body.rstrip(), ""])
