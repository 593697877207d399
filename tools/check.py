"""Show on one screen what this machine offers the course: ``make check``.

Reports are easier to help with when they begin with this list. It needs no package, so
that it can say which are missing, and prints plain ASCII, so that any console shows it.
"""

import argparse
import json
import os
import platform
import re
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tools import dependencies
from tools.dependencies import ROOT

PACKAGES = ["numpy", "scikit-learn", "keras", "tensorflow", "matplotlib", "jupyterlab"]


def main(arguments):
    """Print the list; return the exit status, 0 if all is well and 1 otherwise."""
    argparse.ArgumentParser(
        prog="python -m tools check", description=__doc__
    ).parse_args(arguments)
    data, damage = data_files()
    rows = {
        "Python": f"{platform.python_version()}, {sys.executable}",
        "system": platform.platform(),
        "environment": environment(),
        **{package: installed(package) for package in PACKAGES},
        "Keras engine": engine(),
        "threads": threads(),
        "console": console(),
        "MNIST files": data,
    }
    for name, value in rows.items():
        say(f"{name:<14}{value}")
    say()
    faults = [*wrong_python(), *wrong_packages(), *damage]
    for fault in faults:
        say(f"To fix: {fault}")
    for name in missing_dev_packages():
        say(f"Needed only to write, test or publish the course: {name}")
    say("Not all is well." if faults else "All is well.")
    return 1 if faults else 0


def say(line=""):
    """Print a line in ASCII, whatever a path or a message holds."""
    line = line.replace("\N{HORIZONTAL ELLIPSIS}", "...")
    print(line.encode("ascii", "backslashreplace").decode())


def environment():
    """Return whether Python runs from the folder's own .venv."""
    if Path(sys.prefix).resolve() == (ROOT / ".venv").resolve():
        return "the .venv of this folder"
    kind = "another" if sys.prefix != sys.base_prefix else "none; the whole machine's"
    return f"{kind}, {sys.prefix}"


def installed(package):
    """Return the version of a package, without importing it."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def engine():
    """Return the engine that Keras would compute with, and what chose it."""
    if chosen := os.environ.get("KERAS_BACKEND"):
        return f"{chosen}, by KERAS_BACKEND"
    home = os.environ.get("KERAS_HOME") or Path.home() / ".keras"
    try:
        settings = json.loads((Path(home) / "keras.json").read_text(encoding="utf-8"))
        return f"{settings['backend']}, by keras.json"
    except (OSError, ValueError, LookupError, TypeError):
        return "tensorflow, by default"


def threads():
    """Return how many processors Python may use, and the limit that is set."""
    count = getattr(os, "process_cpu_count", os.cpu_count)()
    return f"{count}, OMP_NUM_THREADS {os.environ.get('OMP_NUM_THREADS', 'not set')}"


def console():
    """Return the encoding of the console, with advice where it has no ticks."""
    encoding = getattr(sys.stdout, "encoding", None) or "unknown"
    try:
        "\N{CHECK MARK}".encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return f"{encoding}, which has no ticks: set PYTHONUTF8=1"
    return encoding


def data_files():
    """Read every bundled file.

    Returns
    -------
    str
        In a word or two, whether they are intact.
    list of str
        What is wrong with them, and the remedy.
    """
    try:
        from helpers import datasets
    except ImportError as error:
        return f"not read ({error})", []
    try:
        datasets.load_mnist()
    except datasets.DatasetError as error:
        return "damaged", [str(error)]
    return "intact", []


def wrong_python():
    """Return what is wrong with the version of Python, as a list."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    wanted = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', project)
    oldest, beyond = int(wanted[1]), int(wanted[2])
    if (3, oldest) <= sys.version_info < (3, beyond):
        return []
    return [f"the course needs Python 3.{oldest} to 3.{beyond - 1}"]


def wrong_packages():
    """Return what is wrong with the packages for running the course, as a list."""
    wrong = dependencies.faults(ROOT / "requirements.txt")
    remedy = f"Run here: {sys.executable} -m pip install -r requirements.txt"
    return [f"{'; '.join(wrong)}. {remedy}"] if wrong else []


def missing_dev_packages():
    """Return what the maintainers' list asks for beyond that, and is not here."""
    needed = set(dependencies.faults(ROOT / "requirements.txt"))
    wanted = dependencies.faults(ROOT / "requirements-dev.txt")
    return [fault for fault in wanted if fault not in needed]
