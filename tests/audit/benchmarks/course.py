"""Execute every chapter and compare seconds and memory with their budgets.

Each chapter runs in a kernel of its own, as in `make run`, but nothing is written
beside the table. Seconds include the start of the kernel; the peak is the most memory
that the kernel held.
"""

import argparse

from tests.audit.benchmarks.results import keep, machine_facts, verdict
from tools.consoles import spare_signs
from tools.run_course import ROOT, execute, find_chapters

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


def budget(result):
    """Return the seconds that a chapter may take."""
    return LONG_CHAPTER_SECONDS.get(result.chapter, CHAPTER_SECONDS)


def rows(results):
    """Return one row for each chapter, and the totals below."""
    chapters = [
        [
            result.chapter,
            result.cells,
            result.checkpoints,
            result.seconds,
            budget(result),
            result.peak_megabytes,
            "failed" if result.failure else "passed",
        ]
        for result in results
    ]
    return [
        *chapters,
        [
            "all",
            sum(result.cells for result in results),
            sum(result.checkpoints for result in results),
            sum(result.seconds for result in results),
            COURSE_SECONDS,
            max(result.peak_megabytes for result in results),
            None,
        ],
    ]


def verdicts(results):
    """Return the goals: no failure, each chapter and all together in time, memory within bounds."""
    return [
        verdict(
            "chapters that failed",
            sum(bool(result.failure) for result in results),
            at_most=0,
            digits=0,
        ),
        *(
            verdict(
                f"seconds of {result.chapter}",
                result.seconds,
                at_most=budget(result),
                digits=1,
            )
            for result in results
        ),
        verdict(
            "seconds of these chapters together",
            sum(result.seconds for result in results),
            at_most=COURSE_SECONDS,
            digits=1,
        ),
        verdict(
            "peak MB",
            max(result.peak_megabytes for result in results),
            at_most=PEAK_MEGABYTES,
            digits=0,
        ),
    ]


def main():
    """Run the benchmark; return the exit status: 0 when all goals are reached, 1 otherwise."""
    parser = argparse.ArgumentParser(
        description="Execute chapters and compare them with their budgets."
    )
    parser.add_argument(
        "chapters",
        nargs="*",
        help="starts of file names, 02 for example; all when left out",
    )
    results = []
    for path in find_chapters(parser.parse_args().chapters, ROOT / "notebooks"):
        print(f"{path.stem} …", flush=True)
        results.append(execute(path)[1])
    failures = [result.failure.splitlines()[0] for result in results if result.failure]
    reached = keep(
        "course",
        "The course, executed",
        COLUMNS,
        rows(results),
        facts=machine_facts(),
        verdicts=verdicts(results),
        notes=failures,
    )
    return 0 if reached else 1


if __name__ == "__main__":
    spare_signs()
    raise SystemExit(main())
