"""Checks of arguments, shared by the modules of this package.

Each error names the argument, what was given and what is expected.
"""

import operator

import numpy as np


def as_array(values, name, wanted="equal rows"):
    """Return values as an array.

    Parameters
    ----------
    values : array-like
        Anything that NumPy makes an array of.
    name : str
        The argument's name, for the error.
    wanted : str, default="equal rows"
        What is expected, for the error.

    Returns
    -------
    ndarray
        The array, of any shape and dtype.

    Raises
    ------
    ValueError
        If rows differ in length.

    Examples
    --------
    >>> as_array([[1, 2], [3]], "points")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: points must be an array with equal rows: ...
    """
    try:
        return np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name} must be an array with {wanted}: {error}") from error


def as_numbers(values, name, shape, advice=""):
    """Return values as a float64 array of a given shape, all finite.

    Parameters
    ----------
    values : array-like
        Booleans, integers or floats.
    name : str
        The argument's name, for the error.
    shape : tuple or None
        For each dimension a length, or a word that means any length of at least 1,
        as in ``("n", 2)``. None means any shape that is not empty, and ``()`` a number.
    advice : str, default=""
        What to add to the error about a wrong shape.

    Returns
    -------
    ndarray of float64
        A new array.

    Raises
    ------
    TypeError
        If the values are not numbers.
    ValueError
        If the shape differs, or a value is NaN or infinite.

    Examples
    --------
    >>> as_numbers([[1, 2]], "points", ("n", 2))
    array([[1., 2.]])
    >>> as_numbers([1, 2], "points", ("n", 2))
    Traceback (most recent call last):
    ValueError: points must have shape (n, 2) and not be empty, got (2,)
    """
    if shape is None:
        wanted, message = "equal rows", "must not be empty"
    else:
        comma = "," if len(shape) == 1 else ""
        wanted = f"shape ({', '.join(map(str, shape))}{comma})"
        message = (
            f"must have {wanted} and not be empty" if shape else "must be a number"
        )
    array = as_array(values, name, wanted)
    if array.dtype.kind not in "biuf":
        if shape == ():
            raise TypeError(f"{name} must be a number, got {values!r}")
        raise TypeError(f"{name} must hold numbers, got {array.dtype} values")
    wanted_lengths = ("n",) * array.ndim if shape is None else shape
    fits = array.ndim == len(wanted_lengths) and all(
        length == want if isinstance(want, int) else length > 0
        for length, want in zip(array.shape, wanted_lengths, strict=True)
    )
    if not fits:
        given = values if shape == () else array.shape
        raise ValueError(f"{name} {message}, got {given}{advice}")
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        first = tuple(np.argwhere(~np.isfinite(array))[0].tolist())
        where = f" at index {first[0] if len(first) == 1 else first}" if first else ""
        raise ValueError(f"{name} must be finite, got {array[first]}{where}")
    return array


def _advice_on_labels(array, name):
    """Return how to get labels from what looks like the output of a model, or ""."""
    if array.ndim not in (1, 2) or array.size == 0:
        return ""
    fractions = array.dtype.kind == "f" and (array != array.round()).any()
    if fractions and array.shape[1:] in ((), (1,)):
        ravel = ".ravel()" if array.ndim == 2 else ""
        if array.min() < 0:
            return f": compare logits of one unit with 0, ({name} > 0){ravel}"
        if array.max() > 1:
            return ""
        return f": compare outputs of one unit with a threshold, ({name} > 0.5){ravel}"
    if array.ndim == 1:
        return ""
    if not fractions and 1 in array.shape:
        return f": use {name}.ravel()"
    return ": take argmax over the classes first"


def as_labels(values, name):
    """Return class labels as a one-dimensional array of integers or strings.

    Parameters
    ----------
    values : array-like of shape (n,)
        Integers, whole floats, booleans or strings.
    name : str
        The argument's name, for the error.

    Returns
    -------
    ndarray of int64 or str
        The labels.

    Raises
    ------
    TypeError
        If the labels are of any other type, or some are strings and others are not.
    ValueError
        If there are none, the shape differs, or one is NaN, infinite, a fraction, or
        too large for different labels to stay different.

    Examples
    --------
    >>> as_labels([7.0, 2.0], "labels")
    array([7, 2])
    >>> as_labels([1.5], "labels")
    Traceback (most recent call last):
    ValueError: labels must hold whole class labels, got 1.5
    """
    array = as_array(values, name)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(
            f"{name} must hold class labels in shape (n,) and not be empty, "
            f"got {array.shape}{_advice_on_labels(array, name)}"
        )
    if array.dtype.kind in "fb":
        # from this power of 2 on, neighbouring whole numbers round to one float
        power = np.finfo(array.dtype).nmant + 1 if array.dtype.kind == "f" else 53
        array = as_numbers(array, name, ("n",))
        fractions = array[array != array.round()]
        if len(fractions):
            advice = _advice_on_labels(array, name)
            raise ValueError(
                f"{name} must hold whole class labels, got {fractions[0]}{advice}"
            )
        if abs(array).max() >= 2**power:
            raise ValueError(
                f"{name} must hold class labels below 2**{power} when they are floats, "
                f"got {abs(array).max():g}"
            )
        array = array.astype(np.int64)
    if array.dtype.kind in "UTO":
        # NumPy makes strings of all labels in a list if some are strings.
        texts = [isinstance(label, str) for label in values]
        if any(texts) and not all(texts):
            raise TypeError(
                f"{name} must hold integer or string class labels, got a mixture: "
                f"make all of them text, list(map(str, {name}))"
            )
        if all(texts):
            return np.array(array.tolist(), dtype=np.str_)
    if array.dtype.kind not in "iu":
        raise TypeError(
            f"{name} must hold integer or string class labels, got {array.dtype} values"
        )
    if array.dtype.kind == "u" and array.max() >= 2**63:
        raise ValueError(
            f"{name} must hold class labels below 2**63, got {array.max()}"
        )
    return array.astype(np.int64)


def as_whole_number(value, name, least=None):
    """Return a whole number as an ``int``.

    Parameters
    ----------
    value : int
        Python's or NumPy's; booleans do not count.
    name : str
        The argument's name, for the error.
    least : int, default=None
        The smallest number allowed. None means any.

    Returns
    -------
    int
        The number.

    Raises
    ------
    TypeError
        If it is not a whole number.
    ValueError
        If it is below ``least``.

    Examples
    --------
    >>> as_whole_number(0, "ncols", least=1)
    Traceback (most recent call last):
    ValueError: ncols must be a whole number of at least 1, got 0
    """
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
    """Raise an error unless all arrays have the same first dimension.

    Parameters
    ----------
    **arrays : array-like
        The arguments by name.

    Raises
    ------
    ValueError
        If lengths differ.

    Examples
    --------
    >>> check_same_length(x=[1, 2], y=[3])
    Traceback (most recent call last):
    ValueError: x and y must have the same length, but x has 2, y has 1
    """
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        given = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise ValueError(
            f"{' and '.join(lengths)} must have the same length, but {given}"
        )


def check_choice(value, name, choices):
    """Raise an error unless a value is one of the choices.

    Parameters
    ----------
    value : object
        What was given.
    name : str
        The argument's name, for the error.
    choices : iterable
        What is allowed.

    Raises
    ------
    ValueError
        If ``value`` is not among ``choices``.

    Examples
    --------
    >>> check_choice("rows", "normalize", (None, "true"))
    Traceback (most recent call last):
    ValueError: normalize must be one of None, 'true', got 'rows'
    """
    if value not in choices:
        raise ValueError(
            f"{name} must be one of {', '.join(map(repr, choices))}, got {value!r}"
        )
