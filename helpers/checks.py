"""Checkpoints, exercise checks, and gradients measured by finite differences. Used in every chapter."""

from numbers import Real

import numpy as np

from helpers._arguments import as_numbers

_answered = set()  # the exercises whose latest check found the answer right


def checkpoint(claim, condition):
    """Print a tick and the claim if ``condition`` is true; raise ``AssertionError`` with the claim if it is not.

    ``condition`` is a single ``bool``: put ``np.all(...)`` or ``np.allclose(...)``
    around arrays. Raises ``TypeError`` for anything else, so that an array or a number
    is never taken for a proof.
    """
    if not isinstance(claim, str) or not claim.strip():
        raise TypeError(f"claim must be a sentence, got {claim!r}")
    if not isinstance(condition, bool | np.bool_):
        raise TypeError(
            f"condition must be a single True or False, got {type(condition).__name__}: "
            "for an array, use np.all(...) or np.allclose(...)"
        )
    if not condition:
        raise AssertionError(f"This is not true: {claim}")
    print(f"✓ {claim}")


def finite_differences(function, point, *, step=1e-5):
    """Measure the gradient of ``function`` at ``point`` by centred differences.

    Each number of ``point`` is nudged up and down by ``step`` while the others stay, in
    float64.

    ``function``  takes an array of the shape of ``point`` and returns one number
    ``point``     array of any shape; it is not changed
    ``step``      positive number

    Returns a float64 array of the shape of ``point``. Its error is of the order
    ``step**2``. Raises ``TypeError`` or ``ValueError`` for a point that is not finite,
    a step that is not positive, or a function that returns more than one number. Taught
    in chapter 1.
    """
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
    """Return the largest relative difference between two gradients of the same shape, a float of at least 0.

    For each entry it is ``|f - m| / max(|f|, |m|)``, and 0 where both are 0. A right
    gradient in float64 stays below about 1e-6, a wrong one is often near 1; judge the
    result with a checkpoint. Entries that are tiny next to the largest one are measured
    against a millionth of it, where rounding would drown them.

    Raises ``ValueError`` when the shapes differ or a value is not finite. Taught in
    chapter 1.
    """
    formula, measured = (
        as_numbers(formula, "formula", None),
        as_numbers(measured, "measured", None),
    )
    if formula.shape != measured.shape:
        raise ValueError(
            f"formula and measured must have the same shape, got {formula.shape} and {measured.shape}"
        )
    largest = max(abs(formula).max(), abs(measured).max())
    if largest == 0:
        return 0.0
    power = -np.frexp(largest)[
        1
    ]  # brings the largest near 1, so that nothing below overflows
    formula, measured = np.ldexp(formula, power), np.ldexp(measured, power)
    size = np.maximum(abs(formula), abs(measured))
    return float((abs(formula - measured) / np.maximum(size, 1e-6 * size.max())).max())


class WrongAnswer(AssertionError):
    """An answer to an exercise is not right yet; a notebook shows the words alone, and no traceback."""

    def _render_traceback_(self):
        return [f"✗ {self}"]


def check_exercise(number, answer, expected, *, hints=(), rtol=1e-6, atol=1e-9):
    """Say whether a reader's answer to an exercise is right, and if not, give a hint.

    ``number``    of the exercise, for example ``"1.2"``
    ``answer``    function without arguments that computes the answer, so that a name that the reader has not
                  defined yet is met with a kind word instead of a traceback
    ``expected``  number or array; the answer must have its shape and be close to it
    ``hints``     pairs ``(wrong answer, hint)`` for common mistakes; the hint of the first match is shown

    Prints a tick when right, and a note when there is no answer yet (``...``, ``None``
    or an unknown name). Raises :class:`WrongAnswer`, an ``AssertionError``, with the
    hint when the answer is wrong.
    """
    _answered.discard(number)
    try:
        given = answer()
    except (
        UnboundLocalError
    ):  # a NameError too, but a mistake in the answer, not a missing one
        raise
    except NameError as error:
        given, missing = (
            None,
            f": {error.name} is not defined. (Or your answer uses that name.)"
            if error.name
            else ".",
        )
    else:
        missing = "."
    if given is None or given is Ellipsis:
        print(f"○ Exercise {number} is waiting for your answer{missing}")
        return
    if _agree(given, expected, rtol, atol):
        print(f"✓ Exercise {number}: right.")
        _answered.add(number)
        return
    for wrong, hint in hints:
        if _agree(given, wrong, rtol, atol):
            raise WrongAnswer(f"Exercise {number}: not yet. {hint}")
    if _shape(given) not in (None, np.shape(expected)):
        raise WrongAnswer(
            f"Exercise {number}: not yet. The answer should be {_kind(expected)}, "
            f"and is {_kind(given)}."
        )
    raise WrongAnswer(f"Exercise {number}: not yet. The answer is {_shown(given)}.")


def is_answered(number):
    """Return whether the latest check of an exercise found its answer right; False before the first check.

    For cells that go on with the reader's answer. ``number`` as in
    :func:`check_exercise`. Used in chapter 5.
    """
    return number in _answered


def _shape(value):
    """Return the shape of a value, None when its rows have different lengths."""
    try:
        return np.shape(value)
    except ValueError:
        return None


def _kind(value):
    """Say in words of what shape a value is."""
    return f"an array of shape {_shape(value)}" if _shape(value) else "a single value"


def _shown(value):
    """Return a value as text: numbers without the names of their NumPy types, and only the first of many."""
    if _shape(value) is None:
        return str(value)
    array = np.asarray(value)
    if array.size > 20:  # too long to show
        return f"{array.ravel()[:4]} and so on"
    if array.dtype.kind not in "biufc":
        return str(value)
    if (
        array.dtype.kind == "f" and array.itemsize < 8
    ):  # in float64, 0.2 of float32 would be 0.20000000298...
        array = array.astype(str).astype(float)
    return str(array.tolist())


def _agree(given, expected, rtol, atol):
    if _shape(given) != np.shape(expected):
        return False
    for same in (
        lambda: np.allclose(given, expected, rtol=rtol, atol=atol),
        lambda: np.array_equal(given, expected),
    ):
        try:
            return bool(same())
        except (
            TypeError,
            ValueError,
            OverflowError,
        ):  # not numbers, or too large: text, say; next, or no answer
            pass
    return False
