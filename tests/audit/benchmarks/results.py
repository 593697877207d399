"""What the benchmarks share: a command line, timing in rounds, goals, and reports.

Every benchmark ends with :func:`report`. It prints a table and leaves it in
`build/benchmarks/` as JSON and Markdown; `build/benchmarks.md` holds the latest table
of each benchmark.
"""

import argparse
import json
import os
import platform
import time
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec

import numpy as np
from threadpoolctl import threadpool_info

from tests.audit.tables import print_table, write_table
from tools.consoles import replace_unencodable
from tools.dependencies import ROOT
from tools.files import write

FOLDER = ROOT / "build" / "benchmarks"
SEED = 0
# keeps all libraries on the CPU; they read it when they are imported
ON_CPU = {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}
ON_CPU["KERAS_BACKEND"] = "tensorflow"
SECONDS = dict.fromkeys(["median s", "min s", "max s"], ".4f")  # of summary()


def command_line(description, rounds=None):
    """Return a parser for the options of a benchmark, with `--rounds` if it has any."""
    replace_unencodable()
    parser = argparse.ArgumentParser(description=description)
    if rounds:
        words = f"how often each is timed, at least once (default: {rounds})"
        parser.add_argument("--rounds", type=positive, default=rounds, help=words)
    return parser


def positive(text):
    """Return the whole number in a text, or 1 for a smaller one."""
    return max(1, int(text))


def time_rounds(actions, rounds):
    """Return the seconds of each action in each round, in random order within one.

    ``actions`` maps names to functions without arguments. A first round, to warm up, is
    not among the results.
    """
    names = list(actions)
    seconds = {name: [] for name in names}
    rng = np.random.default_rng(SEED)
    for _ in range(rounds + 1):
        for position in rng.permutation(len(names)):
            begin = time.perf_counter()
            actions[names[position]]()
            seconds[names[position]].append(time.perf_counter() - begin)
    return {name: np.array(values[1:]) for name, values in seconds.items()}


def summary(seconds, others=None):
    """Return median, minimum and maximum of the seconds, and their ratio to others.

    The ratio is taken within each round, so that a machine that is busy for a while
    slows both sides of it; its median is returned, None without ``others``.
    """
    ratio = None if others is None else np.median(seconds / others)
    return [np.median(seconds), seconds.min(), seconds.max(), ratio]


def machine_facts():
    """Return system, processors, BLAS and versions in one line."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    pools = (pool for pool in threadpool_info() if pool["user_api"] == "blas")
    pool = next(pools, {})  # NumPy's is loaded first
    packages = ["numpy", "scikit-learn", "keras", "tensorflow"]
    packages += [package for package in ("torch", "jax") if find_spec(package)]
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs; "
        f"BLAS {blas['name']} {blas['version']}, "
        f"kernels {pool.get('architecture', 'unknown')}, "
        f"threads {pool.get('num_threads', 'unknown')}; "
        f"Python {platform.python_version()}, {versions}"
    )


def verdict(text, value, *, at_least=-np.inf, at_most=np.inf, error=None, digits=2):
    """Return a measured number with its goal: a line, the number, and if it is reached.

    ``error``   standard error of the value, if it has one: only shown
    ``digits``  decimals in the line
    """
    reached = bool(at_least <= value <= at_most)
    shown = f"{value:,.{digits}f}"
    if error is not None:
        shown += f" ± {error:.{digits}f}"
    sides = {"at least": at_least, "at most": at_most}
    goals = [f"{side} {goal:,}" for side, goal in sides.items() if np.isfinite(goal)]
    outcome = "reached" if reached else "missed"
    line = f"{text}: {shown} (wanted: {' and '.join(goals)}) {outcome}"
    return {"line": line, "value": value, "error": error, "reached": reached}


def report(name, title, columns, rows, verdicts, notes=(), *, folder=FOLDER):
    """Print a benchmark's table, write it, and put it on the page of all benchmarks.

    ``name``      of the files, without an ending
    ``columns``   heading: format of the numbers below it, as ".3f"; "" for text
    ``rows``      lists of values in the order of the columns; None for an empty cell
    ``verdicts``  see :func:`verdict`
    ``notes``     sentences that belong below the table

    Each file is written whole or not at all. Returns the exit status: 0 when all goals
    are reached, 1 otherwise.
    """
    record = {
        "title": title,
        "measured": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "facts": machine_facts(),
        "columns": columns,
        "rows": rows,
        "verdicts": verdicts,
        "notes": list(notes),
    }
    as_json = json.dumps(
        record, indent=1, ensure_ascii=False, allow_nan=False, default=np.generic.item
    )
    cells = [
        ["–" if value is None else format(value, form) for value, form in pairs]
        for pairs in (zip(row, columns.values(), strict=True) for row in rows)
    ]
    numbers = [heading for heading, form in columns.items() if form]
    lines = [verdict["line"] for verdict in verdicts]
    below = [*notes, f"Measured on {record['measured']}: {record['facts']}"]

    print_table(title, columns, cells, numbers=numbers)
    print(*lines, *below, sep="\n")
    write(folder / f"{name}.json", as_json + "\n")
    goals = "\n".join(f"* {line}" for line in lines)
    write_table(
        folder / f"{name}.md",
        title,
        columns,
        cells,
        numbers=numbers,
        notes=[goals, *below],
    )
    pages = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.md"))]
    sections = [f"#{page}" for page in pages]  # one level below the title
    write(folder.with_suffix(".md"), "\n".join(["# Benchmarks\n", *sections]))
    return 0 if all(verdict["reached"] for verdict in verdicts) else 1
