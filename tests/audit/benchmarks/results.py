"""What the benchmarks share: timing in rounds, facts about the machine, goals, and one way to keep results.

Every benchmark ends with :func:`keep`. It prints a table and leaves it in
`build/benchmarks/` as JSON and Markdown; `build/benchmarks.md` holds the latest table
of each benchmark.
"""

import json
import os
import platform
import time
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec

import numpy as np
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_info

from tools.run_course import ROOT, markdown_table, write

FOLDER = ROOT / "build" / "benchmarks"
SEED = 0


def time_rounds(actions, rounds):
    """Return the seconds of each action, one for each round, in random order within a round.

    ``actions`` maps names to functions without arguments. A first round, to warm up, is
    not among the results.
    """
    names = list(actions)
    seconds = {name: [] for name in names}
    rng = np.random.default_rng(SEED)
    for number in range(rounds + 1):
        for position in rng.permutation(len(names)):
            name = names[position]
            begin = time.perf_counter()
            actions[name]()
            if number > 0:
                seconds[name].append(time.perf_counter() - begin)
    return {name: np.array(values) for name, values in seconds.items()}


def machine_facts():
    """Return system, processors, BLAS and versions in one line."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    pool = next(
        (pool for pool in threadpool_info() if pool["user_api"] == "blas"), {}
    )  # NumPy's is loaded first
    packages = ["numpy", "scikit-learn", "keras", "tensorflow"]
    packages += [package for package in ("torch", "jax") if find_spec(package)]
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs; BLAS {blas['name']} {blas['version']}, "
        f"kernels {pool.get('architecture', 'unknown')}, threads {pool.get('num_threads', 'unknown')}; "
        f"Python {platform.python_version()}, "
        + ", ".join(f"{package} {version(package)}" for package in packages)
    )


def verdict(text, value, *, at_least=-np.inf, at_most=np.inf, error=None, digits=2):
    """Return a measured number with what is wanted of it: a line to read, the number, and whether it is reached.

    ``error``   standard error of the value, if it has one; it changes nothing about what is reached
    ``digits``  decimals in the line
    """
    reached = bool(at_least <= value <= at_most)
    shown = f"{value:,.{digits}f}" + (
        f" ± {error:.{digits}f}" if error is not None else ""
    )
    wanted = " and ".join(
        f"{side} {bound:,}"
        for side, bound in (("at least", at_least), ("at most", at_most))
        if np.isfinite(bound)
    )
    return {
        "line": f"{text}: {shown} (wanted: {wanted}) {'reached' if reached else 'missed'}",
        "value": value,
        "error": error,
        "reached": reached,
    }


def keep(name, title, columns, rows, *, facts, verdicts, notes=(), folder=FOLDER):
    """Print a benchmark's table, write it as JSON and Markdown, and put it on the page of all benchmarks.

    ``name``      of the files, without an ending
    ``columns``   heading: format of the numbers below it, such as ".3f"; "" for a column of text
    ``rows``      lists of values in the order of the columns; None where there is nothing to show
    ``facts``     the machine, see :func:`machine_facts`
    ``verdicts``  see :func:`verdict`
    ``notes``     sentences that belong below the table

    Each file is written whole or not at all. Returns whether all goals are reached.
    """
    record = {
        "title": title,
        "measured": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "facts": facts,
        "columns": columns,
        "rows": rows,
        "verdicts": verdicts,
        "notes": list(notes),
    }
    text = json.dumps(
        record,
        indent=1,
        ensure_ascii=False,
        allow_nan=False,
        default=lambda number: number.item(),
    )
    record = json.loads(text)  # what the table and the page show is what the file says
    _print(record)
    section = markdown(record)
    write(folder / f"{name}.json", text + "\n")
    write(folder / f"{name}.md", section)
    write(folder.with_suffix(".md"), page(folder))
    return all(verdict["reached"] for verdict in record["verdicts"])


def markdown(record):
    """Return a benchmark's record as a section of Markdown."""
    marks = ["---:" if form else "---" for form in record["columns"].values()]
    table = markdown_table(list(record["columns"]), _cells(record), marks).rstrip()
    goals = "\n".join(f"* {verdict['line']}" for verdict in record["verdicts"])
    parts = [f"## {record['title']}", table, goals, *record["notes"], _measured(record)]
    return "\n\n".join(part for part in parts if part) + "\n"


def page(folder):
    """Return one page with every benchmark that has a record in the folder."""
    records = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.json"))
    ]
    return "\n".join(["# Benchmarks\n", *map(markdown, records)])


def _print(record):
    table = Table(title=record["title"])
    for heading, form in record["columns"].items():
        table.add_column(heading, justify="right" if form else "left", overflow="fold")
    for row in _cells(record):
        table.add_row(*row)
    Console(markup=False, highlight=False).print(table)
    for line in (
        [verdict["line"] for verdict in record["verdicts"]]
        + record["notes"]
        + [_measured(record)]
    ):
        print(line)


def _cells(record):
    forms = record["columns"].values()
    return [
        [
            "–" if value is None else format(value, form)
            for value, form in zip(row, forms, strict=True)
        ]
        for row in record["rows"]
    ]


def _measured(record):
    return f"Measured on {record['measured']}: {record['facts']}"
