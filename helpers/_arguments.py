"""Checks of arguments, shared by the public functions: each names the argument, what came and what is expected."""

import operator

import numpy as np


def as_array(values, name, wanted="equal rows"):
    """Return ``values`` as an array; raise ``ValueError`` when rows have different lengths."""
    try:
        return np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name} must be an array with {wanted}: {error}") from error


def as_numbers(values, name, shape):
    """Return ``values`` as a float64 array of the given shape, all finite.

    ``shape`` is a tuple such as ``("n", 2)``: a number must match, a word stands for
    any length of at least 1. None stands for any shape that is not empty.

    Raises ``TypeError`` for anything that is not numeric, ``ValueError`` for a wrong
    shape, NaN or infinity.
    """
    wanted = "any shape"
    if shape is not None:
        wanted = (
            "shape ("
            + ", ".join(map(str, shape))
            + ("," if len(shape) == 1 else "")
            + ")"
        )
    array = as_array(values, name, wanted)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold numbers, got {array.dtype} values")
    if shape is None:
        shape = ("n",) * array.ndim
    fits = array.ndim == len(shape) and all(
        length == want if isinstance(want, int) else length > 0
        for length, want in zip(array.shape, shape, strict=True)
    )
    if not fits:
        raise ValueError(
            f"{name} must have {wanted} and not be empty, got {array.shape}"
        )
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        first = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name} must be finite, got {array[first]} at index {first}")
    return array


def _way_to_labels(array, name):
    """Return advice for an array of two dimensions, empty for any other."""
    if array.ndim != 2 or array.size == 0:
        return ""
    fractions = array.dtype.kind == "f" and (array != array.round()).any()
    if fractions and array.shape[1] == 1:
        return f": compare the outputs of one unit with a threshold, ({name} > 0.5).ravel()"
    if not fractions and 1 in array.shape:
        return f": use {name}.ravel()"
    return ": take argmax over the classes first"


def as_labels(values, name):
    """Return class labels as a one-dimensional array of int64 or strings.

    Raises ``TypeError`` for other types, ``ValueError`` for a wrong shape, emptiness,
    NaN, fractions or integers that are too large to be told apart.
    """
    array = as_array(values, name)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(
            f"{name} must hold class labels in shape (n,) and not be empty, "
            f"got {array.shape}{_way_to_labels(array, name)}"
        )
    if array.dtype.kind in "fb":
        array = as_numbers(array, name, ("n",))
        if (array != array.round()).any():
            raise ValueError(
                f"{name} must hold whole class labels, got {array[array != array.round()][0]}"
            )
        if abs(array).max() > 2**53:
            raise ValueError(
                f"{name} must hold class labels of at most 2**53 when they are floats, "
                f"got {abs(array).max():g}"
            )
        array = array.astype(np.int64)
    if array.dtype.kind in "OT" and all(isinstance(label, str) for label in array):
        array = np.array(array.tolist(), dtype=np.str_)
    if array.dtype.kind not in "iuU":
        raise TypeError(
            f"{name} must hold integer or string class labels, got {array.dtype} values"
        )
    if array.dtype.kind == "U":
        return array
    if array.dtype.kind == "u" and array.max() >= 2**63:
        raise ValueError(
            f"{name} must hold class labels below 2**63, got {array.max()}"
        )
    return array.astype(np.int64)


def as_whole_number(value, name, least=None):
    """Return ``value`` as an ``int``; raise ``TypeError`` or ``ValueError`` unless it is one of at least ``least``."""
    wanted = (
        "a whole number" if least is None else f"a whole number of at least {least}"
    )
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        raise TypeError(f"{name} must be {wanted}, got {value!r}")
    if least is not None and number < least:
        raise ValueError(f"{name} must be {wanted}, got {value!r}")
    return number


def check_same_length(**arrays):
    """Raise ``ValueError`` unless all the named arrays have the same first dimension."""
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        given = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise ValueError(
            f"{' and '.join(lengths)} must have the same length, but {given}"
        )


def check_choice(value, name, choices):
    """Raise ``ValueError`` unless ``value`` is one of ``choices``."""
    if value not in choices:
        raise ValueError(
            f"{name} must be one of {', '.join(map(repr, choices))}, got {value!r}"
        )
