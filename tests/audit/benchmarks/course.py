"""Execute every chapter and compare seconds and memory with their budgets.

Each chapter runs in a kernel of its own, as in `make run`, but nothing is written
beside the table. Seconds include the start of the kernel; the peak is the most memory
that the kernel held.
"""

from tests.audit.benchmarks.results import command_line, report, verdict
from tools.chapters import find_chapters
from tools.dependencies import ROOT
from tools.run_course import execute

CHAPTER_SECONDS, LONG_CHAPTER_SECONDS = 120, {"05_keras_cnn": 180}
COURSE_SECONDS = 420
PEAK_MEGABYTES = 1_500
COLUMNS = {
    "chapter": "",
    "cells": "d",
    "checkpoints": "d",
    "seconds": ".1f",
    "budget": "d",
    "peak MB": ",.0f",
    "result": "",
}


def budget(chapter):
    """Return the seconds that a chapter may take."""
    return LONG_CHAPTER_SECONDS.get(chapter, CHAPTER_SECONDS)


def rows(results):
    """Return one row for each chapter, and the totals below."""
    chapters = []
    for r in results:
        result = "failed" if r.failure else "passed"
        spent = [r.seconds, budget(r.chapter), r.peak_megabytes]
        chapters.append([r.chapter, r.cells, r.checkpoints, *spent, result])
    _, cells, checkpoints, seconds, _, peaks, _ = zip(*chapters, strict=True)
    spent = [sum(seconds), COURSE_SECONDS, max(peaks)]
    return [*chapters, ["all", sum(cells), sum(checkpoints), *spent, None]]


def verdicts(results):
    """Return the goals: no failure, and time and memory within bounds."""
    failed = sum(bool(result.failure) for result in results)
    seconds = {result.chapter: result.seconds for result in results}
    together = "seconds of these chapters together"
    peak = max(result.peak_megabytes for result in results)
    return [
        verdict("chapters that failed", failed, at_most=0, digits=0),
        *(
            verdict(f"seconds of {name}", spent, at_most=budget(name), digits=1)
            for name, spent in seconds.items()
        ),
        verdict(together, sum(seconds.values()), at_most=COURSE_SECONDS, digits=1),
        verdict("peak MB", peak, at_most=PEAK_MEGABYTES, digits=0),
    ]


def main():
    """Run the benchmark; return 0 when all goals are reached, else 1."""
    parser = command_line("Execute chapters and compare them with their budgets.")
    words = "starts of file names, 02 for example; all when left out"
    parser.add_argument("chapters", nargs="*", help=words)
    results = []
    for path in find_chapters(parser.parse_args().chapters, ROOT / "notebooks"):
        print(f"{path.stem} …", flush=True)
        results.append(execute(path)[1])
    title, goals = "The course, executed", verdicts(results)
    failures = [result.failure.splitlines()[0] for result in results if result.failure]
    return report("course", title, COLUMNS, rows(results), goals, failures)


if __name__ == "__main__":
    raise SystemExit(main())
