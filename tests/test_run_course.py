"""`make run` on small notebooks made here: what it writes, what it says, and what it does when something goes wrong."""

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
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import dependencies, full_settings, run_course

SUMMARY = {"summary.json", "summary.md"}
LINUX = pytest.mark.skipif(
    sys.platform != "linux", reason="gives up the superuser's rights in Linux's own way"
)
POSIX = pytest.mark.skipif(
    os.name == "nt", reason="Windows has no such signal for another process"
)
GOOD = [
    "from helpers.checks import checkpoint",
    "checkpoint('one and one is two', 1 + 1 == 2)",
]
FIGURE = """
import matplotlib.pyplot as plt
from helpers.plotting import show_figure
plt.plot([1, 2])
show_figure("A line that rises from left to right.")
"""
SLIDER = """
import matplotlib.pyplot as plt
from helpers.plotting import show_slider
show_slider(lambda value: plt.plot([0, value]), name="height", values=[1, 2], start=1, alt="a line that rises")
"""


@pytest.fixture
def course(tmp_path):
    """Return a function that writes a chapter, and one that runs the command line on all of them."""
    (tmp_path / "notebooks").mkdir()

    def write(name, *cells):
        cells = [
            cell if isinstance(cell, dict) else new_code_cell(cell) for cell in cells
        ]
        nbformat.write(new_notebook(cells=cells), tmp_path / "notebooks" / name)

    def run(*arguments):
        return run_course.main(
            [
                *arguments,
                "--notebooks",
                str(tmp_path / "notebooks"),
                "--output",
                str(tmp_path / "build"),
            ]
        )

    return write, run


def test_writes_notebook_and_page_and_a_summary(course, tmp_path, capsys):
    write, run = course
    write(
        "01_good.ipynb",
        new_markdown_cell("# Title\n\n$x^2$ and [next](02_more.ipynb)"),
        *GOOD,
        FIGURE,
    )
    assert run() == 0
    assert {path.name for path in (tmp_path / "build").iterdir()} == {
        "01_good.ipynb",
        "01_good.html",
        *SUMMARY,
    }
    executed = nbformat.read(tmp_path / "build" / "01_good.ipynb", as_version=4)
    assert executed.cells[2].outputs[0].text == "✓ one and one is two\n"
    summary = capsys.readouterr().out
    assert re.search(
        r"01_good\s*│\s*3\s*│\s*1\s*│\s*\d+\s*│\s*\d+\s*│\s*passed", summary
    )


def test_pages_link_to_the_pages_of_chapters_and_of_markdown_files(course, tmp_path):
    write, run = course
    write("01_good.ipynb", new_markdown_cell("[loss](glossary.md#adams-loss-x)"), *GOOD)
    text = "# Glossary\n\n## Adam's *loss*, `x`?\n\n$x^2$ in [1](01_good.ipynb)\n"
    (tmp_path / "notebooks" / "glossary.md").write_text(text)
    assert run() == 0
    chapter, glossary = [
        BeautifulSoup(
            (tmp_path / "build" / name).read_text(encoding="utf-8"), "html.parser"
        )
        for name in ("01_good.html", "glossary.html")
    ]
    assert chapter.find("a", string="loss")["href"] == "glossary.html#adams-loss-x"
    assert glossary.find(id="adams-loss-x").name == "h2" and glossary.find(
        "a", href="#adams-loss-x"
    )
    assert glossary.find("math") and glossary.find("a", href="01_good.html")


def test_the_summary_is_kept_for_people_and_for_programs(course, tmp_path):
    write, run = course
    write("01_good.ipynb", *GOOD)
    write("02_bad.ipynb", *GOOD, "1 / 0")
    assert run() == 1
    kept = json.loads((tmp_path / "build" / "summary.json").read_text(encoding="utf-8"))
    assert [
        (chapter["chapter"], chapter["cells"], chapter["checkpoints"])
        for chapter in kept
    ] == [("01_good", 2, 1), ("02_bad", 3, 1)]
    assert kept[0]["failure"] == "" and "division by zero" in kept[1]["failure"]
    assert all(
        chapter["seconds"] > 0 and chapter["peak_megabytes"] > 10 for chapter in kept
    )
    lines = (tmp_path / "build" / "summary.md").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "| chapter | cells | checkpoints | seconds | peak MB | result |"
    seconds, peak = (
        (round(chapter["seconds"]) for chapter in kept),
        (round(c["peak_megabytes"]) for c in kept),
    )
    assert lines[4] == f"| all | 5 | 2 | {sum(seconds)} | {max(peak)} | failed |"


def summary(tmp_path):
    """Return the first and last columns of the summary's rows."""
    lines = (tmp_path / "build" / "summary.md").read_text(encoding="utf-8").splitlines()
    return [
        (line.split(" | ")[0][2:], line.split(" | ")[-1][:-2]) for line in lines[2:]
    ]


def test_the_summary_keeps_chapters_that_were_run_before(course, tmp_path):
    write, run = course
    for name in ("01_good", "02_good", "03_gone", "04_lost"):
        write(f"{name}.ipynb", *GOOD)
    write("05_bad.ipynb", "1 / 0")
    assert run() == 1
    write("02_good.ipynb", "1 / 0")
    (tmp_path / "notebooks" / "03_gone.ipynb").unlink()
    (tmp_path / "build" / "04_lost.ipynb").unlink()
    assert run("02") == 1
    rows = [("01_good", "passed"), ("02_good", "failed"), ("05_bad", "failed")]
    assert summary(tmp_path) == [*rows, ("all", "failed")]
    write("02_good.ipynb", *GOOD)
    assert run("02") == 0  # what failed before is no failure of this run
    assert summary(tmp_path)[1] == ("02_good", "passed")
    kept = json.loads((tmp_path / "build" / "summary.json").read_text(encoding="utf-8"))
    assert [row["chapter"] for row in kept] == ["01_good", "02_good", "05_bad"]


@pytest.mark.parametrize("old", ["{", "3", '[{"chapter": "01_good", "colour": 1}]'])
def test_a_summary_that_says_nothing_is_replaced(course, tmp_path, old):
    write, run = course
    write("01_good.ipynb", *GOOD)
    write("02_good.ipynb", *GOOD)
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "summary.json").write_text(old)
    assert run("02") == 0
    assert summary(tmp_path) == [("02_good", "passed"), ("all", "passed")]


def test_pages_link_to_notebooks_of_chapters_without_pages(course, tmp_path):
    write, run = course
    write("01_good.ipynb", new_markdown_cell("[next](02_more.ipynb#end)"), *GOOD)
    write("02_more.ipynb", new_markdown_cell("[back](01_good.ipynb)"), *GOOD)

    def link(name, text):
        page = (tmp_path / "build" / name).read_text(encoding="utf-8")
        return BeautifulSoup(page, "html.parser").find("a", string=text)["href"]

    (tmp_path / "notebooks" / "glossary.md").write_text("[2](02_more.ipynb)")
    assert run("01") == 0
    notebook = link("glossary.html", "2")
    assert notebook == "../notebooks/02_more.ipynb"
    assert link("01_good.html", "next") == f"{notebook}#end"
    assert run("02") == 0
    assert link("01_good.html", "next") == "02_more.html#end"
    assert link("02_more.html", "back") == "01_good.html"
    write("02_more.ipynb", "1 / 0")
    assert run("02") == 1
    assert link("01_good.html", "next") == f"{notebook}#end"


def test_chapters_can_be_executed_with_another_seed(course, tmp_path):
    write, run = course
    write(
        "01_good.ipynb",
        GOOD[0],
        "SEED = 1    # any",
        "checkpoint(f'the seed is {SEED}', True)",
    )
    assert run("--seed", "23") == 0
    executed = nbformat.read(tmp_path / "build" / "01_good.ipynb", as_version=4)
    assert executed.cells[1].source == "SEED = 23    # any"
    assert executed.cells[2].outputs[0].text == "✓ the seed is 23\n"


def test_page_needs_no_network_and_keeps_alt_text_and_formulas(course, tmp_path):
    write, run = course
    write(
        "01_good.ipynb",
        new_markdown_cell("# Title\n\n$x^2$ and [next](02_more.ipynb)"),
        FIGURE,
    )
    run()
    page = (tmp_path / "build" / "01_good.html").read_text(encoding="utf-8")
    assert not re.search(r"<script|<link|@import|(src|href)=\"https?:", page)
    assert 'alt="A line that rises from left to right."' in page
    assert "<math" in page and "<msup>" in page
    assert 'href="02_more.html"' in page


def test_page_holds_the_pictures_beside_the_notebooks(course, tmp_path):
    write, run = course
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "dot.png").write_bytes(b"a picture")
    write(
        "01_good.ipynb",
        new_markdown_cell(
            "![a small\ndot](../images/dot.png) and [the same](../images/dot.png)"
        ),
    )
    assert run() == 0
    page = BeautifulSoup(
        (tmp_path / "build" / "01_good.html").read_bytes(), "html.parser"
    )
    assert (
        page.img["src"]
        == "data:image/png;base64," + base64.b64encode(b"a picture").decode()
    )
    assert page.img["alt"] == "a small\ndot"
    assert page.find("a", string="the same")["href"] == "../images/dot.png"


def test_page_holds_the_pictures_in_the_folder_of_the_notebooks(course, tmp_path):
    write, run = course
    (tmp_path / "notebooks" / "dot.png").write_bytes(b"a picture")
    write("01_good.ipynb", new_markdown_cell("![a small dot](dot.png)"))
    assert run() == 0
    page = BeautifulSoup(
        (tmp_path / "build" / "01_good.html").read_bytes(), "html.parser"
    )
    assert (
        page.img["src"]
        == "data:image/png;base64," + base64.b64encode(b"a picture").decode()
    )


def test_page_says_so_when_a_figure_has_no_description(course, tmp_path):
    write, run = course
    write(
        "01_plain.ipynb",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
    )
    run()
    picture = BeautifulSoup(
        (tmp_path / "build" / "01_plain.html").read_bytes(), "html.parser"
    ).img
    assert (
        picture["alt"] == "No description has been provided for this image"
    )  # nbconvert's words
    assert not picture.has_attr("width")


def test_page_keeps_quotes_and_brackets_of_a_description(course, tmp_path):
    write, run = course
    write("01_quotes.ipynb", FIGURE.replace("A line", 'A \\"line\\" <i>'))
    run()
    picture = BeautifulSoup(
        (tmp_path / "build" / "01_quotes.html").read_bytes(), "html.parser"
    ).img
    assert picture["alt"] == 'A "line" <i> that rises from left to right.'


def test_peak_memory_is_that_of_the_kernel(course, tmp_path):
    write, run = course
    write("01_small.ipynb", "import time; time.sleep(0.5)")
    write(
        "02_large.ipynb",
        "import time; data = bytearray(b'1' * 300 * 2**20); time.sleep(0.5)",
    )
    _, small = run_course.execute(tmp_path / "notebooks" / "01_small.ipynb")
    _, large = run_course.execute(tmp_path / "notebooks" / "02_large.ipynb")
    assert 250 < large.peak_megabytes - small.peak_megabytes < 700


def test_failure_names_chapter_cell_and_claim_and_the_rest_goes_on(
    course, tmp_path, capsys
):
    write, run = course
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "01_bad.html").write_text("of an earlier run")
    write(
        "01_bad.ipynb",
        GOOD[0],
        "checkpoint('[two] is three', 2 == 3)",
        "print('never')",
    )
    write("02_good.ipynb", *GOOD)
    assert run() == 1
    said = capsys.readouterr().out
    assert (
        "Chapter 01_bad.ipynb failed in code cell 2 of 3: FailedCheckpoint: This is not true: [two] is three"
        in said
    )
    assert "checkpoint('[two] is three', 2 == 3)" in said
    assert {path.name for path in (tmp_path / "build").iterdir()} == {
        "02_good.ipynb",
        "02_good.html",
        *SUMMARY,
    }


def test_checkpoints_of_an_earlier_run_are_not_counted(course, tmp_path):
    write, _ = course
    earlier = new_output("stream", name="stdout", text="✓ true once\n")
    write("01_bad.ipynb", "1 / 0", new_code_cell("print('never')", outputs=[earlier]))
    notebook, result = run_course.execute(tmp_path / "notebooks" / "01_bad.ipynb")
    assert result.checkpoints == 0
    assert notebook.cells[1].outputs == []


def test_cell_that_never_ends_is_stopped(course, capsys):
    write, run = course
    write("01_endless.ipynb", "while True: pass")
    begin = time.monotonic()
    assert run("--cell-timeout", "3") == 1
    assert time.monotonic() - begin < 60
    assert "code cell 1 of 1: it ran longer than 3 seconds" in capsys.readouterr().out


@pytest.mark.parametrize(
    "death",
    ["os._exit(9)", pytest.param("os.kill(os.getpid(), signal.SIGKILL)", marks=POSIX)],
)
def test_killed_kernel_is_reported_within_seconds(course, tmp_path, capsys, death):
    write, run = course
    write(
        "01_killed.ipynb", "import os, signal", f"os.write(2, b'last words'); {death}"
    )
    write("02_good.ipynb", *GOOD)
    begin = time.monotonic()
    assert run() == 1
    assert time.monotonic() - begin < 60
    said = capsys.readouterr().out
    assert "Chapter 01_killed.ipynb failed in code cell 2 of 2: its kernel died" in said
    assert "last words" in said
    assert {path.name for path in (tmp_path / "build").iterdir()} == SUMMARY


@pytest.fixture
def start(tmp_path):
    """Return a function that starts the command line in a process of its own, which ends with the test."""
    running = []

    def start(*arguments, **options):
        command = [
            sys.executable,
            "-m",
            "tools",
            "run",
            "--notebooks",
            tmp_path / "notebooks",
            *arguments,
        ]
        running.append(
            subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                **{"encoding": "utf-8"} | options,
            )
        )
        return running[-1]

    yield start
    for process in running:
        process.kill()


def wait_until(true):
    deadline = time.monotonic() + 90
    while not true() and time.monotonic() < deadline:
        time.sleep(0.1)


@POSIX
def test_interrupt_stops_the_run_leaves_nothing_half_written_and_the_next_run_is_whole(
    course, start, tmp_path
):
    write, run = course
    begun = tmp_path / "begun"
    write("01_good.ipynb", *GOOD)
    write(
        "02_slow.ipynb",
        f"import pathlib, time; pathlib.Path({str(begun)!r}).touch(); time.sleep(100)",
    )
    process = start(
        "--output",
        tmp_path / "build",  # this test may run where the signal is ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    wait_until(begun.exists)
    kernels = psutil.Process(process.pid).children()
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Stopped. Chapters that had finished are kept" in said
    assert {path.name for path in (tmp_path / "build").iterdir()} == {
        "01_good.ipynb",
        "01_good.html",
        *SUMMARY,
    }
    assert summary(tmp_path) == [("01_good", "passed"), ("all", "passed")]
    assert kernels and not any(kernel.is_running() for kernel in kernels)
    write("02_slow.ipynb", *GOOD)
    assert run() == 0
    assert len(list((tmp_path / "build").iterdir())) == 6


def without_power():
    """Make this process bound by permissions even when it belongs to the superuser (Linux)."""
    drop_from_bounding_set, over_permissions = 24, (1, 2)
    for power in over_permissions:
        ctypes.CDLL(None).prctl(drop_from_bounding_set, power, 0, 0, 0)


@pytest.fixture
def read_only(tmp_path):
    """Return a function that takes away all rights to write in a folder; they are given back after the test."""
    folders = []

    def read_only(folder):
        folders.append(folder)
        for path in [folder, *folder.rglob("*")]:
            path.chmod(path.stat().st_mode & ~0o222)

    yield read_only
    for folder in folders:
        folder.chmod(0o755)
        for path in folder.rglob("*"):
            path.chmod(0o755)


@LINUX
def test_a_read_only_checkout_runs_and_writes_elsewhere_only(read_only, tmp_path):
    checkout = tmp_path / "checkout"
    for part in ("notebooks", "helpers", "tools", "images"):
        shutil.copytree(
            run_course.ROOT / part,
            checkout / part,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    shutil.copy(run_course.ROOT / "requirements.txt", checkout)
    read_only(checkout)
    before = {path: path.stat().st_mtime_ns for path in checkout.rglob("*")}
    options = {
        "capture_output": True,
        "text": True,
        "preexec_fn": without_power,
        "timeout": 120,
        "env": os.environ | {"PYTHONPATH": str(checkout)},
        "cwd": checkout,
    }
    command = [sys.executable, "-m", "tools", "run", "02"]
    refused = subprocess.run(command, **options)
    assert refused.returncode == 1
    assert (
        refused.stdout.startswith("Stopped: [Errno 13] Permission denied: ")
        and "--output" in refused.stdout
    )
    assert "Traceback" not in refused.stdout + refused.stderr
    done = subprocess.run([*command, "--output", tmp_path / "build"], **options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "build" / "02_pca.html").exists()
    assert {path: path.stat().st_mtime_ns for path in checkout.rglob("*")} == before


@LINUX
def test_storing_in_a_read_only_folder_keeps_the_old_notebook_and_says_what_to_do(
    course, start, read_only, tmp_path
):
    write, _ = course
    write("01_good.ipynb", *GOOD)
    before = (tmp_path / "notebooks" / "01_good.ipynb").read_bytes()
    read_only(tmp_path / "notebooks")
    process = start("--store", preexec_fn=without_power)
    said, _ = process.communicate(timeout=90)
    assert process.returncode == 1
    assert (
        f"Permission denied: '{tmp_path / 'notebooks' / '01_good.ipynb'}'"
        in said.replace("\n", "")
    )
    assert [path.read_bytes() for path in (tmp_path / "notebooks").iterdir()] == [
        before
    ]


def test_a_disk_that_is_full_is_named_and_keeps_what_was_there(
    course, tmp_path, monkeypatch, capsys
):
    write, run = course
    write("01_good.ipynb", *GOOD)
    write("02_large.ipynb", *GOOD)
    written = type(tmp_path).write_text

    def until_full(path, text, **options):
        if path.name.startswith("02_large"):
            written(path, text[:100], **options)  # a part of it still found room
            raise OSError(errno.ENOSPC, "No space left on device")
        return written(path, text, **options)

    monkeypatch.setattr(type(tmp_path), "write_text", until_full)
    assert run() == 1
    said = capsys.readouterr().out
    assert (
        "Stopped: [Errno 28] No space left on device: " in said
        and "02_large.ipynb" in said
        and "Make room" in said
    )
    assert {path.name for path in (tmp_path / "build").iterdir()} == {
        "01_good.ipynb",
        "01_good.html",
        *SUMMARY,
    }
    assert summary(tmp_path) == [("01_good", "passed"), ("all", "passed")]


@pytest.mark.parametrize(
    "requirements, said",
    [
        ("nbclient~=0.11.0\nno-such-package~=1.0\n", "no-such-package~=1.0 is missing"),
        (
            "numpy~=1.26    # arrays\n",
            f"numpy~=1.26 is needed, {version('numpy')} is installed",
        ),
        (
            "numpy\nno-such-package\nseaborn<0.5\n",
            "no-such-package is missing; seaborn<0.5 is needed",
        ),
    ],
)
def test_missing_and_wrong_packages_are_told_in_one_line_with_the_remedy(
    tmp_path, requirements, said
):
    shutil.copytree(run_course.ROOT / "tools", tmp_path / "tools")
    (tmp_path / "requirements.txt").write_text(requirements)
    done = subprocess.run(
        [sys.executable, "-m", "tools", "run"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1
    assert line.startswith(said)
    assert line.endswith(f"{sys.executable} -m pip install -r requirements.txt")


@pytest.mark.parametrize(
    "target", ["tests/test_checks.py", "notebooks/01_gradient_descent.ipynb"]
)
def test_pytest_too_tells_in_one_line_which_package_is_missing(tmp_path, target):
    for part in ("tests", "tools", "notebooks"):
        shutil.copytree(
            run_course.ROOT / part,
            tmp_path / part,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    shutil.copy(run_course.ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "requirements-dev.txt").write_text("no-such-package~=1.0\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", target],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert done.stdout == "" and len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(
        "no-such-package~=1.0 is missing. To mend it, run in the folder of the course: "
    )


def test_a_missing_package_is_told_before_it_is_imported(tmp_path):
    for package in ("nbclient", "rich"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("raise SystemExit('imported')")
    (tmp_path / "packaging.py").write_text("raise ModuleNotFoundError")
    done = subprocess.run(
        [sys.executable, "-m", "tools", "run"],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )
    assert (
        done.stderr.startswith("packaging is missing. To mend it")
        and done.returncode == 1
    )


def test_the_packages_of_this_environment_are_those_that_the_course_needs():
    assert dependencies.faults(run_course.ROOT / "requirements-dev.txt") == []
    assert set(dependencies.requirements(run_course.ROOT / "requirements.txt")) < set(
        dependencies.requirements(run_course.ROOT / "requirements-dev.txt")
    )


def test_other_files_called_summary_stay(course, tmp_path):
    write, run = course
    write("01_good.ipynb", *GOOD)
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "summary.docx").write_text("mine")
    assert run() == 0
    assert (tmp_path / "build" / "summary.docx").read_text() == "mine"


def test_a_solution_that_leaves_its_check_waiting_is_a_failure(course, capsys):
    write, run = course
    write(
        "01_waiting.ipynb",
        "from helpers.checks import check_exercise",
        "check_exercise('1.1', lambda: gradeint, 2)",
    )
    assert run() == 1
    assert (
        "○ Exercise 1.1 is waiting for your answer: gradeint is not defined."
        in capsys.readouterr().out
    )


def test_a_kernel_that_does_not_start_is_a_failure_of_its_chapter(
    course, monkeypatch, capsys
):
    write, run = course
    write("01_good.ipynb", *GOOD)

    def refuse(*_, **__):
        raise RuntimeError("no kernel today")

    monkeypatch.setattr(run_course.NotebookClient, "execute", refuse)
    assert run() == 1
    said = capsys.readouterr().out
    assert (
        "01_good.ipynb failed in code cell 0 of 2: its kernel did not start: no kernel today"
        in said
    )


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "latin-1"])
def test_a_console_that_knows_few_signs_is_enough(course, start, tmp_path, encoding):
    write, _ = course
    write("01_good.ipynb", *GOOD)
    write("02_bad.ipynb", *GOOD, "raise ValueError('… ✓ ○ ─ ∇')")
    process = start(
        "--output",
        tmp_path / "build",
        env=os.environ | {"PYTHONIOENCODING": encoding},
        encoding=encoding,
    )
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "01_good ?" in said and "ValueError: ? " in said
    assert "UnicodeEncodeError" not in said and "passed" in said


def test_unknown_chapter_is_named(course):
    write, run = course
    write("01_good.ipynb", *GOOD)
    with pytest.raises(SystemExit, match=r"No chapter 07 in .*There are: 01_good"):
        run("07")


def test_one_chapter_can_be_chosen(course, tmp_path):
    write, run = course
    write("01_bad.ipynb", "1 / 0")
    write("02_good.ipynb", *GOOD)
    assert run("02") == 0


def test_storing_twice_gives_the_same_file_without_traces_of_the_machine(
    course, tmp_path
):
    write, run = course
    write("01_good.ipynb", *GOOD, FIGURE, SLIDER)
    path = tmp_path / "notebooks" / "01_good.ipynb"
    assert run("--store") == 0
    first = path.read_bytes()
    assert run("--store") == 0
    assert path.read_bytes() == first
    stored = json.loads(first)
    assert stored["metadata"]["language_info"] == {"name": "python"}
    assert "widget" not in first.decode().replace("ipywidgets", "")
    assert "Slider for height" in first.decode()
    assert not (tmp_path / "build").exists()


def test_full_settings_and_headline_results_are_known_for_every_chapter():
    chapters = run_course.find_chapters([], run_course.ROOT / "notebooks")
    assert (
        set(full_settings.SETTINGS)
        == set(full_settings.HEADLINES)
        == {path.stem for path in chapters}
    )
    for path in chapters:
        notebook = full_settings.at_full_settings(
            nbformat.read(path, as_version=4), path.stem
        )
        constants = [cell for cell in notebook.cells if cell.cell_type == "code"][
            1
        ].source
        assert all(
            f"{name} = {value} " in constants
            for name, value in full_settings.SETTINGS[path.stem].items()
        )
        compile(notebook.cells[-1].source, path.stem, "exec")
        assert "checkpoint(" in notebook.cells[-1].source


@pytest.fixture
def chapter_with_epochs(course, monkeypatch):
    write, run = course
    monkeypatch.setitem(full_settings.SETTINGS, "01_short", {"EPOCHS": 200})
    monkeypatch.setitem(
        full_settings.HEADLINES, "01_short", "checkpoint('200 epochs', epochs == 200)"
    )

    def run_with(constants):
        write("01_short.ipynb", GOOD[0], constants, "epochs = EPOCHS")
        return run("--full")

    return run_with


def test_full_run_uses_the_full_settings_and_checks_the_headline_results(
    chapter_with_epochs, tmp_path
):
    assert chapter_with_epochs("SEED = 1\nEPOCHS = 10    # the source: 200") == 0
    executed = nbformat.read(tmp_path / "build" / "01_short.ipynb", as_version=4)
    assert executed.cells[1].source == "SEED = 1\nEPOCHS = 200    # the source: 200"
    assert executed.cells[3].outputs[0].text == "✓ 200 epochs\n"


def test_full_run_reports_a_headline_result_that_is_not_reached(
    chapter_with_epochs, monkeypatch, capsys
):
    monkeypatch.setitem(
        full_settings.HEADLINES, "01_short", "checkpoint('201 epochs', epochs == 201)"
    )
    assert chapter_with_epochs("SEED = 1\nEPOCHS = 10") == 1
    assert "This is not true: 201 epochs" in capsys.readouterr().out


def test_full_settings_that_no_cell_sets_are_named(chapter_with_epochs):
    with pytest.raises(
        ValueError,
        match="01_short sets EPOCHS 0 times in its constants cell, expected once",
    ):
        chapter_with_epochs("SEED = 1")


def test_full_results_go_to_a_folder_of_their_own(course, monkeypatch, tmp_path):
    monkeypatch.setattr(run_course, "ROOT", tmp_path)
    monkeypatch.setitem(full_settings.SETTINGS, "01_good", {})
    monkeypatch.setitem(
        full_settings.HEADLINES, "01_good", "checkpoint('still here', True)"
    )
    course[0]("01_good.ipynb", *GOOD)
    assert run_course.main(["--full", "--notebooks", str(tmp_path / "notebooks")]) == 0
    assert (tmp_path / "build" / "full" / "01_good.html").exists()


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file.ipynb"
    path.write_text("old")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run_course.os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        run_course.write(path, "new")
    assert path.read_text() == "old"
    assert [found.name for found in tmp_path.iterdir()] == ["file.ipynb"]
