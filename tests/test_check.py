"""`make check`: it runs on any machine, names what is wrong, and says how to fix it."""

import gzip
import os
import shutil
import subprocess
import sys

import pytest

from helpers import datasets
from tools import check
from tools.__main__ import main
from tools.dependencies import ROOT


@pytest.fixture
def course(tmp_path):
    """A copy of what the command reads."""
    for part in ("tools", "helpers"):
        leave = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / part, tmp_path / part, ignore=leave)
    for name in ("requirements.txt", "requirements-dev.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def run_check(folder, **environment):
    """Run the command in a folder; return its exit status and what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "tools", "check"],
        cwd=folder,
        capture_output=True,
        timeout=120,
        env=os.environ | {"PYTHONPATH": "", **environment},
    )
    assert done.stderr == b""
    return done.returncode, done.stdout.decode("ascii")


def row(said, name):
    """Return the value beside a name."""
    (line,) = [line for line in said.splitlines() if line.startswith(name)]
    return line.removeprefix(name).strip()


def test_all_is_well_and_fits_on_one_screen(course):
    status, said = run_check(course, KERAS_BACKEND="jax", OMP_NUM_THREADS="3")
    assert status == 0 and said.endswith("All is well.\n")
    assert len(said.splitlines()) <= 24
    assert sys.executable in row(said, "Python")
    assert row(said, "MNIST files") == "intact"
    assert row(said, "Keras engine") == "jax, by KERAS_BACKEND"
    assert row(said, "threads").endswith("OMP_NUM_THREADS 3")
    assert all(row(said, package)[0].isdigit() for package in check.PACKAGES)


def test_a_corrupted_data_file_is_named_with_its_remedy(course):
    path = course / "helpers" / "mnist" / datasets._FILES["y_test"][0]
    content = bytearray(gzip.decompress(path.read_bytes()))
    content[-1] ^= 1
    path.write_bytes(gzip.compress(bytes(content)))
    status, said = run_check(course)
    assert status == 1 and said.endswith("Not all is well.\n")
    assert row(said, "MNIST files") == "damaged"
    assert f"To fix: {path.name}: its bytes were altered" in said
    assert "git checkout -- helpers/mnist" in said


@pytest.mark.parametrize(
    "name, status, said",
    [
        ("requirements.txt", 1, "no-such-package~=1.0 is missing. Run here: "),
        ("requirements-dev.txt", 0, "publish the course: no-such-package~=1.0"),
    ],
)
def test_missing_package_is_named_and_may_be_no_fault(course, name, status, said):
    with open(course / name, "a") as file:
        file.write("no-such-package~=1.0\n")
    found, printed = run_check(course)
    assert found == status and said in printed
    assert ("-m pip install -r requirements.txt" in printed) == bool(status)


def test_it_reports_where_no_package_can_be_imported(course):
    for name in ("numpy", "packaging"):
        missing = f"raise ModuleNotFoundError('No module named {name}')"
        (course / f"{name}.py").write_text(missing)
    status, said = run_check(course)
    assert status == 1
    assert row(said, "MNIST files") == "not read (No module named numpy)"
    assert "To fix: packaging is missing" in said


def test_another_python_is_a_fault(monkeypatch):
    monkeypatch.setattr(check.sys, "version_info", (3, 10, 1))
    assert check.wrong_python() == ["the course needs Python 3.11 to 3.13"]


CHOSEN = {
    '{"backend": "torch"}': "torch, by keras.json",
    "{}": "tensorflow, by default",
    "no JSON": "tensorflow, by default",
    None: "tensorflow, by default",
}


@pytest.mark.parametrize("text", CHOSEN)
def test_the_engine_of_keras_is_reported(monkeypatch, tmp_path, text):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    if text is not None:
        (tmp_path / "keras.json").write_text(text)
    assert check.engine() == CHOSEN[text]


def test_system_may_know_only_ascii(course):
    status, said = run_check(course, PYTHONUTF8="0", LC_ALL="C")
    assert status == 0 and said.endswith("All is well.\n")


def test_a_console_without_ticks_is_given_advice(course):
    plain = {"PYTHONUTF8": "0", "LC_ALL": "C.UTF-8"}
    _, said = run_check(course, PYTHONIOENCODING="cp1252", **plain)
    assert row(said, "console") == "cp1252, which has no ticks: set PYTHONUTF8=1"


def test_commands_explain_themselves(capsys):
    assert main(["cheque"]) == 2
    assert capsys.readouterr().out.startswith("There is no command 'cheque'.\nusage: ")
    for command in ("run", "glossary", "posts"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        assert capsys.readouterr().out.startswith("usage: python -m tools")
