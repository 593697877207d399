"""Runs the course as other machines would: `make portable`. A table of all results is in `build/portable/summary.md`.

Each row of the table is one run of all chapters: with one thread and with two, with the
kernels of an older processor, without oneDNN, with other seeds, without any network, on
another Python, and with the oldest versions of everything that requirements.txt admits.
Rows called strict compare every output by nbval; the others hold the checkpoints. A row
that cannot be run here says why. Results are kept as they come, so that `make portable
ROWS=seed` adds to them.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tools.consoles import spare_signs
from tools.run_course import ROOT, kill_tree, markdown_table, write

FOLDER = ROOT / "build" / "portable"
CHAPTERS = len(list((ROOT / "notebooks").glob("*.ipynb")))
TIME_LIMIT = 3600  # seconds for one row
SEEDS = (2, 3, 4, 5)  # the fifth is that of the tests named twice
NEWEST_PYTHON, OLDEST_PYTHON = "3.13", "3.11"
STRICT = ("notebooks",)
TWICE = ("tests/test_notebooks.py", "-m", "course", "-k", "training_twice")
WORDS = ["chapters passed", "checkpoints or tests", "minutes", "result"]


def threads(count):
    """Return the environment in which NumPy's BLAS and TensorFlow use so many threads."""
    names = (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
    )
    return dict.fromkeys(names, str(count))


@dataclass
class Row:
    """One run of the course."""

    name: str
    environment: dict = field(default_factory=dict)
    arguments: tuple = ()  # for run_course.py
    tests: tuple = ()  # for pytest, instead
    python: str = ""  # version of another interpreter; "" for this one
    resolution: str = ""  # of its packages: "locked" or "lowest-direct"
    offline: bool = False  # in a network of its own that leads nowhere


ROWS = [
    Row("two threads, strict", threads(2), tests=STRICT),
    Row("one thread, strict", threads(1), tests=STRICT),
    Row("OpenBLAS kernels for Haswell", {"OPENBLAS_CORETYPE": "Haswell"}),
    Row("oneDNN off", {"TF_ENABLE_ONEDNN_OPTS": "0"}),
    Row("seed 2026, each training cell twice", tests=TWICE),
    *(Row(f"seed {seed}", arguments=("--seed", str(seed))) for seed in SEEDS),
    Row("no network", offline=True),
    Row(
        f"Python {NEWEST_PYTHON}, locked versions",
        python=NEWEST_PYTHON,
        resolution="locked",
    ),
    Row(
        f"Python {OLDEST_PYTHON}, oldest versions",
        python=OLDEST_PYTHON,
        resolution="lowest-direct",
    ),
]


class CannotRun(Exception):
    """A row that this machine cannot run; the message says why."""


class CannotInstall(Exception):
    """The packages of a row cannot be installed; the message is the installer's."""


@dataclass
class Outcome:
    """What became of a row, for the table and for the file."""

    name: str
    chapters: str = ""
    checks: str = ""
    minutes: float = 0.0
    result: str = ""


def find_python(version):
    """Return the path of an interpreter of this version: this one, one on the path, or one that pyenv keeps."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates = [
        sys.executable,
        shutil.which(f"python{version}"),
        *pyenv.glob(f"versions/{version}.*/bin/python"),
    ]
    for candidate in filter(None, candidates):
        said = subprocess.run(
            [candidate, "-c", "import sys; print(*sys.version_info[:2], sep='.')"],
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout.strip()
        if said == version:
            return str(candidate)
    raise CannotRun(f"no Python {version} here")


def environment_for(row):
    """Return the interpreter of a row, in a virtual environment of its own where its packages differ."""
    if not row.python:
        return sys.executable
    base, folder = (
        find_python(row.python),
        FOLDER / f"venv-{row.python}-{row.resolution}",
    )
    _install([base, "-m", "venv", "--clear", folder])
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    install = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "install",
        "--quiet",
        "--python",
        python,
        "--requirement",
        "requirements-dev.txt",
    ]
    install += (
        ["--constraint", "requirements.lock"]
        if row.resolution == "locked"
        else ["--resolution", row.resolution]
    )
    _install(install)
    return str(python)


def _install(command):
    done = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=1800,
    )
    if done.returncode:
        raise CannotInstall(" ".join(done.stderr.split())[-300:])


def command_for(row, python, output):
    """Return the command line of a row."""
    if row.tests:
        return [
            python,
            "-m",
            "pytest",
            "-q",
            "--color=no",
            "-p",
            "no:cacheprovider",
            *row.tests,
        ]
    command = [python, "-m", "tools", "run", *row.arguments, "--output", str(output)]
    if row.offline:
        alone = [
            "unshare",
            "--map-root-user",
            "--net",
            "sh",
            "-c",
            'ip link set lo up && exec "$@"',
            "sh",
        ]
        if (
            not shutil.which("unshare")
            or subprocess.run(
                [*alone, "true"], capture_output=True, timeout=60
            ).returncode
        ):
            raise CannotRun("this machine gives no network of its own to a process")
        command = alone + command
    return command


def of_tests(said):
    """Return chapters and tests that passed, as pytest's last lines tell; with nbval, a test is a cell."""
    last = (said.splitlines() or [""])[-1]
    passed, failed, errors = (
        int(found[1]) if (found := re.search(rf"(\d+) {word}", last)) else 0
        for word in ("passed", "failed", "error")
    )
    broken = set(re.findall(r"^(?:FAILED|ERROR) .*?(\d\d_\w+)", said, re.MULTILINE))
    return (
        f"{CHAPTERS - len(broken)} of {CHAPTERS}" if passed else "none",
        f"{passed} of {passed + failed + errors} tests",
    )


def of_run(output):
    """Return chapters and checkpoints that passed, as the summary of a run tells."""
    results = json.loads((output / "summary.json").read_text(encoding="utf-8"))
    return (
        f"{sum(not result['failure'] for result in results)} of {CHAPTERS}",
        f"{sum(result['checkpoints'] for result in results)} checkpoints",
    )


def run(row, folder=FOLDER):
    """Run the course as a row says; return its :class:`Outcome`. What it said is kept in a log beside the results."""
    slug = re.sub(r"\W+", "-", row.name)
    output, log = folder / slug, folder / f"{slug}.log"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        command = command_for(row, environment_for(row), output)
    except CannotRun as reason:
        return Outcome(row.name, result=f"not run: {reason}")
    except (CannotInstall, subprocess.TimeoutExpired) as reason:
        return Outcome(
            row.name, result=f"failed: its packages cannot be installed: {reason}"
        )
    shutil.rmtree(output, ignore_errors=True)  # of an earlier run
    environment = os.environ | row.environment
    if row.python:
        environment["MPLCONFIGDIR"] = str(
            folder / f"{slug}-fonts"
        )  # whose list names files of that environment
    begin = time.perf_counter()
    with open(log, "w", encoding="utf-8") as said:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=said,
            stderr=said,
            stdin=subprocess.DEVNULL,
        )
        try:
            status = process.wait(TIME_LIMIT)
        except subprocess.TimeoutExpired:
            status = f"stopped after {TIME_LIMIT} seconds"
        finally:
            kill_tree(process.pid)
            process.wait()
    outcome = Outcome(row.name, minutes=round((time.perf_counter() - begin) / 60, 1))
    if row.tests:
        outcome.chapters, outcome.checks = of_tests(
            log.read_text(encoding="utf-8", errors="replace")
        )
    elif (output / "summary.json").exists():
        outcome.chapters, outcome.checks = of_run(output)
    outcome.result = (
        "passed" if status == 0 else f"failed ({status}): see {log.relative_to(ROOT)}"
    )
    return outcome


def keep(outcome, folder=FOLDER):
    """Add an outcome to those of earlier runs, write all as JSON and as a table, and return the table's rows."""
    path = folder / "summary.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    kept[outcome.name] = asdict(outcome)
    order = [row.name for row in ROWS]
    rows = [
        [str(entry) for entry in kept[name].values()] for name in order if name in kept
    ]
    write(path, json.dumps(kept, indent=1) + "\n")
    write(folder / "summary.md", markdown_table(["run", *WORDS], rows))
    return rows


def main(arguments=None):
    """Run the command line; return the exit status: 0 when every row that could be run passed, 1 otherwise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "rows", nargs="*", help="parts of the names of rows; all when left out"
    )
    wanted = parser.parse_args(arguments).rows
    chosen = [
        row for row in ROWS if not wanted or any(part in row.name for part in wanted)
    ]
    if not chosen:
        raise SystemExit(
            f"No row is called {' or '.join(wanted)}. There are: {', '.join(row.name for row in ROWS)}"
        )
    console, failed, rows = Console(highlight=False), False, []
    for row in chosen:
        console.print(f"{row.name} …")
        outcome = run(row)
        failed |= outcome.result.startswith("failed")
        rows = keep(outcome)
        console.print(
            f"  {outcome.result}, {outcome.checks} {outcome.minutes} min",
            markup=False,
            soft_wrap=True,
        )
    table = Table("run", *WORDS, title="The course on other machines")
    for row in rows:
        table.add_row(*row)
    console.print(table)
    return 1 if failed else 0


if __name__ == "__main__":
    spare_signs()
    sys.exit(main())
