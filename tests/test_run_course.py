"""`make run` on small notebooks made here: what it writes, what it says, and what it does when something goes wrong."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time

import full_settings
import nbformat
import pytest
import run_course
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

GOOD = ["from helpers.checks import checkpoint", "checkpoint('one and one is two', 1 + 1 == 2)"]
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
        cells = [cell if isinstance(cell, dict) else new_code_cell(cell) for cell in cells]
        nbformat.write(new_notebook(cells=cells), tmp_path / "notebooks" / name)

    def run(*arguments):
        return run_course.main([*arguments, "--notebooks", str(tmp_path / "notebooks"),
                                "--output", str(tmp_path / "build")])

    return write, run


def test_writes_notebook_and_page_and_a_summary(course, tmp_path, capsys):
    write, run = course
    write("01_good.ipynb", new_markdown_cell("# Title\n\n$x^2$ and [next](02_more.ipynb)"), *GOOD, FIGURE)
    assert run() == 0
    assert {path.name for path in (tmp_path / "build").iterdir()} == {"01_good.ipynb", "01_good.html"}
    executed = nbformat.read(tmp_path / "build" / "01_good.ipynb", as_version=4)
    assert executed.cells[2].outputs[0].text == "✓ one and one is two\n"
    summary = capsys.readouterr().out
    assert re.search(r"01_good\s*│\s*3\s*│\s*1\s*│\s*\d+\s*│\s*\d+\s*│\s*passed", summary)


def test_page_needs_no_network_and_keeps_alt_text_and_formulas(course, tmp_path):
    write, run = course
    write("01_good.ipynb", new_markdown_cell("# Title\n\n$x^2$ and [next](02_more.ipynb)"), FIGURE)
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
    write("01_good.ipynb", new_markdown_cell("![a small\ndot](../images/dot.png) and [the same](../images/dot.png)"))
    assert run() == 0
    page = BeautifulSoup((tmp_path / "build" / "01_good.html").read_bytes(), "html.parser")
    assert page.img["src"] == "data:image/png;base64," + base64.b64encode(b"a picture").decode()
    assert page.img["alt"] == "a small\ndot"
    assert page.find("a", string="the same")["href"] == "../images/dot.png"


def test_page_holds_the_pictures_in_the_folder_of_the_notebooks(course, tmp_path):
    write, run = course
    (tmp_path / "notebooks" / "dot.png").write_bytes(b"a picture")
    write("01_good.ipynb", new_markdown_cell("![a small dot](dot.png)"))
    assert run() == 0
    page = BeautifulSoup((tmp_path / "build" / "01_good.html").read_bytes(), "html.parser")
    assert page.img["src"] == "data:image/png;base64," + base64.b64encode(b"a picture").decode()


def test_page_says_so_when_a_figure_has_no_description(course, tmp_path):
    write, run = course
    write("01_plain.ipynb", "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")
    run()
    picture = BeautifulSoup((tmp_path / "build" / "01_plain.html").read_bytes(), "html.parser").img
    assert picture["alt"] == "No description has been provided for this image"   # nbconvert's words
    assert not picture.has_attr("width")


def test_page_keeps_quotes_and_brackets_of_a_description(course, tmp_path):
    write, run = course
    write("01_quotes.ipynb", FIGURE.replace("A line", "A \\\"line\\\" <i>"))
    run()
    picture = BeautifulSoup((tmp_path / "build" / "01_quotes.html").read_bytes(), "html.parser").img
    assert picture["alt"] == 'A "line" <i> that rises from left to right.'


def test_peak_memory_is_that_of_the_kernel(course, tmp_path):
    write, run = course
    write("01_small.ipynb", "import time; time.sleep(0.5)")
    write("02_large.ipynb", "import time; data = bytearray(b'1' * 300 * 2**20); time.sleep(0.5)")
    _, small = run_course.execute(tmp_path / "notebooks" / "01_small.ipynb")
    _, large = run_course.execute(tmp_path / "notebooks" / "02_large.ipynb")
    assert 250 < large.peak_megabytes - small.peak_megabytes < 700


def test_failure_names_chapter_cell_and_claim_and_the_rest_goes_on(course, tmp_path, capsys):
    write, run = course
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "01_bad.html").write_text("of an earlier run")
    write("01_bad.ipynb", GOOD[0], "checkpoint('[two] is three', 2 == 3)", "print('never')")
    write("02_good.ipynb", *GOOD)
    assert run() == 1
    said = capsys.readouterr().out
    assert "Chapter 01_bad.ipynb failed in code cell 2 of 3: AssertionError: This is not true: [two] is three" in said
    assert "checkpoint('[two] is three', 2 == 3)" in said
    assert {path.name for path in (tmp_path / "build").iterdir()} == {"02_good.ipynb", "02_good.html"}


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


def test_killed_kernel_is_reported_within_seconds(course, tmp_path, capsys):
    write, run = course
    write("01_killed.ipynb", "import os; os.write(2, b'last words'); os._exit(9)")
    write("02_good.ipynb", *GOOD)
    begin = time.monotonic()
    assert run() == 1
    assert time.monotonic() - begin < 60
    said = capsys.readouterr().out
    assert "Chapter 01_killed.ipynb failed in code cell 1 of 1: its kernel died" in said
    assert "last words" in said
    assert not list((tmp_path / "build").glob("*"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for another process")
def test_interrupt_stops_the_run_and_leaves_no_half_written_file(course, tmp_path):
    write, _ = course
    begun = tmp_path / "begun"
    write("01_slow.ipynb", f"import pathlib, time; pathlib.Path({str(begun)!r}).touch(); time.sleep(100)")
    process = subprocess.Popen(
        [sys.executable, run_course.__file__, "--notebooks", tmp_path / "notebooks", "--output", tmp_path / "build"],
        stdout=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))   # this one may run where it is ignored
    try:
        deadline = time.monotonic() + 90
        while not begun.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Stopped." in said
    assert not list(tmp_path.glob("build/*"))


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


def test_storing_twice_gives_the_same_file_without_traces_of_the_machine(course, tmp_path):
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
    assert set(full_settings.SETTINGS) == set(full_settings.HEADLINES) == {path.stem for path in chapters}
    for path in chapters:
        notebook = full_settings.at_full_settings(nbformat.read(path, as_version=4), path.stem)
        constants = [cell for cell in notebook.cells if cell.cell_type == "code"][1].source
        assert all(f"{name} = {value} " in constants for name, value in full_settings.SETTINGS[path.stem].items())
        compile(notebook.cells[-1].source, path.stem, "exec")
        assert "checkpoint(" in notebook.cells[-1].source


@pytest.fixture
def chapter_with_epochs(course, monkeypatch):
    write, run = course
    monkeypatch.setitem(full_settings.SETTINGS, "01_short", {"EPOCHS": 200})
    monkeypatch.setitem(full_settings.HEADLINES, "01_short", "checkpoint('200 epochs', epochs == 200)")

    def run_with(constants):
        write("01_short.ipynb", GOOD[0], constants, "epochs = EPOCHS")
        return run("--full")

    return run_with


def test_full_run_uses_the_full_settings_and_checks_the_headline_results(chapter_with_epochs, tmp_path):
    assert chapter_with_epochs("SEED = 1\nEPOCHS = 10    # the source: 200") == 0
    executed = nbformat.read(tmp_path / "build" / "01_short.ipynb", as_version=4)
    assert executed.cells[1].source == "SEED = 1\nEPOCHS = 200    # the source: 200"
    assert executed.cells[3].outputs[0].text == "✓ 200 epochs\n"


def test_full_run_reports_a_headline_result_that_is_not_reached(chapter_with_epochs, monkeypatch, capsys):
    monkeypatch.setitem(full_settings.HEADLINES, "01_short", "checkpoint('201 epochs', epochs == 201)")
    assert chapter_with_epochs("SEED = 1\nEPOCHS = 10") == 1
    assert "This is not true: 201 epochs" in capsys.readouterr().out


def test_full_settings_that_no_cell_sets_are_named(chapter_with_epochs):
    with pytest.raises(ValueError, match="01_short sets EPOCHS 0 times in its constants cell, expected once"):
        chapter_with_epochs("SEED = 1")


def test_full_results_go_to_a_folder_of_their_own(course, monkeypatch, tmp_path):
    monkeypatch.setattr(run_course, "ROOT", tmp_path)
    monkeypatch.setitem(full_settings.SETTINGS, "01_good", {})
    monkeypatch.setitem(full_settings.HEADLINES, "01_good", "checkpoint('still here', True)")
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
