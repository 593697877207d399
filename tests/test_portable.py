"""`make portable`: reading results, and runs that fail, hang or are not possible."""

import json
import subprocess
import sys

import pytest

from tests.audit import portable
from tests.audit.portable import Outcome, Row

FAILED = """
FAILED notebooks/02_pca.ipynb::Cell 3
FAILED notebooks/02_pca.ipynb::Cell 7
FAILED tests/test_notebooks.py::test_claims_hold[04_keras_mlp] - AssertionError
"""
COUNTS = "3 failed, 158 passed, 2 skipped in 12.01s"
ALL = portable.CHAPTERS  # however many there are
SAID = {
    "........\n161 passed in 12.01s\n": (f"{ALL} of {ALL}", "161 of 161 tests"),
    FAILED + COUNTS: (f"{ALL - 2} of {ALL}", "158 of 161 tests"),
    "1 error before\n" + FAILED + COUNTS: (f"{ALL - 2} of {ALL}", "158 of 161 tests"),
    "no tests ran in 0.01s": ("none", "0 of 0 tests"),
    "ERROR notebooks/01_x.ipynb\n3 errors in 0.01s": ("none", "0 of 3 tests"),
}


@pytest.mark.parametrize("said", SAID)
def test_what_pytest_says_is_counted(said):
    assert portable.of_tests(said) == SAID[said]


def test_outcomes_add_up_in_order_and_the_latest_counts(tmp_path):
    first, second = portable.ROWS[0].name, portable.ROWS[1].name
    later = ["6 of 6", "2 of 2 tests", 5.2, "passed"]
    portable.add(Outcome(second, "6 of 6", "336 checkpoints", 5.1, "passed"), tmp_path)
    portable.add(Outcome(first, "4 of 6", "1 of 2 tests", 5.0, "failed (1)"), tmp_path)
    rows = portable.add(Outcome(first, *later), tmp_path)
    assert rows == [
        [first, *map(str, later)],
        [second, "6 of 6", "336 checkpoints", "5.1", "passed"],
    ]
    table = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert table.endswith("".join(f"| {' | '.join(row)} |\n" for row in rows))
    written = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert set(written) == {first, second}


def test_a_python_is_found_by_its_version_and_missed_in_words():
    here = "{}.{}".format(*sys.version_info)
    asked = [
        portable.find_python(here),
        "-c",
        "import sys; print(sys.version_info[:2])",
    ]
    said = subprocess.run(asked, capture_output=True, text=True).stdout
    assert said.strip() == str(sys.version_info[:2])
    with pytest.raises(portable.CannotRun, match="no Python 3.99 here"):
        portable.find_python("3.99")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that runs a row whose command is one line of Python."""

    def run(code):
        def command_for(row, python, output):
            begin = "import json, os, pathlib, time; "
            begin += f"output = pathlib.Path({str(output)!r})"
            return [python, "-c", f"{begin}; {code}"]

        monkeypatch.setattr(portable, "ROOT", tmp_path)
        monkeypatch.setattr(portable, "command_for", command_for)
        return portable.run(Row("made up", {"MADE": "up"}), tmp_path)

    return run


SUMMARY = """\
output.mkdir()
results = [{'failure': '', 'checkpoints': 7},
           {'failure': os.environ['MADE'], 'checkpoints': 2}]
(output / 'summary.json').write_text(json.dumps(results))
"""


def test_a_row_runs_in_its_environment_and_its_summary_is_read(run):
    outcome = run(SUMMARY)
    assert (outcome.chapters, outcome.checks) == (f"1 of {ALL}", "9 checkpoints")
    assert outcome.result == "passed"


def test_a_row_that_fails_says_where_its_log_is(run, tmp_path):
    assert run("print('why'); exit(3)").result == "failed (3): see made-up.log"
    assert (tmp_path / "made-up.log").read_text(encoding="utf-8") == "why\n"


def test_a_summary_of_an_earlier_run_is_not_the_result(run):
    run(SUMMARY)
    assert run("exit(1)").checks == ""


def test_a_row_that_hangs_is_stopped(run, monkeypatch):
    monkeypatch.setattr(portable, "TIME_LIMIT", 1)
    assert "failed (stopped after 1 seconds)" in run("time.sleep(100)").result


def test_a_row_that_cannot_run_here_says_why(tmp_path):
    row = Row("another Python", python="3.99", packages=portable.LOCKED)
    not_run = Outcome("another Python", result="not run: no Python 3.99 here")
    assert portable.run(row, tmp_path) == not_run


def test_packages_that_cannot_be_installed_are_a_failure(tmp_path, monkeypatch):
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no luck >&2; exit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(portable, "find_python", lambda version: str(broken))
    row = Row("broken", python="3.13", packages=portable.LOCKED)
    result = portable.run(row, tmp_path).result
    assert result == "failed: its packages cannot be installed: no luck"


def test_each_row_differs_from_a_plain_run_as_its_name_says():
    rows = {row.name: row for row in portable.ROWS}
    for name, count in (("one thread, strict", "1"), ("two threads, strict", "2")):
        threads = rows[name].environment
        assert set(threads.values()) == {count}
        assert {"OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"} <= set(threads)
        assert portable.command_for(rows[name], "python", None)[-1] == "notebooks"
    haswell = rows["OpenBLAS kernels for Haswell"].environment
    assert haswell == {"OPENBLAS_CORETYPE": "Haswell"}
    assert rows["oneDNN off"].environment == {"TF_ENABLE_ONEDNN_OPTS": "0"}
    assert rows["no network"].offline
    command = portable.command_for(rows["seed 3"], "python", "there")
    assert "--seed 3 " in " ".join(command)
    assert len([name for name in rows if "seed" in name]) == 5
    for name, packages in {
        "Python 3.13, locked versions": ("3.13", "--constraint", "requirements.lock"),
        "Python 3.11, oldest versions": ("3.11", "--resolution", "lowest-direct"),
    }.items():
        assert (rows[name].python, *rows[name].packages) == packages


def test_an_unknown_row_is_named():
    words = "No row is called moon. There are: two threads"
    with pytest.raises(SystemExit, match=words):
        portable.main(["moon"])
