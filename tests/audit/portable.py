"""Run the course as other machines would: `make portable`.

Each row of the table is one run of all chapters: with one thread and with two, with the
kernels of an older processor, without oneDNN, with other seeds, without any network, on
another Python, and with the oldest versions of everything that requirements.txt admits.
Rows called strict compare every output by nbval; the others hold the checkpoints. A row
that cannot be run here says why. Each result is added to `build/portable/summary.md` as
it comes; `make portable ROWS=seed` runs some rows again.
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

from tests.audit.processes import kill_tree
from tests.audit.tables import print_table, write_table
from tools.chapters import find_chapters
from tools.consoles import replace_unencodable
from tools.dependencies import ROOT
from tools.files import write

FOLDER = ROOT / "build" / "portable"
CHAPTERS = len(find_chapters([], ROOT / "notebooks"))
TIME_LIMIT = 3600  # seconds for one row
SEEDS = (2, 3, 4, 5)  # the row "each training cell twice" adds 2026
NEWEST, OLDEST = "3.13", "3.11"  # Python
LOCKED = ("--constraint", "requirements.lock")
LOWEST = ("--resolution", "lowest-direct")
STRICT = ("notebooks",)
TWICE = ("tests/test_notebooks.py", "-m", "course", "-k", "training_twice")
THREADS = ("OMP_NUM", "OPENBLAS_NUM", "MKL_NUM", "TF_NUM_INTRAOP", "TF_NUM_INTEROP")
PYTEST = ("-m", "pytest", "-q", "--color=no", "-p", "no:cacheprovider")
ONLY_LOOPBACK = 'ip link set lo up && exec "$@"'
ALONE = ("unshare", "--map-root-user", "--net", "sh", "-c", ONLY_LOOPBACK, "sh")
TITLE = "The course on other machines"
HEADER = ["run", "chapters passed", "checkpoints or tests", "minutes", "result"]


def threads(count):
    """Return the environment in which BLAS and TensorFlow use so many threads."""
    return {f"{name}_THREADS": str(count) for name in THREADS}


@dataclass
class Row:
    """One run of the course."""

    name: str
    environment: dict = field(default_factory=dict)
    arguments: tuple = ()  # for `python -m tools run`
    tests: tuple = ()  # for pytest, instead
    python: str = ""  # version of another interpreter; "" for this one
    packages: tuple = ()  # which versions of them: options for uv
    offline: bool = False  # in a network of its own that leads nowhere


ROWS = [
    Row("two threads, strict", threads(2), tests=STRICT),
    Row("one thread, strict", threads(1), tests=STRICT),
    Row("OpenBLAS kernels for Haswell", {"OPENBLAS_CORETYPE": "Haswell"}),
    Row("oneDNN off", {"TF_ENABLE_ONEDNN_OPTS": "0"}),
    Row("seed 2026, each training cell twice", tests=TWICE),
    *(Row(f"seed {seed}", arguments=("--seed", str(seed))) for seed in SEEDS),
    Row("no network", offline=True),
    Row(f"Python {NEWEST}, locked versions", python=NEWEST, packages=LOCKED),
    Row(f"Python {OLDEST}, oldest versions", python=OLDEST, packages=LOWEST),
]


class CannotRun(Exception):
    """A row that this machine cannot run; the message says why."""


class CannotInstall(Exception):
    """The packages of a row cannot be installed; the message is the installer's."""


@dataclass
class Outcome:
    """Result of one row, for the table and for the file."""

    name: str
    chapters: str = ""
    checks: str = ""
    minutes: float = 0.0
    result: str = ""


def find_python(version):
    """Return the path of a Python of this version: this one, on the path, by pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    others = pyenv.glob(f"versions/{version}.*/bin/python")
    asked = "import sys; print(*sys.version_info[:2], sep='.')"
    for python in (sys.executable, shutil.which(f"python{version}"), *others):
        if python and _call([python, "-c", asked], 60).stdout.strip() == version:
            return str(python)
    raise CannotRun(f"no Python {version} here")


def environment_for(row):
    """Return the interpreter of a row, in a new environment if its packages differ."""
    if not row.python:
        return sys.executable
    folder = FOLDER / f"venv-{row.python}-{row.packages[-1]}"
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python]
    for command in (
        [find_python(row.python), "-m", "venv", "--clear", folder],
        [*uv, "--requirement", "requirements-dev.txt", *row.packages],
    ):
        done = _call(command, 1800)
        if done.returncode:
            raise CannotInstall(" ".join(done.stderr.split())[-300:])
    return str(python)


def _call(command, limit):
    how = {"cwd": ROOT, "capture_output": True, "text": True, "errors": "replace"}
    return subprocess.run(command, timeout=limit, **how)


def command_for(row, python, output):
    """Return the command line of a row."""
    if row.tests:
        return [python, *PYTEST, *row.tests]
    command = [python, "-m", "tools", "run", *row.arguments, "--output", str(output)]
    if not row.offline:
        return command
    if not shutil.which("unshare") or _call([*ALONE, "true"], 60).returncode:
        raise CannotRun("this machine gives no network of its own to a process")
    return [*ALONE, *command]


def of_tests(said):
    """Return chapters and tests (cells for nbval) that passed, from pytest's output."""
    last = (said.splitlines() or [""])[-1]
    counts = dict.fromkeys(("passed", "failed", "error"), 0)
    for number, word in re.findall(r"(\d+) (passed|failed|error)", last):
        counts[word] = int(number)
    broken = set(re.findall(r"^(?:FAILED|ERROR) .*?(\d\d_\w+)", said, re.MULTILINE))
    chapters = f"{CHAPTERS - len(broken)} of {CHAPTERS}" if counts["passed"] else "none"
    return chapters, f"{counts['passed']} of {sum(counts.values())} tests"


def of_run(output):
    """Return chapters and checkpoints that passed, from the summary of a run."""
    results = json.loads((output / "summary.json").read_text(encoding="utf-8"))
    passed = sum(not result["failure"] for result in results)
    checkpoints = sum(result["checkpoints"] for result in results)
    return f"{passed} of {CHAPTERS}", f"{checkpoints} checkpoints"


def run(row, folder=FOLDER):
    """Run the course as a row says; write a log and return the :class:`Outcome`."""
    slug = re.sub(r"\W+", "-", row.name)
    output, log = folder / slug, folder / f"{slug}.log"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        command = command_for(row, environment_for(row), output)
    except CannotRun as why:
        return Outcome(row.name, result=f"not run: {why}")
    except (CannotInstall, subprocess.TimeoutExpired) as why:
        said = f"failed: its packages cannot be installed: {why}"
        return Outcome(row.name, result=said)
    shutil.rmtree(output, ignore_errors=True)  # of an earlier run
    environment = os.environ | row.environment
    if row.python:  # a list of fonts names files of the environment that made it
        environment["MPLCONFIGDIR"] = str(folder / f"{slug}-fonts")
    begin = time.perf_counter()
    with open(log, "w", encoding="utf-8") as said:
        streams = {"stdout": said, "stderr": said, "stdin": subprocess.DEVNULL}
        process = subprocess.Popen(command, cwd=ROOT, env=environment, **streams)
        try:
            status = process.wait(TIME_LIMIT)
        except subprocess.TimeoutExpired:
            status = f"stopped after {TIME_LIMIT} seconds"
        finally:
            kill_tree(process.pid)
            process.wait()
    outcome = Outcome(row.name, minutes=round((time.perf_counter() - begin) / 60, 1))
    if row.tests:
        said = log.read_text(encoding="utf-8", errors="replace")
        outcome.chapters, outcome.checks = of_tests(said)
    elif (output / "summary.json").exists():
        outcome.chapters, outcome.checks = of_run(output)
    failed = f"failed ({status}): see {log.relative_to(ROOT)}"
    outcome.result = "passed" if status == 0 else failed
    return outcome


def add(outcome, folder=FOLDER):
    """Add an outcome to earlier ones, write JSON and table, return the table's rows."""
    path = folder / "summary.json"
    outcomes = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    outcomes[outcome.name] = asdict(outcome)
    names = [row.name for row in ROWS if row.name in outcomes]
    rows = [[str(entry) for entry in outcomes[name].values()] for name in names]
    write(path, json.dumps(outcomes, indent=1) + "\n")
    write_table(folder / "summary.md", TITLE, HEADER, rows)
    return rows


def main(arguments=None):
    """Run the command line; return 1 when a row that can be run failed, else 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    words = "parts of the names of rows; all when left out"
    parser.add_argument("rows", nargs="*", default=[""], help=words)
    parts = parser.parse_args(arguments).rows
    chosen = [row for row in ROWS if any(part in row.name for part in parts)]
    if not chosen:
        every = ", ".join(row.name for row in ROWS)
        raise SystemExit(f"No row is called {' or '.join(parts)}. There are: {every}")
    failed, rows = False, []
    for row in chosen:
        print(f"{row.name} …", flush=True)
        outcome = run(row)
        failed |= outcome.result.startswith("failed")
        rows = add(outcome)
        print(f"  {outcome.result}, {outcome.checks} {outcome.minutes} min", flush=True)
    print_table(TITLE, HEADER, rows)
    return 1 if failed else 0


if __name__ == "__main__":
    replace_unencodable()
    sys.exit(main())
