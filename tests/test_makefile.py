"""The set-up in the Makefile, with a stand-in for Python that installs nothing."""

import os
import shutil
import subprocess
import sys

import pytest

from tools.dependencies import ROOT

NEEDED = [
    "Makefile",
    "pyproject.toml",
    "requirements.txt",
    "requirements-dev.txt",
    "requirements.lock",
]
PYTHON = """\
#!/bin/sh
echo "$@" >> "$LOG"
case "$*" in
"-m venv"*)
    case "$*" in *--clear*) rm -rf .venv;; esac
    mkdir -p .venv/bin
    test -e .venv/bin/python && exit
    cp "$0" .venv/bin/python
    printf '#!/bin/sh\\nexec "%s/.venv/bin/python" "$@"\\n' "$PWD" > .venv/bin/jupyter
    chmod +x .venv/bin/jupyter;;
esac
"""

pytestmark = pytest.mark.skipif(
    os.name == "nt" or not shutil.which("make"),
    reason="needs make, and a shell script in place of Python",
)


@pytest.fixture
def python(tmp_path):
    """Write the stand-in into a folder with a space in its name; return its path."""
    path = tmp_path / "a b" / "python3"
    path.parent.mkdir()
    path.write_text(PYTHON)
    path.chmod(0o755)
    return path


@pytest.fixture
def course(tmp_path):
    """Return a folder with what the set-up is made from."""
    folder = tmp_path / "course"
    folder.mkdir()
    for name in NEEDED:
        shutil.copy(ROOT / name, folder)
    return folder


def run_make(folder, python, target="lab"):
    command, log = ["make", f"PYTHON={python}", target], str(folder / "log")
    options = {"capture_output": True, "text": True, "timeout": 60}
    return subprocess.run(command, cwd=folder, env=os.environ | {"LOG": log}, **options)


def make(folder, python, target="lab"):
    """Run make; return the calls of the stand-in for Python."""
    (folder / "log").write_text("")
    done = run_make(folder, python, target)
    assert done.returncode == 0, done.stderr
    return (folder / "log").read_text()


def test_python_may_be_in_a_folder_with_a_space(course, python):
    assert "-m venv .venv\n" in make(course, python)


def test_the_set_up_is_made_once(course, python):
    assert "-m pip install" in make(course, python)
    assert "-m pip install" not in make(course, python)


def test_a_moved_course_is_set_up_again(course, python):
    make(course, python)
    moved = course.rename(course.parent / "another place")
    again = make(moved, python, "run")
    assert "-m venv --clear .venv\n" in again and "-m pip install" in again
    assert "-m pip install" not in make(moved, python, "run")


def test_programs_work_after_the_course_was_moved(course, python):
    make(course, python)
    assert "notebooks/01_" in make(course.rename(course.parent / "moved"), python)


def test_a_shared_set_up_is_not_a_moved_one(course, python):
    make(course, python)
    other = course.parent / "other"
    other.mkdir()
    for name in NEEDED:
        shutil.copy2(course / name, other)
    (other / ".venv").symlink_to(course / ".venv")
    assert "-m venv" not in make(other, python)


def test_an_interrupted_set_up_is_taken_up_again(course, python):
    make(course, python)
    (course / ".venv" / "ready").unlink()
    assert "-m venv .venv\n" in make(course, python)


def test_an_old_python_is_named(course, python):
    older = 'import sys; sys.version_info, sys.version = (3, 10), "3.10.1 of old"; '
    python.write_text(
        f"#!/bin/sh\nshift\ncode=$1\nshift\n"
        f"exec '{sys.executable}' -c '{older}exec(sys.argv.pop(1))' \"$code\" \"$@\"\n"
    )
    done = run_make(course, python)
    assert done.returncode != 0 and not (course / ".venv").exists()
    assert f"and {python} is 3.10.1. Name another one" in done.stderr
