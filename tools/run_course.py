"""Execute chapters and write the results: `make run`, `make store` and `make full`.

For each chapter, `build/` gets the executed notebook and a web page of it, and for all
chapters with results there `summary.json` and `summary.md`. With `--store`, the
notebook in `notebooks/` gets the fresh outputs instead. With `--full`, every chapter is
executed at its source's full settings, and `build/full/` gets the results. With
`--seed`, chapters get another seed.
"""

import argparse
import json
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from tools.chapters import METADATA, find_chapters, set_constants
from tools.dependencies import ROOT
from tools.files import markdown_table, remedy, write
from tools.full_settings import at_full_settings
from tools.pages import PageExporter, link_to_existing_pages

CELL_TIMEOUT = 300  # seconds
FULL_CELL_TIMEOUT = 3600
SUMMARY = ("summary.json", "summary.md")
WIDGET = "application/vnd.jupyter.widget-view+json"


@dataclass
class Result:
    """Result of executing one chapter."""

    chapter: str
    cells: int = 0  # code cells executed
    checkpoints: int = 0  # passed
    seconds: float = 0.0  # kernel start included
    peak_megabytes: float = 0.0
    failure: str = ""  # in plain words, empty when all went well
    kernel_died: bool = False


def execute(
    path,
    *,
    cell_timeout=CELL_TIMEOUT,
    full=False,
    seed=None,
    progress=lambda done, total: None,
):
    """Execute a notebook in a kernel of its own; return it and a :class:`Result`.

    ``full`` sets the source's settings, ``seed`` another seed. ``progress`` is called
    before each code cell with the number of code cells done and in all.
    """
    notebook = nbformat.read(path, as_version=4)
    if full:
        notebook = at_full_settings(notebook, path.stem)
    if seed is not None:
        set_constants(notebook, path.stem, {"SEED": seed})
    code = [
        i
        for i, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and cell.source.strip()
    ]
    for i in code:
        # those of an earlier run would remain after a failure
        notebook.cells[i].outputs = []
    result = Result(path.stem)

    def started(cell, cell_index):
        result.cells = code.index(cell_index) + 1
        progress(result.cells - 1, len(code))

    client = NotebookClient(
        notebook,
        timeout=cell_timeout,
        startup_timeout=120,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        on_cell_execute=started,
        resources={"metadata": {"path": str(path.parent)}},
    )
    begin = time.perf_counter()
    with _MemoryWatch(client) as memory, tempfile.TemporaryFile() as errors:
        try:
            _execute_in_thread(client, stderr=errors)
        except CellExecutionError as error:
            result.failure = f"{error.ename}: {error.evalue}"
        except CellTimeoutError:
            result.failure = (
                f"it ran longer than {cell_timeout} seconds and was stopped"
            )
        except DeadKernelError:
            errors.seek(0)
            result.failure = (
                "its kernel died: killed from outside, or out of memory\n"
                + errors.read().decode(errors="replace")[-2000:]
            )
            result.kernel_died = True
        except RuntimeError as error:  # the kernel did not start
            result.failure = f"its kernel did not start: {error}"
    result.seconds = time.perf_counter() - begin
    result.peak_megabytes = memory.peak / 2**20
    printed = [line for cell in notebook.cells for line in _printed(cell)]
    result.checkpoints = sum(line.startswith("✓") for line in printed)
    if result.failure:
        source = notebook.cells[code[result.cells - 1]].source if result.cells else ""
        result.failure = (
            f"Chapter {path.name} failed in code cell {result.cells} of {len(code)}: "
            f"{result.failure}\n"
            + "".join(f"    {line}\n" for line in source.splitlines())
        )
    return notebook, result


def _execute_in_thread(client, **options):
    """Execute in a thread, so that Ctrl+C reaches this one, which kills the kernel."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(client.execute, **options)
        try:
            while not running.done():
                wait([running], timeout=0.2)
        except KeyboardInterrupt:
            if pid := _kernel_pid(client):
                psutil.Process(pid).kill()
            raise
    running.result()


def _kernel_pid(client):
    """Return the process number of a client's kernel, None before it runs."""
    return getattr(getattr(client.km, "provisioner", None), "pid", None)


def _printed(cell):
    for output in cell.get("outputs", []):
        if output.output_type == "stream" and output.name == "stdout":
            yield from output.text.splitlines()


class _MemoryWatch:
    """Measures a kernel's memory every 50 ms; ``peak`` is the maximum in bytes."""

    def __init__(self, client):
        self.client, self.peak = client, 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self):
        while not self._stop.wait(0.05):
            if pid := _kernel_pid(self.client):
                try:
                    self.peak = max(self.peak, psutil.Process(pid).memory_info().rss)
                except psutil.Error:  # the kernel has just exited
                    pass

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


def clean(notebook):
    """Drop what differs between runs or machines, so that the file stays the same."""
    facts = (
        {"course": notebook.metadata.course} if "course" in notebook.metadata else {}
    )
    notebook.metadata = nbformat.from_dict(METADATA | facts)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            # a widget lives only as long as its kernel
            output.get("data", {}).pop(WIDGET, None)
    return notebook


def page(notebook, path):
    """Return an HTML page of an executed notebook; its pictures are beside ``path``."""
    resources = {"metadata": {"name": path.stem, "path": str(path.parent)}}
    return PageExporter().from_notebook_node(notebook, resources=resources)[0]


COLUMNS = {  # of the summary: values for a chapter, and their total
    "cells": (lambda r: r.cells, sum),
    "checkpoints": (lambda r: r.checkpoints, sum),
    "seconds": (lambda r: round(r.seconds), sum),
    "peak MB": (lambda r: round(r.peak_megabytes), max),
    # of the two words, failed sorts first
    "result": (lambda r: "failed" if r.failure else "passed", min),
}


def rows(results):
    """Return the summary as rows of texts: heading, chapters, totals."""
    chapters = [
        [result.chapter, *(value(result) for value, _ in COLUMNS.values())]
        for result in results
    ]
    totals = [
        total(list(column))
        for (_, total), column in zip(
            COLUMNS.values(), list(zip(*chapters, strict=True))[1:], strict=True
        )
    ]
    return [
        [str(entry) for entry in row]
        for row in (["chapter", *COLUMNS], *chapters, ["all", *totals])
    ]


def table(results):
    """Return the summary as a table to print."""
    heading, *chapters, totals = rows(results)
    summary = Table(title="The course, executed", show_footer=True)
    for name, total in zip(heading, totals, strict=True):
        summary.add_column(
            name, footer=total, justify="left" if name == "chapter" else "right"
        )
    for chapter in chapters:
        summary.add_row(*chapter)
    return summary


def write_summary(results, folder):
    """Write the results as ``summary.json`` and ``summary.md``, or remove both."""
    if not results:
        for old in SUMMARY:
            (folder / old).unlink(missing_ok=True)
        return
    write(
        folder / SUMMARY[0],
        json.dumps([asdict(result) for result in results], indent=1) + "\n",
    )
    heading, *body = rows(results)
    write(
        folder / SUMMARY[1],
        markdown_table(heading, body, ["---", *["---:"] * len(COLUMNS)]),
    )


def earlier_results(folder, chapters):
    """Return the results in a folder's summary of chapters that still have files.

    A chapter that failed has no files; its row remains until it is run again.
    """
    try:
        rows = json.loads((folder / SUMMARY[0]).read_text(encoding="utf-8"))
        results = [Result(**row) for row in rows]
    except (FileNotFoundError, ValueError, TypeError):  # none, or of another version
        return {}
    there = {path.stem for path in chapters}
    return {
        result.chapter: result
        for result in results
        if result.chapter in there
        and (result.failure or (folder / f"{result.chapter}.ipynb").exists())
    }


def main(arguments=None):
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser("python -m tools run", description=__doc__)
    parser.add_argument(
        "chapters",
        nargs="*",
        help="starts of file names, 02 for example; all when left out",
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--store",
        action="store_true",
        help="write the fresh outputs into the notebooks themselves",
    )
    kind.add_argument(
        "--full",
        action="store_true",
        help="at the sources' full settings (half an hour)",
    )
    kind.add_argument(
        "--seed", type=int, help="with this SEED instead of the chapters' own"
    )
    parser.add_argument(
        "--notebooks",
        type=Path,
        default=ROOT / "notebooks",
        help="where the chapters are",
    )
    parser.add_argument("--output", type=Path, help="where results go")
    parser.add_argument("--cell-timeout", type=int, help="seconds one cell may take")
    options = parser.parse_args(arguments)
    options.output = options.output or ROOT / "build" / ("full" if options.full else "")
    options.cell_timeout = options.cell_timeout or (
        FULL_CELL_TIMEOUT if options.full else CELL_TIMEOUT
    )
    console = Console(highlight=False)
    try:
        return _run_all(options, console)
    except KeyboardInterrupt:
        console.print(
            "Stopped. The results of finished chapters are there; "
            "run the command again for the rest."
        )
        return 130
    except OSError as error:
        console.print(
            f"Stopped: {error}. The results of finished chapters are there."
            f"{remedy(error)}",
            style="red",
            markup=False,
            soft_wrap=True,
        )
        return 1


def _run_all(options, console):
    chapters = find_chapters(options.chapters, options.notebooks)
    every = find_chapters([], options.notebooks)
    known, results = {}, []
    if not options.store:
        options.output.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=options.output):
            pass  # fails now, not after minutes, where nothing can be written
        _write_pages_of_texts(options)
        known = earlier_results(options.output, every)
    try:
        for path in chapters:
            console.print(f"{path.stem} …")
            if not options.store:  # so that a result never outlives a run that failed
                known.pop(path.stem, None)
                for old in (path.name, f"{path.stem}.html"):
                    (options.output / old).unlink(missing_ok=True)
            results.append(_run(path, options, console))
            known[path.stem] = results[-1]
            if results[-1].kernel_died:
                break
    finally:
        if not options.store:
            write_summary([known[name] for name in sorted(known)], options.output)
            _link_pages(every, options.output)
    console.print(table(results))
    for result in results:
        if result.failure:
            console.print(result.failure, style="red", markup=False, soft_wrap=True)
    if any(result.failure for result in results):
        return 1
    console.print(
        f"Results: {options.notebooks if options.store else options.output}",
        soft_wrap=True,
    )
    return 0


def _write_pages_of_texts(options):
    """Write pages of the glossary, to which chapters link, and of other texts."""
    for text in sorted(options.notebooks.glob("*.md")):
        source = text.read_text(encoding="utf-8")
        cells = [nbformat.v4.new_markdown_cell(source, id="text")]
        write(
            options.output / f"{text.stem}.html",
            page(nbformat.v4.new_notebook(cells=cells), text),
        )


def _link_pages(chapters, folder):
    """Have the links of all pages in a folder lead to existing pages."""
    for written in folder.glob("*.html"):
        page = written.read_text(encoding="utf-8")
        write(written, link_to_existing_pages(page, chapters, folder))


def _run(path, options, console):
    """Execute a chapter with a progress bar; write the results unless it failed."""
    bar = Progress(
        TextColumn("  cell"),
        MofNCompleteColumn(),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=None)
        notebook, result = execute(
            path,
            cell_timeout=options.cell_timeout,
            full=options.full,
            seed=options.seed,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if not result.failure:
        text = nbformat.writes(clean(notebook)) + "\n"
        if options.store:
            write(path, text)
        else:
            write(options.output / path.name, text)
            write(options.output / f"{path.stem}.html", page(notebook, path))
    return result
