"""The MNIST handwritten digits, bundled with the course.

Used in chapters 3 to 5.
"""

import gzip
import hashlib
import math
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

_FOLDER = Path(__file__).with_name("mnist")
_IMAGES, _LABELS = 2051, 2049  # the magic numbers that open an IDX file
_KIND = {_IMAGES: "images", _LABELS: "labels"}
# big-endian: magic number, count, and for images the numbers of rows and columns
_HEADER = {_IMAGES: ">IIII", _LABELS: ">II"}

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
    """A data file is missing or differs from the one that is expected.

    The message names the file, the fault and the remedy. Raised by `load_mnist`.
    """


class Mnist(NamedTuple):
    """The images and labels of MNIST, all of dtype ``uint8``, from `load_mnist`.

    Attributes
    ----------
    x_train : ndarray of shape (60000, 28, 28)
        Grey levels from 0 (paper) to 255 (ink). Rows count from the top, columns from
        the left.
    y_train : ndarray of shape (60000,)
        The digits, from 0 to 9.
    x_test : ndarray of shape (10000, 28, 28)
        As ``x_train``.
    y_test : ndarray of shape (10000,)
        As ``y_train``.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def load_mnist(*, folder=None):
    """Read the bundled MNIST files, check every byte, and return their arrays.

    No network is used. Each call returns new arrays, which may be written to. Used in
    chapters 3 to 5.

    Parameters
    ----------
    folder : str or path-like, default=None
        Another folder that holds the same four files; the bundled ones if None.

    Returns
    -------
    Mnist
        Arrays of dtype ``uint8``: ``x_train``, ``y_train``, ``x_test`` and ``y_test``.

    Raises
    ------
    DatasetError
        If a file is missing, unreadable, truncated, altered or not the one expected.

    References
    ----------
    Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits",
    CC BY-SA 3.0.

    Examples
    --------
    >>> from helpers.datasets import load_mnist
    >>> mnist = load_mnist()
    >>> mnist.x_train.shape, mnist.x_train.dtype
    ((60000, 28, 28), dtype('uint8'))
    >>> mnist.y_test[:5]
    array([7, 2, 1, 0, 4], dtype=uint8)
    """
    folder = _FOLDER if folder is None else Path(folder)
    return Mnist(
        **{
            field: _load(folder / name, magic, digest)
            for field, (name, magic, digest) in _FILES.items()
        }
    )


def _load(path, magic, digest):
    """Return the array in a file whose bytes have this SHA-256."""
    data = _unpack(path)
    array = _parse(path, data, magic)
    found = hashlib.sha256(data).hexdigest()
    if found != digest:
        owners = {known: name for name, _, known in _FILES.values()}
        if found in owners:
            raise _error(path, f"it holds what belongs in {owners[found]}")
        raise _error(path, f"its bytes were altered (SHA-256 {found[:12]}…)")
    return array


def _unpack(path):
    """Return the uncompressed bytes of a gzip file."""
    try:
        return gzip.decompress(path.read_bytes())
    except FileNotFoundError as error:
        raise _error(path, "it is missing") from error
    except gzip.BadGzipFile as error:
        raise _error(path, f"it is not a valid gzip file ({error})") from error
    except OSError as error:
        raise _error(path, f"it cannot be read ({error.strerror})") from error
    except EOFError as error:
        fault = "it is truncated: the compressed data end too early"
        raise _error(path, fault) from error
    except zlib.error as error:
        raise _error(path, f"its compressed data are damaged ({error})") from error


def _parse(path, data, magic):
    """Return the array in IDX bytes.

    Its shape is ``(count, rows, columns)`` for images and ``(count,)`` for labels.
    """
    size, kind = struct.calcsize(_HEADER[magic]), _KIND[magic]
    if len(data) < size:
        fault = f"it is truncated: {len(data)} bytes, less than its {size}-byte header"
        raise _error(path, fault)
    found, *shape = struct.unpack_from(_HEADER[magic], data)
    if found in _KIND and found != magic:
        fault = f"it holds {_KIND[found]} where {kind} belong: were two files swapped?"
        raise _error(path, fault)
    if found != magic:
        fault = f"its magic number is {found}, and a file of {kind} starts with {magic}"
        raise _error(path, fault)
    promised, follow = math.prod(shape), len(data) - size
    if promised != follow:
        fault = (
            f"its header promises {promised} bytes for shape {tuple(shape)}, "
            f"but {follow} follow"
        )
        raise _error(path, fault)
    array = np.frombuffer(data, np.uint8, offset=size).reshape(shape)
    return array.copy()  # which may be written to


def _error(path, fault):
    """Return the error that names a file, its fault and the remedy."""
    remedy = "copy the file from helpers/mnist in the folder of the course"
    if path.parent == _FOLDER:
        remedy = (
            "run `git checkout -- helpers/mnist` in the folder of the course, "
            "or download the course again"
        )
    return DatasetError(
        f"{path.name}: {fault}. Looked in {path.parent}. To get it back, {remedy}."
    )
