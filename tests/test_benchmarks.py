"""The benchmarks: what they report and fit, and how their driver handles failures."""

import json
import os
import subprocess
import sys
import time
from contextlib import suppress

import numpy as np
import psutil
import pytest

from helpers.datasets import Mnist
from tests.audit.benchmarks import course, growth, loading, results, run_benchmarks
from tests.audit.benchmarks import time_to_accuracy as race
from tools.run_course import Result

COLUMNS = {"what": "", "seconds": ".2f", "times": ",d"}
ROWS = [["a | b", np.float32(0.125), np.int64(2_000)], ["c", None, 3]]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "benchmarks"


@pytest.fixture
def report(folder):
    """Return a function that reports a small table, with a goal of at most 1."""

    def report(name, rows=ROWS, value=0.5):
        goals, title = [results.verdict("s", value, at_most=1)], f"Title of {name}"
        return results.report(
            name, title, COLUMNS, rows, goals, ["A note."], folder=folder
        )

    return report


def test_files_page_and_screen_say_the_same(report, folder, capsys):
    assert report("small") == 0
    assert report("second", [["only here", 1.0, 1]], value=2.0) == 1  # goal missed
    record = json.loads((folder / "small.json").read_text(encoding="utf-8"))
    section = (folder / "small.md").read_text(encoding="utf-8")
    page = folder.with_suffix(".md").read_text(encoding="utf-8")
    printed = capsys.readouterr().out
    assert record["rows"] == [["a | b", 0.125, 2000], ["c", None, 3]]
    assert (
        "| --- | ---: | ---: |\n| a \\| b | 0.12 | 2,000 |\n| c | – | 3 |\n" in section
    )
    said = ["Title of small", "s: 0.50 (wanted: at most 1) reached", "A note."]
    for text in (*said, record["facts"], record["measured"], "0.12", "2,000", "times"):
        assert text in section and text in printed
    assert section in page and page.count("only here") == 1


@pytest.mark.parametrize("rows", [[["not a number", np.nan, 1]], [["too short", 1.0]]])
def test_a_bad_table_leaves_earlier_results_whole(report, tmp_path, rows):
    report("small")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    with pytest.raises(ValueError):
        report("small", rows)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


@pytest.mark.parametrize("value", [0.89, 0.9, 1.1, 1.11, np.nan])
def test_verdict_holds_a_value_to_both_bounds(value):
    found = results.verdict("exponent", value, at_least=0.9, at_most=1.1, error=0.034)
    assert found["reached"] is (value in (0.9, 1.1))
    outcome = "reached" if found["reached"] else "missed"
    wanted = "(wanted: at least 0.9 and at most 1.1)"
    assert found["line"] == f"exponent: {value:.2f} ± 0.03 {wanted} {outcome}"


def test_each_round_calls_every_action_once_after_a_warm_up():
    calls = []
    actions = {name: lambda name=name: calls.append(name) for name in "abc"}
    results.time_rounds(actions, 4)
    rounds = [sorted(calls[i : i + 3]) for i in range(0, len(calls), 3)]
    assert rounds == [["a", "b", "c"]] * 5


def test_a_warm_up_is_not_among_the_results():
    waits = iter([0.2, 0, 0, 0])
    (seconds,) = results.time_rounds({"": lambda: time.sleep(next(waits))}, 3).values()
    assert len(seconds) == 3 and seconds.max() < 0.1


def test_exponent_of_a_known_power():
    sizes = np.array([100, 200, 400, 800, 1600])
    power, error = growth.exponent(sizes, 3e-4 * sizes**1.3)
    assert power == pytest.approx(1.3) and error == pytest.approx(0, abs=1e-6)
    assert growth.exponent(sizes, 3e-4 * sizes**1.3 * [1, 1.1, 1, 1.1, 1])[1] > 0.01


def test_growth_compares_each_size_with_the_one_before():
    times = {100: [1.0, 2, 3], 200: [2.0, 5, 6], 400: [6.0, 14, 18]}
    seconds = {(size, 8): np.array(values) for size, values in times.items()}
    assert growth.rows("samples", list(seconds), seconds) == [
        ["samples", 100, 8, 2, 1, 3, None],
        ["samples", 200, 8, 5, 2, 6, 2],
        ["samples", 400, 8, 14, 6, 18, 3],
    ]


def test_times_to_an_accuracy_are_compared_run_by_run():
    runs = [
        {"ours": (1.0, 0.98, 1), "rival": (6.0, 0.99, 4)},
        {"ours": (2.0, 1.00, 1), "rival": (8.0, 0.99, 6)},
    ]
    means = [[0.99, "ours", 1, 0.99, 1.5], [0.99, "rival", 5, 0.99, 7]]
    assert race.rows({0.99: runs}) == means
    assert race.ratio(runs, "rival") == 5  # not 7 / 1.5
    assert race.CHAPTER.exists()


def test_loaders_are_compared_array_by_array(tmp_path):
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    labels = np.array([7, 1], np.uint8)
    mnist = Mnist(images, labels, images[:1], labels[:1])
    loaders = loading.file_loaders(mnist, tmp_path)
    loading.check_equal(mnist, loaders)
    assert len(loaders) == 2
    for other in ({"x_test": images[1:]}, {"y_train": labels.astype(int)}):
        with pytest.raises(AssertionError, match="np.load"):
            loading.check_equal(mnist._replace(**other), loaders)


def test_every_module_is_imported_and_so_is_nothing_at_all():
    names = set(loading.importers())
    imported = {"", "import helpers", "import helpers.plotting", loading.ALL_MODULES}
    assert imported <= names
    assert not any("._" in name for name in names)


def missed(*results):
    goals = course.verdicts(results)
    return [goal["line"].split(":")[0] for goal in goals if not goal["reached"]]


def test_chapters_and_course_are_held_to_their_budgets():
    usual = {"chapter": "01_short", "seconds": 100.0, "peak_megabytes": 900.0}
    assert missed(Result(**usual)) == []
    assert missed(Result(**usual | {"seconds": 121.0})) == ["seconds of 01_short"]
    assert missed(Result("05_keras_cnn", seconds=179.0)) == []
    assert missed(Result(**usual | {"peak_megabytes": 1501.0})) == ["peak MB"]
    assert missed(Result("01_short", failure="it broke")) == ["chapters that failed"]
    four = [Result(f"{i}", seconds=110.0) for i in range(4)]
    assert missed(*four) == ["seconds of these chapters together"]


HANGING = """
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"])
pathlib.Path(__file__).with_name("child").write_text(str(child.pid))
time.sleep(100)
"""
WRITES = "import pathlib; pathlib.Path(__file__.replace('.py', '.json')).touch(); "
SCRIPTS = {
    "crashing": ("1 / 0", "no result, exit status 1"),
    "hanging": (HANGING, "no result, after 3 seconds"),
    "silent": ("", "no result, exit status 0"),
    "dying": (f"{WRITES}exit(9)", "no result, exit status 9"),
    "missing": (f"{WRITES}exit(1)", "a goal missed"),
    "good": (f"{WRITES}exit(0)", "all goals reached"),
}


@pytest.fixture
def driver(folder, monkeypatch):
    """The driver of the benchmarks, with scripts and results in a folder of its own."""
    monkeypatch.setattr(run_benchmarks, "SCRIPTS", folder)
    monkeypatch.setattr(run_benchmarks, "FOLDER", folder)
    limits = dict.fromkeys(SCRIPTS, 60) | {"hanging": 3}
    monkeypatch.setattr(run_benchmarks, "LIMITS", limits)
    return run_benchmarks


def ended(pid):
    """Wait until a process has ended; a zombie has."""
    for _ in range(200):
        with suppress(psutil.NoSuchProcess):
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.05)
                continue
        return True
    return False


def test_driver_tells_what_went_wrong_and_goes_on(report, folder, driver, capsys):
    for name, (source, _) in SCRIPTS.items():
        report(name)
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    assert driver.main([]) == 1
    said = capsys.readouterr().out
    page = folder.with_suffix(".md").read_text(encoding="utf-8")
    for name, (_, outcome) in SCRIPTS.items():
        assert f"{name}: {outcome}" in said
        # no earlier result passes for a new one
        assert (f"## {name}: no result" in page) == outcome.startswith("no result")
        assert (f"Title of {name}" in page) != outcome.startswith("no result")
    assert ended(int((folder / "child").read_text()))
    assert driver.main(["good"]) == 0


def test_interrupted_driver_leaves_earlier_results(report, folder, driver, monkeypatch):
    def interrupt(script, limit):
        raise KeyboardInterrupt

    report("good")
    before = folder.with_suffix(".md").read_bytes()
    monkeypatch.setattr(driver, "_status", interrupt)
    assert driver.main(["good"]) == 130
    assert folder.with_suffix(".md").read_bytes() == before


def test_driver_names_the_benchmarks_that_there_are(capsys):
    with pytest.raises(SystemExit):
        run_benchmarks.main(["unknown"])
    assert "no benchmark unknown; there are: course, loading" in capsys.readouterr().err


def start(folder, *command, **environment):
    """Start a program with `--help` in another folder; it must print nothing else."""
    done = subprocess.run(
        [sys.executable, *command, "--help"],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: ")


@pytest.mark.parametrize("name", [*run_benchmarks.LIMITS, "run_benchmarks"])
def test_a_benchmark_starts_in_a_process_of_its_own(name, tmp_path):
    start(tmp_path, run_benchmarks.SCRIPTS / f"{name}.py")


COMMANDS = "tools, tools run, tools site, tests.audit.portable, tests.audit.mutate"


@pytest.mark.parametrize("command", COMMANDS.split(", "))
@pytest.mark.parametrize("safe_path", ["", "1"])
def test_a_command_starts_in_a_process_of_its_own(command, safe_path, tmp_path):
    start(tmp_path, "-m", *command.split(), PYTHONSAFEPATH=safe_path)
