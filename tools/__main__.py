"""The programs of the course: ``python -m tools COMMAND``. The Makefile calls them.

Packages that are missing, or have another version than the course needs, are told in
one line before anything is imported that needs them. ``check`` runs without them all,
and says which are missing.
"""

import importlib
import sys

from tools import consoles, dependencies

COMMANDS = {  # the module that does it, and what is put before its arguments
    "check": ("tools.check", []),
    "run": ("tools.run_course", []),
    "student": ("tools.editions", ["student"]),
    "slides": ("tools.editions", ["slides"]),
    "posts": ("tools.editions", ["posts"]),
    "site": ("tools.editions", ["site"]),
    "glossary": ("tools.glossary", []),
}
FOR_READERS = {"run"}  # what requirements.txt alone is enough for
FOR_ALL = {"check"}  # what needs no package


def main(arguments):
    """Run one of the programs; return its exit status."""
    command, *rest = arguments or ["--help"]
    if command not in COMMANDS:
        print(f"usage: python -m tools {{{','.join(COMMANDS)}}} ...")
        return 0 if command in ("-h", "--help") else 2
    if command not in FOR_ALL:
        dependencies.require(maintaining=command not in FOR_READERS)
    module, first = COMMANDS[command]
    return importlib.import_module(module).main([*first, *rest])


if __name__ == "__main__":
    consoles.spare_signs()
    sys.exit(main(sys.argv[1:]))
