"""The MNIST handwritten digits, bundled with the course. Used from chapter 3 on."""

import gzip
import hashlib
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

_FOLDER = Path(__file__).with_name("mnist")
_IMAGES, _LABELS = (
    2051,
    2049,
)  # the magic numbers that open an IDX file of images, of labels
_KIND = {_IMAGES: "images", _LABELS: "labels"}
_HEADER = {
    _IMAGES: ">IIII",
    _LABELS: ">II",
}  # magic, count, and for images rows and columns; big-endian

# field: (file, magic number, SHA-256 of the uncompressed bytes)
_FILES = {
    "x_train": (
        "train-images-idx3-ubyte.gz",
        _IMAGES,
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    "y_train": (
        "train-labels-idx1-ubyte.gz",
        _LABELS,
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    "x_test": (
        "t10k-images-idx3-ubyte.gz",
        _IMAGES,
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    "y_test": (
        "t10k-labels-idx1-ubyte.gz",
        _LABELS,
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
}


class DatasetError(RuntimeError):
    """A bundled data file is missing or is not what it should be; the message names the file and the remedy."""


class Mnist(NamedTuple):
    """MNIST in four ``uint8`` arrays: pixels from 0 (paper) to 255 (ink), labels from 0 to 9."""

    x_train: np.ndarray  # (60000, 28, 28)
    y_train: np.ndarray  # (60000,)
    x_test: np.ndarray  # (10000, 28, 28)
    y_test: np.ndarray  # (10000,)


def load_mnist(*, folder=None):
    """Read the bundled MNIST files, check every byte, and return them as :class:`Mnist`.

    ``folder`` may name another place that holds the same four files. No network is
    used.

    Raises :class:`DatasetError` when a file is missing, unreadable, truncated, altered
    or not the one expected. Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST
    database of handwritten digits" (CC BY-SA 3.0).
    """
    folder = _FOLDER if folder is None else Path(folder)
    return Mnist(
        **{
            field: _load(folder / name, magic, digest)
            for field, (name, magic, digest) in _FILES.items()
        }
    )


def _load(path, magic, digest):
    data = _unpack(path)
    array = _parse(path, data, magic)
    found = hashlib.sha256(data).hexdigest()
    if found != digest:
        owner = next(
            (name for name, _, known in _FILES.values() if known == found), None
        )
        fault = (
            f"it holds what belongs in {owner}"
            if owner
            else f"its bytes were altered (SHA-256 {found[:12]}…)"
        )
        raise _error(path, fault)
    return array


def _unpack(path):
    """Return the uncompressed bytes of a gzip file."""
    try:
        return gzip.decompress(path.read_bytes())
    except FileNotFoundError as error:
        raise _error(path, "it is missing") from error
    except OSError as error:  # gzip.BadGzipFile is one of these, and has no errno
        fault = (
            f"it cannot be read ({error.strerror})"
            if error.errno
            else f"it is no sound gzip file ({error})"
        )
        raise _error(path, fault) from error
    except EOFError as error:
        raise _error(
            path, "it is truncated: the compressed data end too early"
        ) from error
    except zlib.error as error:
        raise _error(path, f"its compressed data are damaged ({error})") from error


def _parse(path, data, magic):
    """Return the array in IDX bytes: ``(count, rows, columns)`` for images, ``(count,)`` for labels."""
    size = struct.calcsize(_HEADER[magic])
    if len(data) < size:
        raise _error(
            path,
            f"it is truncated: {len(data)} bytes, less than its {size}-byte header",
        )
    found, *shape = struct.unpack_from(_HEADER[magic], data)
    if found in _KIND and found != magic:
        raise _error(
            path,
            f"it holds {_KIND[found]} where {_KIND[magic]} belong: were two files swapped?",
        )
    if found != magic:
        raise _error(
            path,
            f"its magic number is {found}, and a file of {_KIND[magic]} starts with {magic}",
        )
    promised = int(np.prod(shape, dtype=object))
    if promised != len(data) - size:
        raise _error(
            path,
            f"its header promises {promised} bytes for shape {tuple(shape)}, "
            f"but {len(data) - size} follow",
        )
    return (
        np.frombuffer(data, np.uint8, offset=size).reshape(shape).copy()
    )  # a copy that may be written to


def _error(path, fault):
    return DatasetError(
        f"{path.name}: {fault}. Looked in {path.parent}. To get it back, run "
        f"`git checkout -- helpers/mnist` in the folder of the course, or download the course again."
    )
