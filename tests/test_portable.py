"""`make portable`: how it reads what the runs say, and what it does when one fails, hangs or cannot be run here."""

import json
import subprocess
import sys

import pytest

from tests.audit import portable
from tests.audit.portable import Outcome, Row

PASSED = "........\n161 passed in 12.01s\n"
FAILED = """
FAILED notebooks/02_pca.ipynb::Cell 3
FAILED notebooks/02_pca.ipynb::Cell 7
FAILED tests/test_notebooks.py::test_checkpoints_hold[04_keras_mlp] - AssertionError
3 failed, 158 passed, 2 skipped in 12.01s
"""


def test_what_pytest_says_is_counted():
    assert portable.of_tests(PASSED) == ("5 of 5", "161 of 161 tests")
    assert portable.of_tests(FAILED) == ("3 of 5", "158 of 161 tests")
    assert portable.of_tests("1 passed before\n" + FAILED) == (
        "3 of 5",
        "158 of 161 tests",
    )
    assert portable.of_tests("no tests ran in 0.01s") == ("none", "0 of 0 tests")
    assert portable.of_tests("ERROR notebooks/01_x.ipynb\n3 errors in 0.01s") == (
        "none",
        "0 of 3 tests",
    )


def test_outcomes_add_up_in_the_order_of_the_rows_and_a_later_one_replaces_an_earlier(
    tmp_path,
):
    first, second = portable.ROWS[0].name, portable.ROWS[1].name
    portable.keep(Outcome(second, "5 of 5", "336 checkpoints", 5.1, "passed"), tmp_path)
    portable.keep(Outcome(first, "4 of 5", "1 of 2 tests", 5.0, "failed (1)"), tmp_path)
    rows = portable.keep(
        Outcome(first, "5 of 5", "2 of 2 tests", 5.2, "passed"), tmp_path
    )
    assert rows == [
        [first, "5 of 5", "2 of 2 tests", "5.2", "passed"],
        [second, "5 of 5", "336 checkpoints", "5.1", "passed"],
    ]
    lines = (tmp_path / "summary.md").read_text(encoding="utf-8").splitlines()
    assert lines[2:] == [f"| {' | '.join(row)} |" for row in rows]
    assert set(json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))) == {
        first,
        second,
    }


def test_a_python_is_found_by_its_version_and_missed_in_words(monkeypatch):
    here = "{}.{}".format(*sys.version_info)
    found = portable.find_python(here)
    said = subprocess.run(
        [found, "-c", "import sys; print(sys.version_info[:2])"],
        capture_output=True,
        text=True,
    )
    assert said.stdout.strip() == str(sys.version_info[:2])
    with pytest.raises(portable.CannotRun, match="no Python 3.99 here"):
        portable.find_python("3.99")


def run_command(monkeypatch, tmp_path, code, row=None):
    """Run a row whose command is a Python program of one line."""
    row = row or Row("made up", {"MADE": "up"})
    monkeypatch.setattr(portable, "ROOT", tmp_path)
    monkeypatch.setattr(
        portable,
        "command_for",
        lambda row, python, output: [
            python,
            "-c",
            f"import json, os, pathlib, time; output = pathlib.Path({str(output)!r}); {code}",
        ],
    )
    return portable.run(row, tmp_path)


SUMMARY = (
    "output.mkdir(); (output / 'summary.json').write_text(json.dumps("
    "[{'failure': '', 'checkpoints': 7}, {'failure': os.environ['MADE'], 'checkpoints': 2}]))"
)


def test_a_row_is_run_in_its_environment_and_its_summary_is_read(monkeypatch, tmp_path):
    outcome = run_command(monkeypatch, tmp_path, SUMMARY)
    assert (outcome.chapters, outcome.checks, outcome.result) == (
        "1 of 5",
        "9 checkpoints",
        "passed",
    )


def test_a_row_that_fails_says_where_its_log_is(monkeypatch, tmp_path):
    outcome = run_command(monkeypatch, tmp_path, "print('why'); exit(3)")
    assert outcome.result == "failed (3): see made-up.log"
    assert (tmp_path / "made-up.log").read_text(encoding="utf-8") == "why\n"


def test_a_summary_of_an_earlier_run_is_not_taken_for_the_result(monkeypatch, tmp_path):
    run_command(monkeypatch, tmp_path, SUMMARY)
    assert run_command(monkeypatch, tmp_path, "exit(1)").checks == ""


def test_a_row_that_never_ends_is_stopped(monkeypatch, tmp_path):
    monkeypatch.setattr(portable, "TIME_LIMIT", 1)
    assert run_command(monkeypatch, tmp_path, "time.sleep(100)").result.startswith(
        "failed (stopped after 1 seconds)"
    )


def test_a_row_that_this_machine_cannot_run_says_why_and_does_not_fail(
    monkeypatch, tmp_path
):
    outcome = portable.run(
        Row("another Python", python="3.99", resolution="locked"), tmp_path
    )
    assert outcome == Outcome("another Python", result="not run: no Python 3.99 here")


def test_packages_that_cannot_be_installed_are_a_failure(tmp_path, monkeypatch):
    monkeypatch.setattr(
        portable, "find_python", lambda version: str(tmp_path / "broken")
    )
    (tmp_path / "broken").write_text("#!/bin/sh\necho no luck >&2; exit 1\n")
    (tmp_path / "broken").chmod(0o755)
    outcome = portable.run(Row("broken", python="3.13", resolution="locked"), tmp_path)
    assert outcome.result == "failed: its packages cannot be installed: no luck"


def test_each_row_differs_from_a_plain_run_in_what_its_name_says():
    rows = {row.name: row for row in portable.ROWS}
    assert rows["one thread, strict"].environment == portable.threads(1)
    assert rows["two threads, strict"].environment == portable.threads(2)
    assert rows["OpenBLAS kernels for Haswell"].environment == {
        "OPENBLAS_CORETYPE": "Haswell"
    }
    assert rows["oneDNN off"].environment == {"TF_ENABLE_ONEDNN_OPTS": "0"}
    assert rows["no network"].offline
    for name in ("one thread, strict", "two threads, strict"):
        assert portable.command_for(rows[name], "python", None)[-1] == "notebooks"
    assert "--seed 3 " in " ".join(
        portable.command_for(rows["seed 3"], "python", "there")
    )
    assert [(row.python, row.resolution) for row in portable.ROWS if row.python] == [
        ("3.13", "locked"),
        ("3.11", "lowest-direct"),
    ]


def test_the_rows_are_those_that_are_promised():
    names = " ".join(row.name for row in portable.ROWS)
    for promised in (
        "one thread, strict",
        "two threads, strict",
        "Haswell",
        "oneDNN off",
        "Python 3.13",
        "oldest",
    ):
        assert promised in names
    assert len([row for row in portable.ROWS if "seed" in row.name]) == 5
    assert (
        portable.threads(1)["OPENBLAS_NUM_THREADS"]
        == portable.threads(1)["TF_NUM_INTRAOP_THREADS"]
        == "1"
    )


def test_an_unknown_row_is_named():
    with pytest.raises(
        SystemExit, match="No row is called moon. There are: two threads"
    ):
        portable.main(["moon"])
