"""The programs of the course: ``python -m tools COMMAND``. The Makefile calls them.

Packages that are missing or have another version than the course needs are reported in
one line, before anything is imported that needs them. ``check`` runs without them and
says which are missing.
"""

import importlib
import sys

from tools import consoles, dependencies

DEV = "requirements-dev.txt"
# module, arguments that come first, list of packages it needs, and what it does
COMMANDS = {
    "check": ("check", [], None, "show what this machine offers the course"),
    "run": ("run_course", [], "requirements.txt", "execute the chapters"),
    "student": ("editions", ["student"], DEV, "make an edition to hand out"),
    "slides": ("editions", ["slides"], DEV, "make a deck for each chapter"),
    "posts": ("editions", ["posts"], DEV, "make blog posts"),
    "site": ("editions", ["site"], DEV, "make the web edition"),
    "glossary": ("glossary", [], DEV, "write the glossary"),
}


def usage():
    """Return what the commands do, a line for each."""
    lines = [f"  {name:9} {command[-1]}" for name, command in COMMANDS.items()]
    return "\n".join(["usage: python -m tools COMMAND ...", "", *lines])


def main(arguments):
    """Run one of the programs; return its exit status."""
    command, *rest = arguments or ["--help"]
    if command not in COMMANDS:
        asked = command in ("-h", "--help")
        print(usage() if asked else f"There is no command {command!r}.\n{usage()}")
        return 0 if asked else 2
    module, first, packages, _ = COMMANDS[command]
    if packages:
        dependencies.require(packages)
    return importlib.import_module(f"tools.{module}").main([*first, *rest])


if __name__ == "__main__":
    consoles.replace_unencodable()
    sys.exit(main(sys.argv[1:]))
