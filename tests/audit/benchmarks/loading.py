"""Time what comes before any computation: loading MNIST, and importing the helpers.

`load_mnist` unpacks the bundled files and checks their SHA-256. It is timed against
Keras's loader with a warm cache, which checks a SHA-256 and reads an .npz file, and
against reading such files without any check. The imports run in fresh interpreters;
what counts are the seconds over the start of an interpreter that imports nothing.
Differences and ratios are taken within a round.
"""

import hashlib
import os
import pkgutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import helpers
from helpers.datasets import Mnist, load_mnist
from helpers.startup import quiet_startup
from tests.audit.benchmarks.results import (
    ON_CPU,
    ROOT,
    SECONDS,
    command_line,
    report,
    summary,
    time_rounds,
    verdict,
)

MOST_SECONDS_TO_LOAD, MOST_SECONDS_TO_IMPORT = 0.5, 1.0
IMPORT_TIMEOUT = 60  # seconds
OURS, ALL_MODULES = "load_mnist()", "import all modules"
COLUMNS = {"what": "", **SECONDS, f"× {OURS}": ".2f"}
NOTE = (
    "Keras's own file cannot be fetched without a network. A compressed .npz of the "
    "same arrays stands in for it, and Keras checks the SHA-256 of that one: the same "
    "work. Plain np.load checks no SHA-256. Imports: seconds over the start of a bare "
    "interpreter; the goal is for each alone, not for all modules together."
)


def npz_loader(path):
    """Return a function that reads the arrays of an .npz file."""

    def load():
        with np.load(path) as arrays:
            return Mnist(**arrays)

    return load


def file_loaders(mnist, folder):
    """Write the arrays as .npz files, compressed and not; return their readers."""
    np.savez_compressed(folder / "compressed.npz", **mnist._asdict())
    np.savez(folder / "uncompressed.npz", **mnist._asdict())
    kinds = ("compressed", "uncompressed")
    return {f"np.load, {kind}": npz_loader(folder / f"{kind}.npz") for kind in kinds}


def keras_loader(mnist, folder):
    """Return Keras's loader with the arrays in its cache; Keras comes after this."""
    path = folder / "datasets" / "mnist.npz"
    path.parent.mkdir()
    np.savez_compressed(path, **mnist._asdict())
    os.environ.update(ON_CPU, KERAS_HOME=str(folder))
    with quiet_startup():
        import keras

    # Keras knows the SHA-256 of the file that it would download; ours holds the same
    # arrays in other bytes. With our hash in the place of its own, it does the same
    # work and does not try to download.
    module = sys.modules[keras.datasets.mnist.load_data.__module__]
    get_file, digest = module.get_file, hashlib.sha256(path.read_bytes()).hexdigest()
    module.get_file = lambda **options: get_file(**options | {"file_hash": digest})

    def load():
        (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
        return Mnist(x_train, y_train, x_test, y_test)

    return load


def check_equal(expected, loaders):
    """Raise AssertionError for a loader that returns anything but the arrays."""
    for name, load in loaders.items():
        for field, array, other in zip(Mnist._fields, expected, load(), strict=True):
            message = f"{name}: {field}"
            np.testing.assert_array_equal(other, array, err_msg=message, strict=True)


def importer(modules):
    """Return a function that imports modules in a fresh interpreter."""
    code = "\n".join(f"import {module}" for module in modules)
    how = {"cwd": ROOT / "notebooks", "check": True, "timeout": IMPORT_TIMEOUT}
    return lambda: subprocess.run([sys.executable, "-c", code], **how)


def importers():
    """Return what is imported: nothing, the package, each module, and all of them."""
    names = [module.name for module in pkgutil.iter_modules(helpers.__path__)]
    modules = [f"helpers.{name}" for name in names if name[0] != "_"]
    each = {f"import {name}": importer([name]) for name in ["helpers", *modules]}
    return {"": importer([]), **each, ALL_MODULES: importer(modules)}


def main():
    """Run the benchmark; return 0 when all goals are reached, else 1."""
    words = "Time loading MNIST against other loaders, and importing the helpers."
    rounds = command_line(words, rounds=9).parse_args().rounds

    mnist = load_mnist()
    with tempfile.TemporaryDirectory() as folder:
        loaders = {
            OURS: load_mnist,
            "Keras's mnist.load_data()": keras_loader(mnist, Path(folder)),
            **file_loaders(mnist, Path(folder)),
        }
        check_equal(mnist, loaders)
        loading = time_rounds(loaders, rounds)
    importing = time_rounds(importers(), rounds)
    bare = importing.pop("")
    table = [
        *([name, *summary(values, loading[OURS])] for name, values in loading.items()),
        *([name, *summary(values - bare)] for name, values in importing.items()),
    ]
    medians = {name: median for name, median, *_ in table}
    slowest = max(importing.keys() - {ALL_MODULES}, key=medians.get)
    limits = {
        f"seconds of {OURS}": (OURS, MOST_SECONDS_TO_LOAD),
        f"seconds of the slowest module, {slowest}": (slowest, MOST_SECONDS_TO_IMPORT),
    }
    goals = [
        verdict(words, medians[name], at_most=limit, digits=3)
        for words, (name, limit) in limits.items()
    ]
    title = f"Seconds to load MNIST and to import the helpers, {rounds} rounds"
    return report("loading", title, COLUMNS, table, goals, [NOTE])


if __name__ == "__main__":
    raise SystemExit(main())
