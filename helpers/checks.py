"""Checkpoints, checks of exercises, and gradients by finite differences.

Used in chapters 1 to 5.
"""

import inspect
import linecache
import operator
import re
from collections.abc import Iterator, MappingView
from numbers import Rational, Real
from traceback import walk_tb

import numpy as np

from helpers._arguments import as_numbers, as_whole_number, check_choice

_MANY = 20  # numbers that are still shown one by one
_answered = set()  # the exercises whose latest check found the answer right


class FailedCheckpoint(AssertionError):
    """A claim is not true.

    A notebook shows the lines that make the claim, and none of this file. Raised by
    `checkpoint`.
    """

    def _render_traceback_(self):  # called by IPython
        from IPython import get_ipython

        traceback = self.__traceback__
        own = checkpoint.__code__
        while (inner := traceback.tb_next) and inner.tb_frame.f_code is not own:
            traceback = inner
        traceback.tb_next = None
        return get_ipython().InteractiveTB.structured_traceback(
            type(self), self, self.__traceback__
        )


def checkpoint(claim, condition):
    """Print a tick and a claim if the claim is true.

    Used in chapters 1 to 5.

    Parameters
    ----------
    claim : str
        The claim in words.
    condition : bool
        Whether the claim is true. For an array, use ``np.all`` or ``np.allclose``.

    Raises
    ------
    FailedCheckpoint
        If ``condition`` is false: an ``AssertionError`` that states the claim.
    TypeError
        If ``condition`` is not a single ``bool``, or ``claim`` is not text. A number or
        an array is refused because it could be true by accident.

    Examples
    --------
    >>> from helpers.checks import checkpoint
    >>> losses = [3.2, 1.1, 0.4]
    >>> checkpoint("the loss fell at each step", losses == sorted(losses, reverse=True))
    ✓ the loss fell at each step
    >>> checkpoint("the loss is below 0.1", losses[-1] < 0.1)
    Traceback (most recent call last):
        ...
    helpers.checks.FailedCheckpoint: This is not true: the loss is below 0.1
    """
    if not isinstance(claim, str) or not claim.strip():
        raise TypeError(
            f"claim must be a sentence, got {claim!r}: "
            "write checkpoint(claim, condition)"
        )
    if not isinstance(condition, bool | np.bool_):
        kind = type(condition).__name__
        raise TypeError(
            f"condition must be a single True or False, got {kind}: "
            "for an array, use np.all(...) or np.allclose(...)"
        )
    if not condition:
        raise FailedCheckpoint(f"This is not true: {claim}")
    print(f"✓ {claim}")


def finite_differences(function, point, *, step=1e-5):
    """Measure the gradient of a function by centred differences.

    Each number of ``point`` is moved up and down by ``step`` while the others stay.
    Used in chapters 1, 3 and 5.

    Parameters
    ----------
    function : callable
        Takes a float64 array of the shape of ``point`` and returns one number.
    point : array-like of numbers, any shape
        Where to measure. It is not changed.
    step : float, default=1e-5
        How far each number is moved, positive.

    Returns
    -------
    numpy.ndarray of float64
        The gradient, of the shape of ``point``.

    Raises
    ------
    TypeError
        If ``point`` does not hold numbers.
    ValueError
        If ``point`` is empty or not finite, ``step`` is not positive and finite, or
        ``function`` does not return one number.

    Notes
    -----
    The error has two parts: one of the order of ``step ** 2``, since higher derivatives
    are left out, and one from rounding of about ``1e-16 * abs(f) / step``, where ``f``
    is the value of the function. For functions and points of ordinary size, a step of
    1e-5 balances the two. At a large point, ``step`` itself is rounded: at 1e11, a
    slope of 1 is measured as 1.5, and from about 1.4e11 on, moving by 1e-5 changes
    nothing, and the result is 0. If the function has a kink within ``step`` of the
    point, as with ReLU, the error can be as large as the change of slope.

    Examples
    --------
    >>> from helpers.checks import finite_differences
    >>> finite_differences(lambda point: point[0] ** 2 * point[1], [3.0, 1.0]).round(6)
    array([6., 9.])
    """
    __tracebackhide__ = True  # IPython shows an error of the function without this file
    point = as_numbers(point, "point", None)  # a copy
    if not isinstance(step, Real) or not 0 < step < np.inf:
        raise ValueError(f"step must be positive and finite, got {step!r}")
    gradient = np.empty_like(point)
    for index in np.ndindex(point.shape):
        here = point[index]
        point[index] = here + step
        above = _one_number(function(point.copy()))
        point[index] = here - step
        below = _one_number(function(point.copy()))
        point[index] = here
        gradient[index] = (above - below) / (2 * step)
    return gradient


def _one_number(value):
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind not in "biuf":
        given = repr(value) if array.size == 1 else f"an array of shape {array.shape}"
        raise ValueError(f"function must return one number, got {given}")
    return float(array.item())


def gradient_error(formula, measured):
    """Return the largest relative difference between two gradients.

    For an entry it is ``abs(f - m) / max(abs(f), abs(m))``, or 0 where both are 0.
    Entries that are much smaller than the largest one, and hence drowned by rounding,
    are compared with a millionth of the largest. Used in chapters 1 and 5.

    Parameters
    ----------
    formula, measured : array-like of numbers, equal shapes
        The gradient that a formula gives and, say, that of `finite_differences`.

    Returns
    -------
    float
        From 0, for equal gradients, to 2, for entries of equal size and opposite sign.

    Raises
    ------
    TypeError
        If a gradient does not hold numbers.
    ValueError
        If the shapes differ, or a gradient is empty or not finite.

    Notes
    -----
    A wrong formula often has an error near 1. For a correct one, compared with
    `finite_differences`, the error is below about 1e-6 if no kink of the function is
    near and no entry is smaller than 1e-5 times the function's value. In a trained
    network with ReLU, many entries are that small, and the error can exceed 1 although
    the formula is correct. Chapter 3 therefore leaves out entries at kinks and compares
    whole arrays by their norms.

    Examples
    --------
    >>> from helpers.checks import gradient_error
    >>> gradient_error([2.0, -1.0], [2.0, -1.0])
    0.0
    >>> gradient_error([2.0, -1.0], [2.0, 1.0])
    2.0
    """
    formula = as_numbers(formula, "formula", None)
    measured = as_numbers(measured, "measured", None)
    if formula.shape != measured.shape:
        raise ValueError(
            "formula and measured must have the same shape, "
            f"got {formula.shape} and {measured.shape}"
        )
    largest = max(abs(formula).max(), abs(measured).max())
    if largest == 0:
        return 0.0
    # scaled by a power of 2 so that the largest is near 1 and nothing below overflows
    power = -np.frexp(largest)[1]
    formula, measured = np.ldexp(formula, power), np.ldexp(measured, power)
    size = np.maximum(abs(formula), abs(measured))
    return float((abs(formula - measured) / np.maximum(size, 1e-6 * size.max())).max())


class WrongAnswer(AssertionError):
    """An answer to an exercise is not right yet.

    A notebook shows the message without a traceback. Raised by `check_exercise`.
    """

    def _render_traceback_(self):
        return [f"✗ {self}"]


def check_layers(sizes, activation, activation_functions):
    """Raise an error unless a network can be made of these layers.

    Used in chapter 3.

    Parameters
    ----------
    sizes : sequence of int
        The number of inputs, the sizes of the hidden layers if any, and the number of
        classes.
    activation : str
        The activation function of the hidden layers.
    activation_functions : mapping
        Those that there are, by their names.

    Raises
    ------
    ValueError
        If there are fewer than two sizes, a size is less than 1, or the activation
        function is unknown.

    Examples
    --------
    >>> from helpers.checks import check_layers
    >>> check_layers([784], "relu", {"relu": abs})
    Traceback (most recent call last):
    ValueError: sizes must hold at least two layer sizes, each at least 1, got [784]
    """
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(
            "sizes must hold at least two layer sizes, each at least 1, "
            f"got {list(sizes)}"
        )
    check_choice(activation, "activation", activation_functions)


def check_training(
    weights, x, labels, validation, *, epochs, batch_size, learning_rate
):
    """Raise an error for what a network cannot be trained on, before any work is done.

    Used in chapter 3.

    Parameters
    ----------
    weights : list of ndarray
        For each layer an array of shape ``(inputs, outputs)``. Whether the layers fit
        each other is not checked.
    x : ndarray of shape (n, inputs)
        The samples, in the dtype of the weights.
    labels : ndarray of int of shape (n,)
        Their classes, from 0 to ``outputs - 1`` of the last layer.
    validation : tuple of ndarray
        The samples and labels of the validation part.
    epochs, batch_size : int
        At least 1.
    learning_rate : float
        Positive and finite.

    Raises
    ------
    TypeError
        If samples or labels are no arrays, or a number is of the wrong kind.
    ValueError
        If samples do not have the shape or dtype that the first layer takes, are not
        finite, or there are none; if labels are not one integer for each sample, or
        one is no class; if a number is too small or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from helpers.checks import check_training
    >>> samples = np.zeros((1, 2), np.float32), np.array([3])
    >>> weights = [np.zeros((2, 3), np.float32)]
    >>> settings = {"epochs": 1, "batch_size": 1, "learning_rate": 0.1}
    >>> check_training(weights, *samples, samples, **settings)
    Traceback (most recent call last):
    ValueError: labels must lie in 0 to 2, got 3 to 3
    """
    as_whole_number(epochs, "epochs", least=1)
    as_whole_number(batch_size, "batch_size", least=1)
    if as_numbers(learning_rate, "learning_rate", ()) <= 0:
        raise ValueError(f"learning_rate must be positive, got {learning_rate}")
    inputs, classes = weights[0].shape[0], weights[-1].shape[1]
    for samples in ((x, labels), validation):
        _check_samples(*samples, inputs, classes, weights[0].dtype)


def _check_samples(x, labels, inputs, classes, dtype):
    """Raise an error unless samples and labels fit a network."""
    if not (isinstance(x, np.ndarray) and isinstance(labels, np.ndarray)):
        kinds = f"{type(x).__name__} and {type(labels).__name__}"
        raise TypeError(f"x and labels must be arrays, got {kinds}")
    if x.ndim != 2 or x.shape[1] != inputs or len(x) == 0:
        raise ValueError(
            f"x must have shape (n, {inputs}) and not be empty, got {x.shape}"
        )
    if x.dtype != dtype:
        raise ValueError(f"x must be {dtype} like the network, got {x.dtype}")
    if not np.isfinite(x).all():
        raise ValueError("x must be finite, got NaN or infinity")
    if labels.shape != (len(x),) or labels.dtype.kind not in "iu":
        given = f"shape {labels.shape} of {labels.dtype}"
        raise ValueError(f"labels must be {len(x)} integers, got {given}")
    if labels.min() < 0 or labels.max() >= classes:
        given = f"{labels.min()} to {labels.max()}"
        raise ValueError(f"labels must lie in 0 to {classes - 1}, got {given}")


def check_exercise(
    number, answer, expected, *, hints=(), unchanged=None, rtol=1e-6, atol=1e-9
):
    """Tell the reader whether an answer is right and, if it is not, give a hint.

    Prints a tick for a right answer, and that the exercise waits as long as there is no
    answer: ``...``, a list or tuple with ``...`` in it, ``None``, or a name that is not
    defined yet. Used in chapters 1 to 5.

    Parameters
    ----------
    number : str
        The number of the exercise, such as ``"1.2"``.
    answer : function
        Takes no arguments and returns the answer, so that a name that the reader has
        not defined yet, and any other error, is noticed here and explained. Arrays and
        lists that it names must not change when it is called; one that does is
        restored.
    expected : array-like
        The right answer. An answer is right if it has the same shape and is close, or
        equal where it holds no numbers. Booleans are not accepted for numbers. An array
        with one number is accepted for a number, and an iterator for a list.
    hints : iterable of (array-like, str), default=()
        Wrong answers, each with a hint as plain text. The first match counts. One that
        is rounded, to 2 to 8 decimals or significant digits, counts as well.
    unchanged : dict of str to (ndarray, array-like), default=None
        By their names, arrays that the reader's cell may read and must not change, each
        with its right values, as in ``{"x": (x, load_digits().data)}``. One that has
        changed is restored.
    rtol : float, default=1e-6
        The relative tolerance, for hints as well, as in `numpy.allclose`.
    atol : float, default=1e-9
        The absolute tolerance, likewise.

    Raises
    ------
    WrongAnswer
        If the answer is wrong, raises an error, or changes what it should only read: an
        ``AssertionError`` with a hint or an explanation.
    TypeError
        If ``answer`` is not a function.

    Examples
    --------
    >>> from helpers.checks import check_exercise
    >>> hints = [(2 / 17, "The eigenvalue is twice as large.")]
    >>> check_exercise("1.2", lambda: ..., 1 / 17, hints=hints)
    ○ Exercise 1.2 is waiting for your answer.
    >>> check_exercise(
    ...     "1.2", lambda: 0.118, 1 / 17, hints=hints
    ... )  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    helpers.checks.WrongAnswer: Exercise 1.2: not yet. You answered 0.118. The ...
    >>> check_exercise("1.2", lambda: 1 / (4**2 + 1), 1 / 17, hints=hints)
    ✓ Exercise 1.2: right.
    """
    __tracebackhide__ = True  # IPython shows a wrong call without this file
    if not inspect.isfunction(answer):
        raise TypeError(
            f"answer must be a function, got {type(answer).__name__}: "
            "write lambda: before it, as in lambda: 0.5"
        )
    _answered.discard(number)
    named = _named(answer)
    kept = [
        (name, part, part.copy())
        for name, value in named.items()
        for part in _changeable_parts(value)
    ]
    missing = "."
    unset = any(value is Ellipsis for value in named.values())
    try:
        given = ... if unset else answer()
    except Exception as error:
        _restore(kept)
        line, is_theirs = _last_line(error, answer)
        not_set = isinstance(error, NameError) and not is_theirs
        if not not_set or isinstance(error, UnboundLocalError):
            stopped = _in_plain_words(error, line, is_theirs)
            raise WrongAnswer(f"Exercise {number}: not yet. {stopped}") from error
        given = None
        missing = (
            f": {error.name} is not defined. Run the cell that sets it, "
            "or look for a typing mistake."
        )
    parts = given if isinstance(given, list | tuple) else [given]
    if given is None or any(part is Ellipsis for part in parts):
        print(f"○ Exercise {number} is waiting for your answer{missing}")
        return
    kept += [(name, *pair) for name, pair in (unchanged or {}).items()]
    if changed := _restore(kept):
        raise WrongAnswer(
            f"Exercise {number}: not yet. Your code changes {changed} itself, which "
            "has now been restored, since later cells need it. Work on a copy, as in "
            f"{changed}.copy(), or make a new array, and run your cell again."
        )
    given = _plain(given, expected)
    if _agree(given, expected, rtol, atol):
        print(f"✓ Exercise {number}: right.")
        _answered.add(number)
        return
    # what the reader's function returns to a check is not an answer as they wrote it
    theirs = not any(map(callable, named.values()))
    fault = _fault(given, expected, list(hints), theirs, rtol, atol)
    raise WrongAnswer(f"Exercise {number}: not yet. {fault}")


def is_answered(number):
    """Return whether the latest check of an exercise found its answer right.

    For cells that go on with the reader's answer. Used in chapter 5.

    Parameters
    ----------
    number : str
        The number of the exercise, as in `check_exercise`.

    Returns
    -------
    bool
        False before the first check, too.

    Examples
    --------
    >>> from helpers.checks import check_exercise, is_answered
    >>> check_exercise("9.9", lambda: 3, 3)
    ✓ Exercise 9.9: right.
    >>> is_answered("9.9")
    True
    """
    return number in _answered


def _shape(value):
    """Return the shape of a value, None when its rows have different lengths."""
    try:
        return np.shape(value)
    except ValueError:
        return None


def _named(function):
    """Return by their names the values from outside that a function uses."""
    codes = [function.__code__]
    for code in codes:  # a comprehension may have a code of its own
        codes += filter(inspect.iscode, code.co_consts)
    names = {name for code in codes for name in code.co_names}
    given = function.__globals__
    used = {name: given[name] for name in sorted(names & given.keys())}
    return used | inspect.getclosurevars(function).nonlocals


def _changeable_parts(value):
    """Yield the arrays and lists that a value is made of."""
    if isinstance(value, np.ndarray | list):
        yield value
    if isinstance(value, list | tuple):
        for part in value:
            yield from _changeable_parts(part)


def _restore(kept):
    """Put back what has changed; return the name of the first that had, or ""."""
    changed = ""
    for name, part, old in kept:
        same = _shape(part) == _shape(old)
        if isinstance(part, list):
            if len(part) != len(old) or any(map(operator.is_not, part, old)):
                part[:], changed = old, changed or name
        elif not same or part.tobytes() != np.asarray(old, part.dtype).tobytes():
            changed = changed or name
            if same:
                part[...] = old
    return changed


_KINDS = [  # errors, a pattern that their messages have, what happened in plain words
    (
        ValueError,
        "truth value of an array",
        "A condition must be one True or False, and here is an array of them: "
        "np.where, & and | work number by number.",
    ),
    (Exception, "unpack", "There are more or fewer values than names to hold them."),
    (
        AttributeError,
        "can't set|no setter|not writable|read-only",
        "This attribute cannot be set: make a new object, with _replace for example.",
    ),
    (
        AttributeError,
        "",
        "It has nothing of that name: look for a typing mistake, or for a value of "
        "another kind than you expect.",
    ),
    (
        TypeError,
        "NoneType",
        "There is None where a value is needed: does a function lack its return?",
    ),
    (
        TypeError,
        "positional argument|keyword argument",
        "A function is called with more, fewer or other arguments than it takes.",
    ),
    (
        ValueError,
        "broadcast|aligned|mismatch in its core dimension",
        "The shapes of these arrays do not fit together.",
    ),
    (IndexError, "", "There is no such place: positions go from 0 to the length - 1."),
    (UnboundLocalError, "", "A function uses a name before it has a value there."),
    (NameError, "", "A name is not defined: look for a typing mistake."),
    (ZeroDivisionError, "", "Something is divided by 0."),
    (Exception, "", "Here Python could not go on."),
]


def _last_line(error, answer):
    """Return the last line of the notebook that ran, and if it is not the check's."""
    files = [
        (frame.f_code.co_filename, line)
        for frame, line in walk_tb(error.__traceback__)
        if frame.f_globals is answer.__globals__
    ]
    file, line = files[-1]
    return linecache.getline(file, line).strip(), file != answer.__code__.co_filename


def _in_plain_words(error, line, is_theirs):
    """Explain an error of the answer, with its line and with Python's message."""
    words = next(
        words
        for kind, pattern, words in _KINDS
        if isinstance(error, kind) and re.search(pattern, str(error))
    )
    whose = "your line" if is_theirs else "the line of the check"
    said = f"{words}\n  {whose}: {line}" if line else words
    return f"{said}\n  Python says: {type(error).__name__}: {error}"


def _plain(given, expected):
    """Return an answer as it is compared: right ones may come in other clothes."""
    if isinstance(given, Iterator | MappingView):
        given = list(given)
    if np.ndim(expected) == 0 and _shape(given) and np.size(given) == 1:
        given = np.asarray(given).item()
    return float(given) if isinstance(given, Rational) and given % 1 else given


def _fault(given, expected, hints, theirs, rtol, atol):
    """Say what is wrong with an answer: with a hint if one fits."""
    said = f"{'You answered' if theirs else 'Your code gives'} {_shown(given)}"
    right_ones = _right_ones(given, expected, rtol, atol) if theirs else ""
    fitting = [hint for wrong, hint in hints if _agree(given, wrong, rtol, atol)]
    if not fitting and not _is_rounded(given, expected):
        fitting = [hint for wrong, hint in hints if _is_rounded(given, wrong)]
    if fitting:
        shown = theirs and _shape(given) is not None and np.size(given) <= _MANY
        return f"{said}.{right_ones} {fitting[0]}" if shown else fitting[0]
    shape, wanted = _shape(given), np.asarray(expected)
    if shape not in (None, wanted.shape):
        kind = _kind(given)
        if shape == (2,) and isinstance(given, tuple) and wanted.ndim == 0:
            kind = f"the pair {given}"
            if _holds_numbers(given, "iu") and given[1] >= 0:
                kind += f" (a decimal has a point: {given[0]}.{given[1]})"
        said = said.replace(_shown(given), kind)
        return f"{said}, and {_kind(expected)} is wanted."
    if shape is None:
        said += f": its parts differ in length, and {_kind(expected)} is wanted"
    elif _holds_numbers(expected) and not _holds_numbers(given):
        said += f", and {'numbers are' if wanted.ndim else 'a number is'} wanted"
    elif _is_rounded(given, expected):
        said += ", which is rounded: let Python compute it"
    return f"{said}.{right_ones}"


def _right_ones(given, expected, rtol, atol):
    """Say which of several numbers are right."""
    if _shape(given) != np.shape(expected) or np.ndim(given) != 1:
        return ""
    if not 2 <= np.size(given) <= _MANY:
        return ""
    if not (_holds_numbers(given) and _holds_numbers(expected)):
        return ""
    right = np.isclose(given, expected, rtol=rtol, atol=atol)
    places = [str(place) for place in np.flatnonzero(right) + 1]
    if not places:
        return " None of these numbers is right."
    if len(places) == 1:
        return f" Number {places[0]} of these is right."
    return f" Numbers {', '.join(places[:-1])} and {places[-1]} of these are right."


def _is_rounded(given, wanted):
    """Return whether numbers are others, with 2 to 8 decimals or significant digits."""
    if not (_holds_numbers(given) and _holds_numbers(wanted, "f")):
        return False
    given, wanted = np.asarray(given), np.asarray(wanted)
    if given.shape != wanted.shape or given.size > _MANY or not given.all():
        return False
    for digits in range(2, 9):
        short = [float(f"{number:.{digits - 1}e}") for number in wanted.flat]
        for rounded in (wanted.round(digits).ravel(), short):
            if np.allclose(given.ravel(), rounded, rtol=1e-9, atol=0):
                return True
    return False


def _holds_numbers(value, kinds="iufc"):
    """Return whether an array-like holds numbers, which Booleans are not."""
    return _shape(value) is not None and np.asarray(value).dtype.kind in kinds


def _kind(value):
    """Describe the shape of a value."""
    return f"an array of shape {_shape(value)}" if _shape(value) else "a single value"


def _shown(value):
    """Return a value as short text: numbers without their NumPy types."""
    for kind, word in ((str, "text"), (set, "set"), (dict, "dictionary")):
        if isinstance(value, kind):
            return f"the {word} {kind(value)!r}"
    if _shape(value) is None:
        return str(value)
    array = np.asarray(value)
    if array.size > _MANY:
        return f"{array.ravel()[:4]} and so on"
    if array.dtype.kind not in "biufc":
        return str(value)
    if array.dtype.kind == "f" and array.itemsize < 8:
        # by way of text: 0.2 of float32 is 0.20000000298... in float64
        array = array.astype(str).astype(float)
    return str(array.tolist())


def _agree(given, expected, rtol, atol):
    """Return whether two values have the same shape and are close.

    Values that are not numbers must be equal.
    """
    if _shape(given) != np.shape(expected):
        return False
    if _holds_numbers(given, "b") and _holds_numbers(expected):
        return False
    try:
        return bool(np.allclose(given, expected, rtol=rtol, atol=atol))
    except (TypeError, ValueError, OverflowError):  # not numbers, or too large
        pass
    try:
        return bool(np.array_equal(given, expected))
    except (TypeError, ValueError, OverflowError):
        return False
