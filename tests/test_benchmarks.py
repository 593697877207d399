"""The benchmarks: what they keep, what they fit, and what their driver does when one fails or hangs."""

import json
import os
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from helpers.datasets import Mnist
from tests.audit.benchmarks import course, growth, loading, results, run_benchmarks
from tools.run_course import Result

BENCHMARKS = run_benchmarks.SCRIPTS
COLUMNS = {"what": "", "seconds": ".2f", "times": ",d"}
ROWS = [["a | b", np.float32(0.125), np.int64(2_000)], ["c", None, 3]]


@pytest.fixture
def keep(tmp_path):
    """Return a function that keeps a small table, with a goal of at most 1, under a name."""

    def keep(name, rows=ROWS, value=0.5):
        return results.keep(
            name,
            f"Title of {name}",
            COLUMNS,
            rows,
            facts="2 CPUs",
            notes=["A note."],
            verdicts=[results.verdict("seconds", value, at_most=1)],
            folder=tmp_path / "benchmarks",
        )

    return keep


def test_json_markdown_and_the_printed_table_say_the_same(keep, tmp_path, capsys):
    assert keep("small") is True
    record = json.loads(
        (tmp_path / "benchmarks" / "small.json").read_text(encoding="utf-8")
    )
    section = (tmp_path / "benchmarks" / "small.md").read_text(encoding="utf-8")
    printed = capsys.readouterr().out
    assert record["rows"] == [["a | b", 0.125, 2000], ["c", None, 3]]
    assert record["verdicts"][0]["line"] == "seconds: 0.50 (wanted: at most 1) reached"
    assert (
        "| what | seconds | times |\n| --- | ---: | ---: |\n| a \\| b | 0.12 | 2,000 |\n| c | – | 3 |\n"
        in section
    )
    for text in (
        record["title"],
        record["verdicts"][0]["line"],
        *record["notes"],
        record["facts"],
        record["measured"],
    ):
        assert text in section and text in printed
    for cell in ("what", "seconds", "times", "a | b", "0.12", "2,000"):
        assert cell in printed


def test_page_holds_every_table(keep, tmp_path):
    keep("first")
    keep("second", [["only here", 1.0, 1]])
    page = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    for name in ("first", "second"):
        assert (tmp_path / "benchmarks" / f"{name}.md").read_text(
            encoding="utf-8"
        ) in page
    assert page.count("only here") == 1


@pytest.mark.parametrize("rows", [[["not a number", np.nan, 1]], [["too short", 1.0]]])
def test_what_cannot_be_kept_leaves_the_earlier_results_whole(keep, tmp_path, rows):
    keep("small")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    with pytest.raises(ValueError):
        keep("small", rows)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


@pytest.mark.parametrize(
    "value, reached",
    [(0.89, False), (0.9, True), (1.1, True), (1.11, False), (np.nan, False)],
)
def test_verdict_holds_a_value_to_both_bounds(value, reached):
    found = results.verdict("exponent", value, at_least=0.9, at_most=1.1, error=0.034)
    assert found["reached"] is reached
    assert found["line"] == (
        f"exponent: {value:.2f} ± 0.03 (wanted: at least 0.9 and at most 1.1) "
        + ("reached" if reached else "missed")
    )


def test_a_missed_goal_is_not_kept_as_reached(keep):
    assert keep("slow", value=2.0) is False


def test_each_round_calls_every_action_once_after_a_warm_up():
    calls = []
    seconds = results.time_rounds(
        {name: lambda name=name: calls.append(name) for name in "abc"}, 4
    )
    assert [sorted(calls[i : i + 3]) for i in range(0, len(calls), 3)] == [
        ["a", "b", "c"]
    ] * 5
    assert {name: len(values) for name, values in seconds.items()} == {
        "a": 4,
        "b": 4,
        "c": 4,
    }


def test_exponent_of_a_known_power():
    sizes = np.array([100, 200, 400, 800, 1600])
    power, error = growth.exponent(sizes, 3e-4 * sizes**1.3)
    assert power == pytest.approx(1.3) and error == pytest.approx(0, abs=1e-6)
    assert growth.exponent(sizes, 3e-4 * sizes**1.3 * [1, 1.1, 1, 1.1, 1])[1] > 0.01


def test_growth_compares_each_size_with_the_one_before():
    series = [(100, 8), (200, 8), (400, 8)]
    seconds = {
        series[0]: np.array([1.0, 2, 3]),
        series[1]: np.array([2.0, 5, 6]),
        series[2]: np.array([6.0, 14, 18]),
    }
    assert growth.rows("samples", series, seconds) == [
        ["samples", 100, 8, 2, 1, 3, None],
        ["samples", 200, 8, 5, 2, 6, 2],
        ["samples", 400, 8, 14, 6, 18, 3],
    ]


def test_loaders_are_compared_array_by_array(tmp_path):
    images, labels = (
        np.arange(24, dtype=np.uint8).reshape(2, 3, 4),
        np.array([7, 1], np.uint8),
    )
    mnist = Mnist(images, labels, images[:1], labels[:1])
    loaders = loading.file_loaders(mnist, tmp_path)
    loading.check_equal(mnist, loaders)
    assert len(loaders) == 2
    for other in (
        mnist._replace(x_test=images[1:]),
        mnist._replace(y_train=labels.astype(int)),
    ):
        with pytest.raises(AssertionError, match="np.load"):
            loading.check_equal(other, loaders)


def test_every_room_is_imported_and_so_is_nothing_at_all():
    names = set(loading.importers())
    assert {"", "import helpers", "import helpers.plotting", loading.ALL_ROOMS} <= names
    assert not any("._" in name for name in names)


@pytest.mark.parametrize(
    "change, missed",
    [
        ({}, []),
        ({"seconds": 121.0}, ["seconds of 01_short"]),
        ({"chapter": "05_keras_cnn", "seconds": 179.0}, []),
        ({"peak_megabytes": 1501.0}, ["peak MB"]),
        ({"failure": "it broke"}, ["chapters that failed"]),
    ],
)
def test_chapters_are_held_to_their_budgets(change, missed):
    usual = {"chapter": "01_short", "seconds": 100.0, "peak_megabytes": 900.0}
    found = course.verdicts([Result(**usual | change), Result("02_more", seconds=50.0)])
    assert [
        verdict["line"].split(":")[0] for verdict in found if not verdict["reached"]
    ] == missed


def test_the_course_as_a_whole_is_held_to_its_budget():
    assert not all(
        verdict["reached"]
        for verdict in course.verdicts(
            [Result(f"{i}", seconds=110.0) for i in range(4)]
        )
    )


HANGING = """
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"])
pathlib.Path(__file__).with_name("child").write_text(str(child.pid))
time.sleep(100)
"""


def ended(pid):
    """Wait for a process that was killed; a zombie has ended, too."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


def test_driver_reports_what_fails_hangs_or_misses_its_goal_and_goes_on(
    keep, tmp_path, monkeypatch, capsys
):
    folder = tmp_path / "benchmarks"
    kept = f"import pathlib; pathlib.Path({str(folder)!r}, pathlib.Path(__file__).stem + '.json').touch(); exit(%d)"
    scripts = {
        "crashing": "1 / 0",
        "hanging": HANGING,
        "silent": "",
        "dying": kept % 9,
        "missing": kept % 1,
        "good": kept % 0,
    }
    for name, source in scripts.items():
        keep(name)
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
    run = run_benchmarks.run
    monkeypatch.setattr(
        run_benchmarks,
        "run",
        lambda name, limit: run(name, limit, scripts=tmp_path, folder=folder),
    )
    monkeypatch.setattr(
        run_benchmarks,
        "LIMITS",
        {name: 3 if name == "hanging" else 60 for name in scripts},
    )

    assert run_benchmarks.main([]) == 1
    said = capsys.readouterr().out
    for line in (
        "crashing: no result, exit status 1",
        "hanging: no result after 3 seconds",
        "silent: no result, exit status 0",
        "dying: no result, exit status 9",
        "missing: a goal missed",
        "good: all goals reached",
    ):
        assert line in said
    page = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    for name in (
        "crashing",
        "hanging",
        "silent",
        "dying",
    ):  # no earlier result passes for a new one
        assert f"## {name}: no result" in page and f"Title of {name}" not in page
    assert "Title of missing" in page and "Title of good" in page
    assert ended(int((tmp_path / "child").read_text()))
    assert run_benchmarks.main(["good"]) == 0


def test_interrupted_driver_leaves_earlier_results(keep, tmp_path, monkeypatch):
    keep("growth")
    before = (tmp_path / "benchmarks.md").read_bytes()

    def interrupt(script, limit):
        raise KeyboardInterrupt

    run = run_benchmarks.run
    monkeypatch.setattr(run_benchmarks, "_status", interrupt)
    monkeypatch.setattr(
        run_benchmarks,
        "run",
        lambda name, limit: run(name, limit, folder=tmp_path / "benchmarks"),
    )
    assert run_benchmarks.main(["growth"]) == 130
    assert (tmp_path / "benchmarks.md").read_bytes() == before


def test_driver_names_the_benchmarks_and_has_a_script_for_each(capsys):
    with pytest.raises(SystemExit):
        run_benchmarks.main(["unknown"])
    assert "no benchmark unknown; there are: course, loading" in capsys.readouterr().err
    assert all(
        (run_benchmarks.SCRIPTS / f"{name}.py").exists()
        for name in run_benchmarks.LIMITS
    )


@pytest.mark.parametrize(
    "script", sorted(BENCHMARKS.glob("[!_]*.py")), ids=lambda path: path.stem
)
def test_a_script_starts_in_a_process_of_its_own(script, tmp_path):
    arguments = ["--help"] if script.stem != "results" else []
    done = subprocess.run(
        [sys.executable, script, *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert script.stem == "results" or done.stdout.startswith("usage: ")


@pytest.mark.parametrize(
    "command",
    ["tools", "tools run", "tools site", "tests.audit.portable", "tests.audit.mutate"],
)
@pytest.mark.parametrize("safe_path", ["", "1"])
def test_a_command_starts_in_a_process_of_its_own(command, safe_path, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", *command.split(), "--help"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONSAFEPATH": safe_path},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: ")
