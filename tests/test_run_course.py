"""`make run` on small notebooks made here: its files, its messages and its failures."""

import base64
import ctypes
import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from importlib.metadata import version

import nbformat
import psutil
import pytest
from bs4 import BeautifulSoup
from ipykernel.ipkernel import IPythonKernel
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import chapters, dependencies, files, full_settings, run_course
from tools.chapters import METADATA
from tools.dependencies import ROOT

SUMMARY = {"summary.json", "summary.md"}
GOOD = [
    "from helpers.checks import checkpoint",
    "checkpoint('one and one is two', 1 + 1 == 2)",
]
FIGURE = """
import matplotlib.pyplot as plt
from helpers.plotting import show_figure
plt.plot([1, 2])
show_figure('A "line" <i> that rises from left to right.')
"""
SLIDER = """
import matplotlib.pyplot as plt
from helpers.plotting import show_slider
show_slider(lambda value: plt.plot([0, value]), name="height", values=[1, 2], start=1,
            alt="a line that rises")
"""
needs_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="gives up the superuser's rights in Linux's way"
)
needs_posix = pytest.mark.skipif(
    os.name == "nt", reason="Windows has no such signal for another process"
)


class Course:
    """A course in a temporary folder, and what was made of it."""

    def __init__(self, folder):
        self.notebooks, self.build = folder / "notebooks", folder / "build"
        self.notebooks.mkdir()
        self.build.mkdir()
        self.folders = ["--notebooks", str(self.notebooks), "--output", str(self.build)]

    def write(self, stem, *cells):
        """Write a chapter; a text becomes a cell of code."""
        cells = [new_code_cell(c) if isinstance(c, str) else c for c in cells]
        nbformat.write(new_notebook(cells=cells), self.notebooks / f"{stem}.ipynb")

    def run(self, *arguments):
        return run_course.main([*arguments, *self.folders])

    def execute(self, stem):
        return run_course.execute(self.notebooks / f"{stem}.ipynb")

    def built(self):
        return {path.name for path in self.build.iterdir()}

    def executed(self, stem):
        return nbformat.read(self.build / f"{stem}.ipynb", as_version=4).cells

    def page(self, stem):
        text = (self.build / f"{stem}.html").read_text(encoding="utf-8")
        return BeautifulSoup(text, "html.parser")

    def link(self, stem, text):
        return self.page(stem).find("a", string=text)["href"]

    def summary(self):
        """Return the summary for programs, and the rows of the one for people."""
        rows = (self.build / "summary.md").read_text(encoding="utf-8").splitlines()
        with open(self.build / "summary.json", encoding="utf-8") as file:
            return json.load(file), [row.strip("| ").split(" | ") for row in rows]

    def verdicts(self):
        """Return the first and the last columns of the summary."""
        return {row[0]: row[-1] for row in self.summary()[1][2:]}


@pytest.fixture
def course(tmp_path):
    return Course(tmp_path)


def files_of(*stems):
    return {f"{stem}.{kind}" for stem in stems for kind in ("ipynb", "html")}


# ---- files


def test_failure_is_named_and_the_rest_goes_on(course, capsys):
    for name in ("01_bad.html", "summary.docx"):
        (course.build / name).write_text("of an earlier run, and of the reader")
    course.write("01_bad", GOOD[0], "checkpoint('[two] is three', 2 == 3)", "'never'")
    course.write("02_good", *GOOD)
    assert course.run() == 1
    said = capsys.readouterr().out
    failure = "FailedCheckpoint: This is not true: [two] is three"
    assert f"Chapter 01_bad.ipynb failed in code cell 2 of 3: {failure}" in said
    assert "checkpoint('[two] is three', 2 == 3)" in said
    assert re.search(r"02_good\s*│\s*2\s*│\s*1\s*│\s*\d+\s*│\s*\d+\s*│\s*passed", said)
    assert course.built() == {*files_of("02_good"), *SUMMARY, "summary.docx"}
    assert course.executed("02_good")[1].outputs[0].text == "✓ one and one is two\n"


def test_summary_is_for_people_and_for_programs(course):
    course.write("01_good", *GOOD)
    course.write("02_bad", *GOOD, "1 / 0")
    assert course.run() == 1
    (good, bad), rows = course.summary()
    assert good.items() >= {"chapter": "01_good", "cells": 2, "checkpoints": 1}.items()
    assert bad.items() >= {"chapter": "02_bad", "cells": 3, "checkpoints": 1}.items()
    assert good["failure"] == "" and "division by zero" in bad["failure"]
    seconds = [each["seconds"] for each in (good, bad)]
    peaks = [each["peak_megabytes"] for each in (good, bad)]
    assert min(seconds) > 0 and min(peaks) > 10
    assert rows[0] == "chapter,cells,checkpoints,seconds,peak MB,result".split(",")
    total, most = sum(map(round, seconds)), round(max(peaks))
    assert rows[-1] == ["all", "5", "2", str(total), str(most), "failed"]


def test_summary_keeps_chapters_that_were_run_before(course):
    for stem in ("01_good", "02_good", "03_gone", "04_lost"):
        course.write(stem, *GOOD)
    course.write("05_bad", "1 / 0")
    assert course.run() == 1
    course.write("02_good", "1 / 0")
    (course.notebooks / "03_gone.ipynb").unlink()
    (course.build / "04_lost.ipynb").unlink()
    assert course.run("02") == 1
    failed = {"02_good": "failed", "05_bad": "failed", "all": "failed"}
    assert course.verdicts() == {"01_good": "passed", **failed}
    course.write("02_good", *GOOD)
    assert course.run("02") == 0  # what failed before is no failure of this run
    assert course.verdicts()["02_good"] == "passed"
    stems = [each["chapter"] for each in course.summary()[0]]
    assert stems == ["01_good", "02_good", "05_bad"]


@pytest.mark.parametrize("old", ["{", "3", '[{"chapter": "01_good", "colour": 1}]'])
def test_summary_of_another_version_is_ignored(tmp_path, old):
    (tmp_path / "summary.json").write_text(old)
    assert run_course.earlier_results(tmp_path, [tmp_path / "01_good.ipynb"]) == {}


PROSE = """# Title

$x^2$, [next](02_more.ipynb), [loss](glossary.md#adams-loss-x), ![a small
dot](../images/dot.png), [the same](../images/dot.png) and ![a dot](dot.png)"""
GLOSSARY = "# Glossary\n\n## Adam's *loss*, `x`?\n\n$x^2$ in [1](01_good.ipynb)\n"


def test_page_needs_nothing_but_itself(course, tmp_path):
    (tmp_path / "images").mkdir()
    for path in (tmp_path / "images" / "dot.png", course.notebooks / "dot.png"):
        path.write_bytes(b"a picture")
    (course.notebooks / "glossary.md").write_text(GLOSSARY)
    plain = "plt.plot([1, 2])\nplt.show()"
    course.write("01_good", new_markdown_cell(PROSE), FIGURE, plain)
    course.write("02_more", *GOOD)
    assert course.run() == 0
    page = course.page("01_good")
    assert not re.search(r"<script|<link|@import|(src|href)=\"https?:", str(page))
    first, second, figure, plain = page.find_all("img")
    data = "data:image/png;base64," + base64.b64encode(b"a picture").decode()
    assert first["src"] == second["src"] == data
    assert first["alt"] == "a small\ndot"
    assert figure["alt"] == 'A "line" <i> that rises from left to right.'
    assert plain["alt"] == "No description has been provided for this image"
    assert not plain.has_attr("width")
    assert page.find("math").find("msup")
    assert course.link("01_good", "the same") == "../images/dot.png"
    assert course.link("01_good", "next") == "02_more.html"
    assert course.link("01_good", "loss") == "glossary.html#adams-loss-x"
    glossary = course.page("glossary")
    assert glossary.find(id="adams-loss-x").name == "h2" and glossary.find("math")
    assert glossary.find("a", href="#adams-loss-x")
    assert course.link("glossary", "1") == "01_good.html"


def test_pages_link_to_notebooks_of_chapters_without_pages(course):
    course.write("01_good", new_markdown_cell("[next](02_more.ipynb#end)"), *GOOD)
    course.write("02_more", new_markdown_cell("[back](01_good.ipynb)"), *GOOD)
    (course.notebooks / "glossary.md").write_text("[2](02_more.ipynb)")
    notebook = "../notebooks/02_more.ipynb"
    assert course.run("01") == 0
    assert course.link("glossary", "2") == notebook
    assert course.link("01_good", "next") == f"{notebook}#end"
    assert course.run("02") == 0
    assert course.link("01_good", "next") == "02_more.html#end"
    assert course.link("02_more", "back") == "01_good.html"
    course.write("02_more", "1 / 0")
    assert course.run("02") == 1
    assert course.link("01_good", "next") == f"{notebook}#end"


def test_storing_twice_gives_the_same_file(course):
    course.write("01_good", *GOOD, FIGURE, SLIDER)
    path = course.notebooks / "01_good.ipynb"
    assert course.run("--store") == 0
    first = path.read_bytes()
    assert course.run("--store") == 0
    assert path.read_bytes() == first
    assert json.loads(first)["metadata"] == METADATA
    assert b"widget" not in first.replace(b"ipywidgets", b"")
    assert b"Slider for height" in first and not course.built()


def test_metadata_are_the_kernels_but_for_its_version():
    written = {**IPythonKernel.language_info}
    assert written.pop("version")
    assert METADATA["language_info"] == written


# ---- what can be chosen


def test_unknown_chapter_is_named(course):
    course.write("01_good", *GOOD)
    with pytest.raises(SystemExit, match=r"No chapter 07 in .*There are: 01_good"):
        course.run("07")


def test_chapters_can_be_executed_with_another_seed(course):
    course.write("01_bad", "1 / 0")
    course.write("02_good", GOOD[0], "SEED = 1    # any", "print(SEED)")
    assert course.run("--seed", "23", "02") == 0
    constants, printed = course.executed("02_good")[1:]
    assert constants.source == "SEED = 23    # any"
    assert printed.outputs[0].text == "23\n"


def test_full_run_sets_constants_and_checks_headlines(course, monkeypatch, capsys):
    monkeypatch.setattr(run_course, "ROOT", course.build)
    monkeypatch.setattr(full_settings, "SETTINGS", {"01_short": {"EPOCHS": 200}})
    headlines = {
        "01_short": "checkpoint('200 epochs', epochs == 200)",
        "02_wrong": "checkpoint('201 epochs', epochs == 201)",
    }
    monkeypatch.setattr(full_settings, "HEADLINES", headlines)
    constants = "SEED = 1\nEPOCHS = 10    # the source: 200"
    for stem in (*headlines, "03_new"):
        course.write(stem, GOOD[0], constants, "epochs = EPOCHS")
    assert run_course.main(["--full", "--notebooks", str(course.notebooks)]) == 1
    assert "This is not true: 201 epochs" in capsys.readouterr().out
    course.build = course.build / "build" / "full"
    assert course.built() == {*files_of("01_short", "03_new"), *SUMMARY}
    _, changed, _, checked = course.executed("01_short")
    assert changed.source == constants.replace("10", "200")
    assert checked.outputs[0].text == "✓ 200 epochs\n"
    sources = [cell.source for cell in course.executed("03_new")]
    assert sources == [GOOD[0], constants, "epochs = EPOCHS"]


def test_full_settings_are_those_of_chapters():
    for stem in {*full_settings.SETTINGS, *full_settings.HEADLINES}:
        path = ROOT / "notebooks" / f"{stem}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        cells = full_settings.at_full_settings(notebook, stem).cells
        constants = [cell.source for cell in cells if cell.cell_type == "code"][1]
        for name, value in full_settings.SETTINGS.get(stem, {}).items():
            assert f"{name} = {value} " in constants
        if stem in full_settings.HEADLINES:
            compile(cells[-1].source, stem, "exec")
            assert "checkpoint(" in cells[-1].source


def test_settings_that_no_cell_sets_are_named():
    notebook = new_notebook(cells=[new_code_cell(GOOD[0]), new_code_cell("SEED = 1")])
    said = "01_short sets EPOCHS 0 times in its constants cell, expected once"
    with pytest.raises(ValueError, match=said):
        chapters.set_constants(notebook, "01_short", {"EPOCHS": 200})


@pytest.mark.parametrize("value", ["1e-3", "60 * 2", "[1]"])
def test_settings_that_are_no_plain_number_are_refused(value):
    notebook = new_notebook(cells=[new_code_cell(""), new_code_cell(f"LR = {value}")])
    with pytest.raises(ValueError, match="sets LR 0 times"):
        chapters.set_constants(notebook, "01_short", {"LR": 2})
    chapters.set_constants(notebook, "01_short", {})


# ---- measurements


def test_peak_memory_is_that_of_the_kernel(course):
    course.write("01_small", "import time; time.sleep(0.5)")
    large = "import time; data = bytearray(b'1' * 300 * 2**20); time.sleep(0.5)"
    course.write("02_large", large)
    small, large = (course.execute(stem)[1] for stem in ("01_small", "02_large"))
    assert 250 < large.peak_megabytes - small.peak_megabytes < 700


def test_checkpoints_of_an_earlier_run_are_not_counted(course):
    earlier = new_output("stream", name="stdout", text="✓ true once\n")
    course.write("01_bad", "1 / 0", new_code_cell("print('never')", outputs=[earlier]))
    notebook, result = course.execute("01_bad")
    assert result.checkpoints == 0
    assert notebook.cells[1].outputs == []


# ---- what goes wrong


def test_cell_that_never_ends_is_stopped(course, capsys):
    course.write("01_endless", "while True: pass")
    begin = time.monotonic()
    assert course.run("--cell-timeout", "3") == 1
    assert time.monotonic() - begin < 60
    assert "code cell 1 of 1: it ran longer than 3 seconds" in capsys.readouterr().out


def test_killed_kernel_is_reported_within_seconds(course, capsys):
    course.write("01_killed", "import os", "os.write(2, b'last words'); os._exit(9)")
    course.write("02_good", *GOOD)
    begin = time.monotonic()
    assert course.run() == 1
    assert time.monotonic() - begin < 60
    said = capsys.readouterr().out
    assert "Chapter 01_killed.ipynb failed in code cell 2 of 2: its kernel died" in said
    assert "last words" in said
    assert course.built() == SUMMARY


def test_kernel_that_does_not_start_fails_its_chapter(course, monkeypatch, capsys):
    def refuse(*_, **__):
        raise RuntimeError("no kernel today")

    course.write("01_good", *GOOD)
    monkeypatch.setattr(run_course.NotebookClient, "execute", refuse)
    assert course.run() == 1
    said = capsys.readouterr().out
    assert "01_good.ipynb failed in code cell 0 of 2: its kernel did not start" in said
    assert "no kernel today" in said


def test_check_that_waits_for_an_answer_is_no_failure(course):
    check = "check_exercise('1.1', lambda: slope, 2)"
    course.write("01_waiting", "from helpers.checks import check_exercise", check)
    assert course.run() == 0
    (cell,) = course.executed("01_waiting")[1:]
    assert cell.outputs[0].text.startswith("○ Exercise 1.1 is waiting for your answer")


def run_python(*arguments, **options):
    command = [sys.executable, "-m", *arguments]
    options |= {"capture_output": True, "text": True, "timeout": 120}
    return subprocess.run(command, **options)


@needs_posix
def test_interrupted_run_leaves_nothing_half_written(course, tmp_path):
    begun = tmp_path / "begun"
    course.write("01_good", *GOOD)
    course.write("02_slow", *GOOD)
    assert course.run() == 0
    touch = f"import pathlib, time; pathlib.Path({str(begun)!r}).touch()"
    course.write("02_slow", f"{touch}; time.sleep(100)")

    def heed_interrupts():  # this test may run where they are ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    command = [sys.executable, "-m", "tools", "run", "02", *course.folders]
    options = {"stdout": subprocess.PIPE, "encoding": "utf-8"}
    with subprocess.Popen(command, preexec_fn=heed_interrupts, **options) as process:
        try:
            deadline = time.monotonic() + 90
            while not begun.exists() and time.monotonic() < deadline:
                time.sleep(0.1)
            kernels = psutil.Process(process.pid).children()
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "Stopped. The results of finished chapters are there" in said
    assert course.built() == {*files_of("01_good"), *SUMMARY}
    assert course.verdicts() == {"01_good": "passed", "all": "passed"}
    assert kernels and not any(kernel.is_running() for kernel in kernels)
    course.write("02_slow", *GOOD)
    assert course.run() == 0
    assert course.built() == {*files_of("01_good", "02_slow"), *SUMMARY}


def without_power():
    """Have permissions apply to this process even if it is the superuser's (Linux)."""
    drop_from_bounding_set, over_permissions = 24, (1, 2)
    for power in over_permissions:
        ctypes.CDLL(None).prctl(drop_from_bounding_set, power, 0, 0, 0)


@needs_linux
def test_read_only_checkout_runs_and_writes_elsewhere(tmp_path):
    checkout = tmp_path / "checkout"
    leave = shutil.ignore_patterns("__pycache__")
    for part in ("notebooks", "helpers", "tools", "images"):
        shutil.copytree(ROOT / part, checkout / part, ignore=leave)
    shutil.copy(ROOT / "requirements.txt", checkout)
    for path in [checkout, *checkout.rglob("*")]:
        path.chmod(path.stat().st_mode & ~0o222)
    before = {path: path.stat().st_mtime_ns for path in checkout.rglob("*")}
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    bound = {"preexec_fn": without_power, "env": environment, "cwd": checkout}
    refused = run_python("tools", "run", "02", **bound)
    assert refused.returncode == 1
    assert refused.stdout.startswith("Stopped: [Errno 13] Permission denied: ")
    assert "--output" in refused.stdout
    assert "Traceback" not in refused.stdout + refused.stderr
    build = tmp_path / "build"
    done = run_python("tools", "run", "02", "--output", build, **bound)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (build / "02_pca.html").exists()
    assert {path: path.stat().st_mtime_ns for path in checkout.rglob("*")} == before


def test_full_disk_is_named_and_keeps_what_was_there(course, monkeypatch, capsys):
    course.write("01_good", *GOOD)
    course.write("02_large", *GOOD)
    written = type(course.build).write_text

    def until_full(path, text, **options):
        if path.name.startswith("02_large"):
            written(path, text[:100], **options)  # a part of it still found space
            raise OSError(errno.ENOSPC, "No space left on device")
        return written(path, text, **options)

    monkeypatch.setattr(type(course.build), "write_text", until_full)
    assert course.run() == 1
    said = capsys.readouterr().out
    assert "Stopped: [Errno 28] No space left on device: " in said
    assert "02_large.ipynb" in said and "Free some space" in said
    assert course.built() == {*files_of("01_good"), *SUMMARY}
    assert course.verdicts() == {"01_good": "passed", "all": "passed"}


def test_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "file.ipynb"
    path.write_text("old")
    monkeypatch.setattr(files.os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        files.write(path, "new")
    assert path.read_text() == "old"
    assert [found.name for found in tmp_path.iterdir()] == ["file.ipynb"]


def test_console_and_system_may_know_only_ascii(course):
    course.write("01_good", *GOOD)
    course.write("02_bad", *GOOD, "raise ValueError('… ✓ ○ ─ ∇')")
    plain = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    done = run_python("tools", "run", *course.folders, env=os.environ | plain)
    assert done.returncode == 1 and done.stdout.isascii() and not done.stderr
    assert "01_good ?" in done.stdout and "ValueError: ? " in done.stdout
    assert "UnicodeEncodeError" not in done.stdout and "passed" in done.stdout


# ---- missing packages


def test_faults_of_packages_are_told_in_words(tmp_path):
    path = tmp_path / "requirements.txt"
    path.write_text("nbclient~=0.11.0\nno-such-package~=1.0\nnumpy~=1.26    # arrays\n")
    assert dependencies.faults(path) == [
        "no-such-package~=1.0 is missing",
        f"numpy~=1.26 is needed, {version('numpy')} is installed",
    ]


def test_packages_here_are_those_that_the_course_needs():
    assert dependencies.faults(ROOT / "requirements-dev.txt") == []
    readers = {*dependencies.requirements(ROOT / "requirements.txt")}
    assert readers < {*dependencies.requirements(ROOT / "requirements-dev.txt")}


@pytest.mark.parametrize(
    "command, name", [("run", "requirements.txt"), ("posts", "requirements-dev.txt")]
)
def test_missing_package_is_told_before_any_import(tmp_path, command, name):
    for package in ("nbclient", "rich"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("raise SystemExit('imported')")
    (tmp_path / "packaging.py").write_text("raise ModuleNotFoundError")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    arguments = ("tools", command, "--output", tmp_path / "out")
    done = run_python(*arguments, cwd=ROOT, env=environment)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1 and not (tmp_path / "out").exists()
    assert line.startswith("packaging is missing. To fix it, run in the folder of the")
    assert line.endswith(f"{sys.executable} -m pip install -r {name}")


def test_pytest_tells_in_one_line_which_package_is_missing(tmp_path):
    leave = shutil.ignore_patterns("__pycache__")
    for part in ("tests", "tools", "notebooks"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=leave)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "requirements-dev.txt").write_text("no-such-package~=1.0\n")
    notebook = "notebooks/01_gradient_descent.ipynb"
    done = run_python("pytest", "--collect-only", notebook, cwd=tmp_path)
    (line,) = done.stderr.splitlines()
    assert done.returncode != 0 and done.stdout == ""
    assert line.startswith("no-such-package~=1.0 is missing. To fix it, run in")
