"""Run each benchmark in a process of its own, within a time limit: `make bench`.

A benchmark that fails or hangs does not stop the others. Its table then says so, so
that an earlier result is not taken for a new one; after Ctrl+C, earlier results stay.
The exit status is 1 unless every benchmark reached all its goals.
"""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from tests.audit.benchmarks.results import FOLDER, command_line, report, verdict
from tests.audit.processes import kill_tree

SCRIPTS = Path(__file__).resolve().parent
LIMITS = {"course": 900, "loading": 600, "growth": 900, "epoch": 1200}  # seconds
LIMITS["time_to_accuracy"] = 3000


def run(name, limit):
    """Run a benchmark for at most ``limit`` seconds; return its result and verdict."""
    path = FOLDER / f"{name}.json"
    before = _changed(path)
    status = _status(SCRIPTS / f"{name}.py", limit)
    if status in (0, 1) and _changed(path) != before:  # 1 follows any error, too
        return ("all goals reached", True) if status == 0 else ("a goal missed", False)
    why = f"after {limit} seconds" if status is None else f"exit status {status}"
    failure = f"no result, {why}"
    goals = [verdict("runs that gave a result", 0, at_least=1, digits=0)]
    columns, title = {"what happened": ""}, f"{name}: no result"
    report(name, title, columns, [[failure]], goals, folder=FOLDER)
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
    parser = command_line(__doc__)
    every = ", ".join(LIMITS)
    words = f"{every}; all when left out"
    parser.add_argument("names", nargs="*", metavar="name", help=words)
    names = parser.parse_args(arguments).names or list(LIMITS)
    if unknown := set(names) - set(LIMITS):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are: {every}")
    outcomes = {}
    try:
        for name in names:
            print(f"{name} …", flush=True)
            outcomes[name] = run(name, LIMITS[name])
    except KeyboardInterrupt:
        print("Stopped. Results of those that had finished, and earlier ones, stay.")
        return 130
    for name, (outcome, _) in outcomes.items():
        print(f"{name}: {outcome}")
    print(f"Results: {FOLDER.with_suffix('.md')}")
    return 0 if all(reached for _, reached in outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
