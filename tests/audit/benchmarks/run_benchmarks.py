"""Run the benchmarks one after the other, each in a process of its own and within a time limit. `make bench` calls it.

A benchmark that fails or hangs does not stop the others. Its table then says so, lest
an earlier result be taken for a new one; after Ctrl+C, earlier results stay. The exit
status is 1 unless every benchmark reached all its goals.
"""

import argparse
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from tests.audit.benchmarks.results import FOLDER, keep, machine_facts, verdict
from tools.consoles import spare_signs
from tools.run_course import kill_tree

SCRIPTS = Path(__file__).resolve().parent
LIMITS = {
    "course": 900,
    "loading": 600,
    "growth": 900,
    "epoch": 1200,
    "time_to_accuracy": 3000,
}  # name: seconds


def run(name, limit, *, scripts=SCRIPTS, folder=FOLDER):
    """Run one benchmark for at most ``limit`` seconds; return in plain words what became of it, and if all was well."""
    path = folder / f"{name}.json"
    before = _changed(path)
    status = _status(scripts / f"{name}.py", limit)
    if (
        status in (0, 1) and _changed(path) != before
    ):  # Python ends with 1 after any error, too
        return ("all goals reached", True) if status == 0 else ("a goal missed", False)
    failure = (
        f"no result after {limit} seconds"
        if status is None
        else f"no result, exit status {status}"
    )
    keep(
        name,
        f"{name}: no result",
        {"what happened": ""},
        [[failure]],
        facts=machine_facts(),
        folder=folder,
        verdicts=[verdict("runs that gave a result", 0, at_least=1, digits=0)],
    )
    return failure, False


def _changed(path):
    return path.stat().st_mtime_ns if path.exists() else None


def _status(script, limit):
    """Return a script's exit status, None when it had to be stopped."""
    process = subprocess.Popen([sys.executable, "-u", script], stdin=subprocess.DEVNULL)
    try:
        return process.wait(limit)
    except subprocess.TimeoutExpired:
        return None
    except KeyboardInterrupt:
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)  # Ctrl+C reaches the script as well: time to clean up
        raise
    finally:
        if process.poll() is None:
            kill_tree(process.pid)
            process.wait()


def main(arguments=None):
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="name",
        help=f"{', '.join(LIMITS)}; all when left out",
    )
    names = parser.parse_args(arguments).names or list(LIMITS)
    if unknown := set(names) - set(LIMITS):
        parser.error(
            f"no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(LIMITS)}"
        )
    outcomes = {}
    try:
        for name in names:
            print(f"{name} …", flush=True)
            outcomes[name] = run(name, LIMITS[name])
    except KeyboardInterrupt:
        print(
            "Stopped. Results of benchmarks that had finished, and earlier ones of the others, are kept."
        )
        return 130
    for name, (outcome, _) in outcomes.items():
        print(f"{name}: {outcome}")
    print(f"Results: {FOLDER.with_suffix('.md')}")
    return 0 if all(reached for _, reached in outcomes.values()) else 1


if __name__ == "__main__":
    spare_signs()
    sys.exit(main())
