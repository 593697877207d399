"""The programs of the course: ``python -m tools COMMAND``. The Makefile calls them.

Packages that are missing or have another version than the course needs are reported in
one line, before anything is imported that needs them. ``check`` runs without them and
says which are missing.
"""

import importlib
import sys

from tools import consoles, dependencies

# module, arguments that come first, and the list of packages it needs
COMMANDS = {
    "check": ("tools.check", [], None),
    "run": ("tools.run_course", [], "requirements.txt"),
    "student": ("tools.editions", ["student"], "requirements-dev.txt"),
    "slides": ("tools.editions", ["slides"], "requirements-dev.txt"),
    "posts": ("tools.editions", ["posts"], "requirements-dev.txt"),
    "site": ("tools.editions", ["site"], "requirements-dev.txt"),
    "glossary": ("tools.glossary", [], "requirements-dev.txt"),
}


def main(arguments):
    """Run one of the programs; return its exit status."""
    command, *rest = arguments or ["--help"]
    if command not in COMMANDS:
        if command not in ("-h", "--help"):
            print(f"There is no command {command!r}.")
        print(f"usage: python -m tools {{{','.join(COMMANDS)}}} ...")
        return 0 if command in ("-h", "--help") else 2
    module, first, packages = COMMANDS[command]
    if packages:
        dependencies.require(packages)
    return importlib.import_module(module).main([*first, *rest])


if __name__ == "__main__":
    consoles.replace_unencodable()
    sys.exit(main(sys.argv[1:]))
