"""Tells in one line what is missing or has another version than `requirements.txt` admits."""

import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements.txt"


def faults(path=REQUIREMENTS):
    """Return what is wrong with the installed packages, in words; an empty list when nothing is."""
    try:
        from packaging.requirements import Requirement
    except ModuleNotFoundError:   # it comes with most of the others
        return ["packaging is missing"]
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if wanted := line.partition("#")[0].strip():
            if wanted == "-e .":
                wanted = "learning-machines-helpers"
            requirement = Requirement(wanted)
            try:
                installed = version(requirement.name)
            except PackageNotFoundError:
                found.append(f"{wanted} is missing")
            else:
                if installed not in requirement.specifier:
                    found.append(f"{wanted} is needed, {installed} is installed")
    return found


def require():
    """End the program with one line that says what to install, unless everything is there."""
    if wrong := faults():
        sys.exit(f"{'; '.join(wrong)}. To mend it, run in the folder of the course: "
                 f"{sys.executable} -m pip install -r requirements.txt")
