"""Report in one line what is missing or has another version than the course needs."""

import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COURSE = "learning-machines-helpers"  # what "-e ." installs


def requirements(path):
    """Yield the lines of a file of requirements, and of those that it includes.

    Parameters
    ----------
    path : pathlib.Path

    Yields
    ------
    str
        Name and versions of a package.
    """
    for line in path.read_text(encoding="utf-8").splitlines():
        wanted = line.partition("#")[0].strip()
        if wanted.startswith("-r "):
            yield from requirements(path.with_name(wanted.removeprefix("-r ")))
        elif wanted:
            yield COURSE if wanted == "-e ." else wanted


def faults(path):
    """Say what is wrong with the installed packages.

    Parameters
    ----------
    path : pathlib.Path
        A file of requirements.

    Returns
    -------
    list of str
        In words; empty when nothing is wrong.
    """
    try:
        from packaging.requirements import Requirement
    except ModuleNotFoundError:  # it comes with most of the others
        return ["packaging is missing"]
    found = []
    for wanted in requirements(path):
        requirement = Requirement(wanted)
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            found.append(f"{wanted} is missing")
        else:
            if installed not in requirement.specifier:
                found.append(f"{wanted} is needed, {installed} is installed")
    return found


def require(name):
    """Exit with one line that says what to install, unless everything is there.

    Parameters
    ----------
    name : str
        The file of requirements, in the folder of the course.
    """
    if wrong := faults(ROOT / name):
        sys.exit(
            f"{'; '.join(wrong)}. To fix it, run in the folder of the course: "
            f"{sys.executable} -m pip install -r {name}"
        )
