"""Time what a reader waits for before anything is computed: loading MNIST, and importing the helpers.

`load_mnist` unpacks the bundled files and checks their SHA-256. It is timed against
Keras's loader with a warm cache, which checks a SHA-256 and reads an .npz file, and
against reading such files without any check. The imports run in fresh interpreters;
what counts are the seconds over the start of an interpreter that imports nothing.
Differences and ratios are taken within a round.
"""

import argparse
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
    ROOT,
    keep,
    machine_facts,
    time_rounds,
    verdict,
)
from tools.consoles import spare_signs

MOST_SECONDS_TO_LOAD, MOST_SECONDS_TO_IMPORT = 0.5, 1.0
IMPORT_TIMEOUT = 60  # seconds
OURS, ALL_ROOMS = "load_mnist()", "import all rooms"
COLUMNS = {
    "what": "",
    "median s": ".3f",
    "min s": ".3f",
    "max s": ".3f",
    f"× {OURS}": ".2f",
}
NOTE = (
    "Keras's own file cannot be fetched without a network. A compressed .npz of the same arrays stands in for it, "
    "and Keras checks the SHA-256 of that one: the same work. Plain np.load checks no SHA-256. Imports: seconds "
    "over the start of a bare interpreter; the goal is for each alone, not for all rooms together."
)


def file_loaders(mnist, folder):
    """Write the arrays as .npz files, compressed and not; return functions that read them."""
    writers = {"compressed": np.savez_compressed, "uncompressed": np.savez}
    for kind, write in writers.items():
        write(folder / f"{kind}.npz", **mnist._asdict())

    def loader(path):
        def load():
            with np.load(path) as arrays:
                return Mnist(**arrays)

        return load

    return {f"np.load, {kind}": loader(folder / f"{kind}.npz") for kind in writers}


def keras_loader(mnist, folder):
    """Return Keras's loader with the arrays in its cache, which is in the folder. Keras must not be imported yet."""
    path = folder / "datasets" / "mnist.npz"
    path.parent.mkdir()
    np.savez_compressed(path, **mnist._asdict())
    os.environ.update(
        CUDA_VISIBLE_DEVICES="-1", KERAS_BACKEND="tensorflow", KERAS_HOME=str(folder)
    )
    with quiet_startup():
        import keras

    # Keras knows the SHA-256 of the file that it would download; ours holds the same
    # arrays in other bytes. With our
    # hash in the place of its own, it does the same work and does not try to download.
    module = sys.modules[keras.datasets.mnist.load_data.__module__]
    get_file, digest = module.get_file, hashlib.sha256(path.read_bytes()).hexdigest()
    module.get_file = lambda **options: get_file(**options | {"file_hash": digest})

    def load():
        (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
        return Mnist(x_train, y_train, x_test, y_test)

    return load


def check_equal(expected, loaders):
    """Raise AssertionError for a loader that does not return the expected arrays, shapes and types."""
    for name, load in loaders.items():
        for field, array, other in zip(Mnist._fields, expected, load(), strict=True):
            np.testing.assert_array_equal(
                other, array, err_msg=f"{name}: {field}", strict=True
            )


def importer(modules):
    """Return a function that imports modules in a fresh interpreter."""
    code = "\n".join(f"import {module}" for module in modules)
    return lambda: subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT / "notebooks",
        check=True,
        timeout=IMPORT_TIMEOUT,
    )


def importers():
    """Return what is imported: nothing, the package, each of its rooms, and all of them."""
    rooms = [
        f"helpers.{room.name}"
        for room in pkgutil.iter_modules(helpers.__path__)
        if room.name[0] != "_"
    ]
    return {
        "": importer([]),
        **{f"import {name}": importer([name]) for name in ["helpers", *rooms]},
        ALL_ROOMS: importer(rooms),
    }


def row(name, values, ratio=None):
    """Return a row of the table."""
    return [name, np.median(values), values.min(), values.max(), ratio]


def main():
    """Run the benchmark; return the exit status: 0 when all goals are reached, 1 otherwise."""
    parser = argparse.ArgumentParser(
        description="Time loading MNIST against other loaders, and importing the helpers."
    )
    parser.add_argument(
        "--rounds", type=int, default=9, help="timed calls of each (default: 9)"
    )
    rounds = max(1, parser.parse_args().rounds)

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
    importing = {name: values - bare for name, values in importing.items()}
    slowest = max(
        importing.keys() - {ALL_ROOMS}, key=lambda name: np.median(importing[name])
    )
    reached = keep(
        "loading",
        f"Seconds to load MNIST and to import the helpers, {rounds} rounds",
        COLUMNS,
        [
            row(name, values, np.median(values / loading[OURS]))
            for name, values in loading.items()
        ]
        + [row(name, values) for name, values in importing.items()],
        facts=machine_facts(),
        notes=[NOTE],
        verdicts=[
            verdict(
                f"seconds of {OURS}",
                np.median(loading[OURS]),
                at_most=MOST_SECONDS_TO_LOAD,
                digits=3,
            ),
            verdict(
                f"seconds of the slowest room, {slowest}",
                np.median(importing[slowest]),
                at_most=MOST_SECONDS_TO_IMPORT,
                digits=3,
            ),
        ],
    )
    return 0 if reached else 1


if __name__ == "__main__":
    spare_signs()
    raise SystemExit(main())
