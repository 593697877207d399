"""Make an edition from the notebooks: for students, slides, blog posts or a web site.

`make student`, `make slides`, `make posts` and `make site` call this. An edition is
made in a temporary folder and moved to `build/` only when it is complete.
"""

import argparse
import importlib
import tempfile
from pathlib import Path

from nbformat import ValidationError, read

from tools.chapters import facts, find_chapters
from tools.dependencies import ROOT
from tools.files import remedy

# what nbformat raises for a damaged file
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, ValidationError)
EDITIONS = {  # name: the module that makes it, and what it is called
    "student": ("tools.editions.student", "Student edition"),
    "slides": ("tools.editions.slides", "Slides"),
    "posts": ("tools.editions.posts", "Posts"),
    "site": ("tools.editions.website", "Web edition"),
}


def main(arguments=None):
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser("python -m tools", description=__doc__)
    parser.add_argument("edition", choices=EDITIONS)
    parser.add_argument(
        "chapters",
        nargs="*",
        help="starts of file names, 02 for example; all when left out",
    )
    parser.add_argument(
        "--notebooks",
        type=Path,
        default=ROOT / "notebooks",
        help="where the chapters are",
    )
    parser.add_argument(
        "--output", type=Path, help="where the edition goes, a new folder"
    )
    options = parser.parse_args(arguments)
    output = options.output or ROOT / "build" / options.edition
    module, called = EDITIONS[options.edition]
    if options.edition == "site" and options.chapters:
        raise SystemExit("The web edition is made of all chapters: name none.")
    try:
        if output.parent.name != "build" and output.exists() and any(output.iterdir()):
            raise SystemExit(
                f"{output} is not empty. Name a new folder: "
                "only what is in build/ is replaced."
            )
        chapters = find_chapters(options.chapters, options.notebooks)
        require_notebooks(chapters, executed=options.edition != "student")
        replace_atomically(importlib.import_module(module).make, chapters, output)
    except KeyboardInterrupt:
        print("Stopped. Nothing was changed.")
        return 130
    except RuntimeError as error:
        print(f"Stopped: {error}\nNothing was changed.")
        return 1
    except OSError as error:
        print(f"Stopped: {error}. Nothing was changed.{remedy(error)}")
        return 1
    print(f"{called}: {output}")
    return 0


def require_notebooks(chapters, *, executed):
    """Exit if a chapter is damaged, lacks its facts, or was to be ``executed``."""
    for path in chapters:
        try:
            notebook = read(path, as_version=4)
        except UNREADABLE:
            raise SystemExit(
                f"{path.name} is damaged. Get it back: "
                f"git checkout -- notebooks/{path.name}"
            ) from None
        try:
            facts(notebook)
        except ValueError as error:
            raise SystemExit(f"{path.name}: {error}") from None
        if executed and any(
            cell.cell_type == "code" and cell.execution_count is None
            for cell in notebook.cells
        ):
            raise SystemExit(
                f"{path.name} has no stored outputs. "
                f"Run this first: make store CHAPTER={path.name[:2]}"
            )


def replace_atomically(make, chapters, output):
    """Write an edition with ``make`` elsewhere, and replace ``output`` at the end."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        dir=output.parent, prefix=f".{output.name}-"
    ) as place:
        new, old = Path(place, "new"), Path(place, "old")
        new.mkdir()
        make(chapters, new, lambda text: print(f"  {text}", flush=True))
        if output.exists():
            output.rename(old)
        new.rename(output)
