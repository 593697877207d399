"""Checkpoints, gradients by finite differences, checks of networks and exercises."""

import contextlib
import linecache
import re
import subprocess
import sys
from fractions import Fraction
from itertools import pairwise

import nbformat
import numpy as np
import pytest

from helpers.checks import (
    WrongAnswer,
    check_exercise,
    check_layers,
    check_training,
    checkpoint,
    is_answered,
)
from helpers.checks import finite_differences as measure
from helpers.checks import gradient_error as error_of
from tools.run_course import execute

# ---- checkpoints


@pytest.mark.parametrize("truth", [True, np.True_])
def test_true_claim_gets_a_tick(capsys, truth):
    assert checkpoint("the loss fell", truth) is None
    assert capsys.readouterr() == ("✓ the loss fell\n", "")


@pytest.mark.parametrize("untruth", [False, np.False_])
def test_false_claim_raises_and_prints_nothing(capsys, untruth):
    with pytest.raises(AssertionError, match="^This is not true: the loss fell$"):
        checkpoint("the loss fell", untruth)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("value", [np.array([True]), np.array(1), 1, np.int64(1), None])
def test_condition_must_be_a_single_truth_value(capsys, value):
    words = f"condition must be a single True or False, got {type(value).__name__}: "
    with pytest.raises(TypeError, match=rf"{words}.*np\.all"):
        checkpoint("the loss fell", value)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("claim", ["", "  ", None, 3])
def test_claim_must_be_a_sentence(claim):
    with pytest.raises(TypeError, match=rf"claim must be a sentence, got {claim!r}"):
        checkpoint(claim, True)


def test_error_for_swapped_arguments_names_their_order():
    with pytest.raises(
        TypeError, match=r"got True: write checkpoint\(claim, condition"
    ):
        checkpoint(True, "the loss fell")


FAILING = {  # what a reader runs: the last line of what is shown
    'checkpoint("fell", 3 < 1)': "FailedCheckpoint: This is not true: fell",
    "finite_differences(lambda p: 1 / 0, [1])": "ZeroDivisionError: division by zero",
    'check_exercise("1.1", lambda: 2, 3)': "✗ Exercise 1.1: not yet. You answered 2.",
}
IMPORT = "from helpers.checks import check_exercise, checkpoint, finite_differences"


def shows_own_lines_only(shown, code, last):
    own = re.search(rf"----> \d+ {re.escape(code)}", shown) or shown == last
    return own and shown.splitlines()[-1] == last and "checks.py" not in shown


def test_a_notebook_shows_failures_without_the_checks_code(tmp_path):
    cells = [nbformat.v4.new_code_cell(source) for source in [IMPORT, *FAILING]]
    for cell in cells:
        cell.metadata.tags = ["raises-exception"]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "01_fails.ipynb")
    executed, _ = execute(tmp_path / "01_fails.ipynb")
    for cell, last in zip(executed.cells[1:], FAILING.values(), strict=True):
        shown = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(cell.outputs[0].traceback))
        assert shows_own_lines_only(shown, cell.source, last)


def test_ipython_shows_failures_without_the_checks_code():
    code, last = next(iter(FAILING.items()))
    ipython = [sys.executable, "-m", "IPython", "--colors=NoColor", "-c"]
    command = [*ipython, f"{IMPORT}\n{code}"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120).stdout
    assert shows_own_lines_only(shown, code, last)


# ---- gradients

MATRIX = np.array([[2.0, -1.0, 0.5], [0.0, 3.0, -2.0]])
KNOWN = {
    "scalar": (3.0, lambda p: p**2, lambda p: 2 * p),
    "constant": (3.0, lambda p: 7.0, lambda p: 0 * p),
    "vector": ([2.0, 5.0], lambda p: p[0] ** 3 * p[1], lambda p: np.array([60.0, 8])),
    "matrix": (MATRIX, lambda p: [np.sum(np.sin(p))], np.cos),
    "cube": (
        MATRIX[:, :, None] / 4,
        lambda p: np.log(np.exp(p).sum()),
        lambda p: np.exp(p) / np.exp(p).sum(),
    ),
}


@pytest.mark.parametrize("point, function, gradient", KNOWN.values(), ids=KNOWN)
def test_finite_differences_agree_with_known_gradients(point, function, gradient):
    measured = measure(function, point)
    assert measured.dtype == np.float64 and measured.shape == np.shape(point)
    expected = gradient(np.asarray(point))
    np.testing.assert_allclose(measured, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("step", [0.1, 0.5])
def test_finite_differences_are_centred_and_of_the_step(step):
    assert measure(lambda p: p**3, 2.0, step=step) == pytest.approx(12 + step**2)


@pytest.mark.parametrize("dtype", [None, np.int8, np.float32])
def test_finite_differences_work_in_float64(dtype):
    seen = set()

    def function(p):
        seen.add((p.dtype, p.shape))
        return (p**2).sum()

    point = [1, 2] if dtype is None else np.array([1, 2], dtype)
    np.testing.assert_allclose(measure(function, point), [2, 4], rtol=1e-8)
    assert seen == {(np.dtype(np.float64), (2,))}


def test_finite_differences_leave_the_point_alone():
    def spoil(p):
        total = (p**2).sum()
        p[...] = 99
        return total

    point = MATRIX.copy()
    point.flags.writeable = False
    np.testing.assert_allclose(measure(spoil, point), 2 * MATRIX, atol=1e-8)
    np.testing.assert_array_equal(point, MATRIX)


@pytest.mark.parametrize("gradient", [2.5, [1, -2], MATRIX, np.zeros((2, 2))])
def test_equal_gradients_have_no_error(gradient):
    error = error_of(gradient, np.array(gradient))
    assert error == 0 and isinstance(error, float)


@pytest.mark.parametrize(
    "formula, measured, error",
    [
        ([-1, 2, 4], [1, 2, 4], 2),  # the sign
        ([2, 2, 4], [1, 2, 4], 0.5),  # a factor
        ([1, 4, 2], [1, 2, 4], 0.5),  # swapped
        ([0, 2, 4], [1, 2, 4], 1),  # left out
        ([1, 2, 4.4], [1, 2, 4], 1 / 11),
        ([1, 2, 4 + 4e-9], [1, 2, 4], 1e-9),
        ([0, 0], [1e-3, 0], 1),  # should be zero
        ([1e-4, 1], [2e-4, 1], 0.5),  # beside a much larger entry
        ([1e-12, 1], [3e-12, 1], 2e-6),  # rounding: against a millionth of the largest
        ([0, -1], [1e-12, -1], 1e-6),
        (MATRIX, MATRIX * [[1, 1, 1], [1, 1, -1]], 2),
    ],
)
def test_wrong_entry_is_compared_with_its_own_size(formula, measured, error):
    assert error_of(formula, measured) == pytest.approx(error, rel=1e-6)
    assert error_of(measured, formula) == pytest.approx(error, rel=1e-6)


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda: measure(np.sum, [1, np.nan]), ValueError, "point must be finite.*nan"),
        (lambda: measure(np.sum, []), ValueError, r"point .* not be empty.*\(0,\)"),
        (lambda: measure(np.sum, [[1], [1, 2]]), ValueError, "point"),
        (lambda: measure(np.sum, "far"), TypeError, "point must hold numbers"),
        (lambda: measure(np.sum, 1, step=0), ValueError, "step must be positive.*0"),
        (lambda: measure(np.sum, 1, step=-1), ValueError, "step must be pos.*-1"),
        (lambda: measure(np.sum, 1, step=np.nan), ValueError, "step must be .*nan"),
        (lambda: measure(np.sum, 1, step=np.inf), ValueError, "step must be .*inf"),
        (lambda: measure(np.sum, 1, step="1"), ValueError, "step must be .*'1'"),
        (lambda: measure(np.sum, 1, 1e-5), TypeError, "positional"),
        (lambda: measure(np.copy, [1, 2]), ValueError, r"one number, got .*\(2,\)"),
        (lambda: measure(lambda p: [], 1), ValueError, r"one number, got .*\(0,\)"),
        (lambda: measure(lambda p: None, 1), ValueError, "one number, got None"),
        (
            lambda: error_of([1, 2], [1, 2, 3]),
            ValueError,
            r"shape, got \(2,\) .*\(3,\)",
        ),
        (lambda: error_of(1, [1]), ValueError, r"the same shape, got \(\) and \(1,\)"),
        (lambda: error_of([np.nan], [1]), ValueError, "formula must be finite.*nan"),
        (lambda: error_of([1], [np.inf]), ValueError, "measured must be finite.*inf"),
        (lambda: error_of([], []), ValueError, "formula .* not be empty"),
        (lambda: error_of(["a"], [1]), TypeError, "formula must hold numbers.*<U1"),
        (lambda: error_of([1], [None]), TypeError, "measured must hold .*object"),
        (lambda: error_of([[1], [1, 2]], [1]), ValueError, "formula"),
    ],
)
def test_unusable_arguments_raise_an_error(call, error, words):
    with pytest.raises(error, match=words):
        call()


# ---- networks

SIZES = "sizes must hold at least two layer sizes, each at least 1, got "
CHOICE = "activation must be one of 'sigmoid', 'relu', got "


@pytest.mark.parametrize(
    "sizes, activation, message",
    [
        ([], "relu", f"{SIZES}[]"),
        ([3], "relu", f"{SIZES}[3]"),
        ([3, 0, 2], "relu", f"{SIZES}[3, 0, 2]"),
        ([3, -1], "relu", f"{SIZES}[3, -1]"),
        ([3, 2], "tanh", f"{CHOICE}'tanh'"),
        ([3, 2], None, f"{CHOICE}None"),
    ],
    ids=str,
)
def test_layers_that_make_no_network_are_refused(sizes, activation, message):
    with pytest.raises(ValueError) as caught:
        check_layers(tuple(sizes), activation, {"sigmoid": abs, "relu": abs})
    assert str(caught.value) == message


X = np.random.default_rng(0).normal(size=(90, 2)).astype(np.float32)
LABELS = np.arange(90) % 3
SETTINGS = {"epochs": 1, "batch_size": 1, "learning_rate": 1e-9}


def check_samples(sizes, training, validation, **changes):
    """Check the training of a network of float32 with layers of these sizes."""
    weights = [np.zeros(shape, np.float32) for shape in pairwise(sizes)]
    return check_training(weights, *training, validation, **SETTINGS | changes)


@pytest.mark.parametrize("sizes", [(2, 3), (2, 4, 3)], ids=str)
def test_usable_samples_and_settings_pass(sizes):
    one = X[:1], np.array([2], np.uint8)
    assert check_samples(sizes, (X, LABELS), one) is None
    usual = {"epochs": np.int64(5), "batch_size": 100, "learning_rate": np.float32(1)}
    assert check_samples(sizes, one, (X, LABELS), **usual) is None


SHAPE = "x must have shape (n, 2) and not be empty, got "
DTYPE = "x must be float32 like the network, got "
FINITE = "x must be finite, got NaN or infinity"
INTEGERS = "labels must be 90 integers, got shape "


@pytest.mark.parametrize(
    "x, labels, message",
    [
        (X.tolist(), LABELS, "x and labels must be arrays, got list and ndarray"),
        (X, LABELS.tolist(), "x and labels must be arrays, got ndarray and list"),
        (X[:, :1], LABELS, f"{SHAPE}(90, 1)"),
        (X[:, 0], LABELS, f"{SHAPE}(90,)"),
        (X[:0], LABELS[:0], f"{SHAPE}(0, 2)"),
        (X.astype(float), LABELS, f"{DTYPE}float64"),
        (np.where(X == X[5, 1], np.float32("nan"), X), LABELS, FINITE),
        (np.where(X == X[5, 1], np.float32("inf"), X), LABELS, FINITE),
        (X, LABELS[:-1], f"{INTEGERS}(89,) of int64"),
        (X, np.eye(3, dtype=int)[LABELS], f"{INTEGERS}(90, 3) of int64"),
        (X, LABELS.astype(float), f"{INTEGERS}(90,) of float64"),
        (X, LABELS == 1, f"{INTEGERS}(90,) of bool"),
        (X, LABELS - 1, "labels must lie in 0 to 2, got -1 to 1"),
        (X, (LABELS + 1).astype("u1"), "labels must lie in 0 to 2, got 1 to 3"),
    ],
)
@pytest.mark.parametrize("sizes", [(2, 3), (2, 4, 3)], ids=str)
def test_samples_that_do_not_fit_are_refused(sizes, x, labels, message):
    for parts in ([(x, labels), (X, LABELS)], [(X, LABELS), (x, labels)]):
        with pytest.raises((TypeError, ValueError)) as caught:
            check_samples(sizes, *parts)
        assert str(caught.value) == message


WHOLE, NUMBER = "must be a whole number of at least 1", "must be a number"


@pytest.mark.parametrize(
    "name, value, message",
    [
        ("epochs", 0, f"{WHOLE}, got 0"),
        ("epochs", 2.0, f"{WHOLE}, got 2.0"),
        ("batch_size", 0, f"{WHOLE}, got 0"),
        ("batch_size", "16", f"{WHOLE}, got '16'"),
        ("learning_rate", 0, "must be positive, got 0"),
        ("learning_rate", -0.1, "must be positive, got -0.1"),
        ("learning_rate", np.nan, "must be finite, got nan"),
        ("learning_rate", np.inf, "must be finite, got inf"),
        ("learning_rate", "0.1", f"{NUMBER}, got '0.1'"),
        ("learning_rate", [0.1], f"{NUMBER}, got [0.1]"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(name, value, message):
    with pytest.raises((TypeError, ValueError)) as caught:
        check_samples((2, 3), (X, LABELS), (X, LABELS), **{name: value})
    assert str(caught.value) == f"{name} {message}"


# ---- exercises

OTHER = [
    (3.0, 3.1),
    (3, -3),
    (0, 1e-3),
    (True, False),
    ("green", "red"),
    (["a", "b"], ["b", "a"]),
    (MATRIX, MATRIX + 1),
    ([1.0, 2.0], (2.0, 1.0)),
]


@pytest.mark.parametrize("right, wrong", OTHER, ids=str)
def test_only_a_right_answer_gets_a_tick(capsys, right, wrong):
    assert check_exercise("1.2", lambda: right, right) is None
    assert capsys.readouterr() == ("✓ Exercise 1.2: right.\n", "")
    with pytest.raises(WrongAnswer, match="^Exercise 1.2: not yet. You answered "):
        check_exercise("1.2", lambda: wrong, right)
    assert capsys.readouterr() == ("", "")


def refusal(answer, expected, **options):
    """Return the message for a wrong answer."""
    with pytest.raises(AssertionError, match=r"^Exercise 1\.2: not yet\. ") as caught:
        check_exercise("1.2", lambda: answer, expected, **options)
    return str(caught.value).removeprefix("Exercise 1.2: not yet. ")


NONE_RIGHT = " None of these numbers is right."


@pytest.mark.parametrize(
    "wrong, shown",
    [
        ([np.float64(0.72)], "[0.72]"),
        ((np.int64(3), 4), "[3, 4]"),
        ([[np.float32(0.2)]], "[[0.2]]"),
        (np.float16(0.1), "0.1"),
        (np.array([1.5, np.nan, -np.inf]), "[1.5, nan, -inf]"),
        (np.complex128(1j), "1j"),
        (1 / 3, "0.3333333333333333"),
        (list(range(20)), str(list(range(20)))),
    ],
    ids=repr,
)
def test_wrong_answer_is_shown_as_plain_numbers(wrong, shown):
    said = refusal(wrong, np.full(np.shape(wrong), 99))
    assert said.removesuffix(NONE_RIGHT) == f"You answered {shown}."


def test_rounded_answer_is_called_rounded():
    said = "You answered 0.0588, which is rounded: let Python compute it."
    assert refusal(0.0588, 1 / 17) == said
    assert "rounded" in refusal(1230, 1234.5)
    assert "rounded" in refusal([0.33, 0.67], [1 / 3, 2 / 3])
    for answer, expected in [(0.0587, 1 / 17), (0.0, 0.001), (3, 3.2), (59, 58)]:
        assert "rounded" not in refusal(answer, expected)


def test_rounded_slip_gets_its_hint_unless_it_is_the_answer(capsys):
    hints = [(2 / 13.4, "All points at once."), (0.0591, "Never.")]
    for slip in (0.149, 0.15, 0.14925, [0.149]):
        assert refusal(slip, 1 / 17, hints=hints).endswith("All points at once.")
    assert "rounded" in refusal(0.059, 1 / 17, hints=hints)
    assert refusal(0.148, 1 / 17, hints=hints) == "You answered 0.148."
    check_exercise("1.2", lambda: 0.149, 0.1491, hints=hints, rtol=0.01)
    assert capsys.readouterr().out == "✓ Exercise 1.2: right.\n"


@pytest.mark.parametrize(
    "answer, right",
    [
        ([0.997], 0.997),
        (np.array([[21]]), 21),
        (Fraction(1, 8), 0.125),
        (5.0, 5),
        ((1, 2), [1.0, 2.0]),
        (map(abs, [-1, 2]), [1, 2]),
        ({"a": 1, "b": 2}.values(), [1, 2]),
        ((number for number in (1, 2)), np.array([1, 2])),
    ],
)
def test_right_answer_in_other_clothes_is_right(capsys, answer, right):
    check_exercise("1.2", lambda: answer, right)
    assert capsys.readouterr().out == "✓ Exercise 1.2: right.\n"


@pytest.mark.parametrize(
    "wrong, said",
    [
        ([5, 6, 9], "Numbers 1 and 2 of these are right."),
        ([5, 7, 9], "Number 1 of these is right."),
        ((6, 7, 9), "None of these numbers is right."),
    ],
)
def test_reader_is_told_which_numbers_are_right(wrong, said):
    assert refusal(wrong, [5, 6, 10]) == f"You answered {list(wrong)}. {said}"
    assert refusal(wrong, [5, 6, 10], hints=[(wrong, "A")]).endswith(f"{said} A")


def test_numbers_in_place_of_words_are_refused():
    assert refusal([0, 1], ["cat", "dog"]) == "You answered [0, 1]."


@pytest.mark.parametrize(
    "wrong, expected, message",
    [
        ("2", 2, "the text '2', and a number is wanted."),
        (np.str_("2"), 2, "the text '2', and a number is wanted."),
        ({0.3}, 1, r"the set {0\.3}, and a number is wanted."),
        ({"a": 3}, 3, "the dictionary {'a': 3}, and a number is wanted."),
        (True, 1, "True, and a number is wanted."),
        (np.True_, 0.5, "True, and a number is wanted."),
        ([True, False], [1, 0], r"\[True, False\], and numbers are wanted."),
        (["red", 2], [1, 2], r"\['red', 2\], and numbers are wanted."),
        (
            [1, [2]],
            [1, 2],
            r"\[1, \[2\]\]: its parts differ in length, and an array",
        ),
        ((0, 588), 0.588, r"the pair \(0, 588\) \(a decimal has a point: 0\.588\)"),
        ((0.5, 88), 1.0, r"the pair \(0.5, 88\), and a single value is wanted."),
        ("green", "red", "the text 'green'."),
    ],
)
def test_answer_of_another_kind_is_described(wrong, expected, message):
    assert re.match(f"You answered {message}", refusal(wrong, expected))


@pytest.mark.parametrize("size, texts", [(21, False), (200, False), (200, True)])
def test_long_wrong_answer_is_cut_short(size, texts):
    wrong = ["a"] * size if texts else np.arange(float(size))
    message = refusal(wrong, np.full(size, 0.5))
    assert re.match("You answered .* and so on", message) and len(message) < 100


@pytest.mark.parametrize("answer", ["three", {"a": 3}, [None], abs, [[1], [1, 2]]])
def test_answer_of_another_kind_is_wrong(answer):
    assert refusal(answer, 3.0)
    assert refusal(3.0, "three")


@pytest.mark.parametrize("answer", [1.0, [1.0, 1.0], [[1.0], [1.0], [1.0]]])
def test_answer_of_another_shape_is_wrong(answer):
    given = (
        f"an array of shape {np.shape(answer)}" if np.ndim(answer) else "a single value"
    )
    wanted = "an array of shape (3,) is wanted"
    assert refusal(answer, [1.0, 1.0, 1.0]) == f"You answered {given}, and {wanted}."


def test_first_hint_that_fits_is_given(capsys):
    hints = [
        (4, "Halve it."),
        ([2, 2], "One number."),
        (2, "Square it."),
        (2, "Never."),
    ]
    assert refusal(2.0, 1.0, hints=hints) == "You answered 2.0. Square it."
    assert refusal([2.0, 2.0], 1.0, hints=hints).endswith(" One number.")
    assert refusal(7.0, 1.0, hints=hints) == "You answered 7.0."
    assert refusal(2.1, 1.0, hints=hints, rtol=0.1).endswith(" Square it.")
    assert refusal(2.1, 1.0, hints=hints, atol=0.2).endswith(" Square it.")
    check_exercise("1.2", lambda: 2.0, 2.0, hints=hints)
    assert capsys.readouterr().out == "✓ Exercise 1.2: right.\n"


UNSET = ...
UNDEFINED = "Run the cell that sets it, or look for a typing mistake."


@pytest.mark.parametrize(
    "answer, added",
    [
        (lambda: ..., "."),
        (lambda: len(UNSET), "."),
        (lambda: None, "."),
        (lambda: [..., ...], "."),
        (lambda: (0.5, ...), "."),
        (lambda: mine, f": mine is not defined. {UNDEFINED}"),  # noqa: F821
    ],
)
def test_exercise_without_an_answer_waits(capsys, answer, added):
    check_exercise("2.1", answer, 5)
    waits = f"○ Exercise 2.1 is waiting for your answer{added}\n"
    assert capsys.readouterr().out == waits


def test_answer_that_is_no_function_is_refused():
    with pytest.raises(
        TypeError, match="a function, got float: write lambda: before it"
    ):
        check_exercise("2.1", 0.3, 5)


def in_cells(attempt, check):
    """Run two cells of a notebook; return the message of the second."""
    names = {"check_exercise": check_exercise, "x": np.ones(3), "np": np}
    for name, source in (("<attempt>", attempt), ("<check>", check)):
        linecache.cache[name] = len(source), None, source.splitlines(True), name
        code = compile(source, name, "exec")
        try:
            exec(code, names)
        except WrongAnswer as error:
            assert np.array_equal(names["x"], np.ones(3))  # restored
            return str(error).removeprefix("Exercise 1.1: not yet. ")
    return "right"


KINDS = {  # the body of the reader's function: the kind of its error, in plain words
    "if z > 0: return z": "A condition must be one True or False",
    "low, high = z": "There are more or fewer values than names",
    "slope, = 3.0": "There are more or fewer values than names",
    "(0).real = z": "This attribute cannot be set",
    "return z.length": "It has nothing of that name",
    "return None + z": "There is None where a value is needed",
    "return answer(z, z)": "A function is called with more, fewer or other",
    "return z + np.ones(2)": "The shapes of these arrays do not fit",
    "return z @ np.ones(2)": "The shapes of these arrays do not fit",
    "return z[3]": "There is no such place",
    "total += z": "A function uses a name before it has a value",
    "return zed": "A name is not defined",
    "z[:] = 0; return 1 // 0": "Something is divided by 0.",
    "return int('three')": "Here Python could not go on.",
}


@pytest.mark.parametrize("body, words", KINDS.items())
def test_answer_that_raises_is_explained_with_its_line(body, words):
    attempt = f"def answer(z):\n    {body}"
    said = in_cells(attempt, 'check_exercise("1.1", lambda: answer(x), 1)')
    first, line, error = said.splitlines()
    assert first.startswith(words) and line == f"  your line: {body}"
    assert re.match(r"  Python says: \w+Error: .", error)


def test_answer_that_cannot_be_called_so_shows_the_line_of_the_check():
    call = 'check_exercise("1.1", lambda: [answer(z, 1) for z in x], 1)'
    said = in_cells("def answer(z):\n    return z", call)
    assert f"\n  the line of the check: {call}\n" in said


@pytest.mark.parametrize(
    "attempt, answer, changed",
    [
        ("def answer(z):\n    z *= 2\n    return z.sum()", "answer(x), 6", "x"),
        ("kept = [x]\ndef answer(z):\n    z.clear()", "answer(kept) or 6, 6", "kept"),
        ("x *= 2\nanswer = x.sum()", "answer, 6, unchanged={'x': (x, [1] * 3)}", "x"),
    ],
)
def test_answer_that_changes_its_input_is_noticed(attempt, answer, changed):
    said = in_cells(attempt, f'check_exercise("1.1", lambda: {answer})')
    assert said.startswith(f"Your code changes {changed} itself")


def test_tolerance_of_an_answer_can_be_set(capsys):
    assert refusal(5.004, 5) and refusal(5e-9, 0)
    check_exercise("2.1", lambda: 5.004, 5, rtol=1e-3)
    check_exercise("2.1", lambda: 5.004, 5, atol=5e-3)
    check_exercise("2.1", lambda: 5 + 4e-6, 5)
    check_exercise("2.1", lambda: 5e-10, 0)
    assert capsys.readouterr().out.count("✓") == 4


def test_exercise_is_answered_while_its_answer_is_right():
    assert is_answered("9.1") is False
    for answer, right in ((5, True), (..., False), (5, True), (4, False), (5, True)):
        with contextlib.suppress(AssertionError):
            check_exercise("9.1", lambda answer=answer: answer, 5)
        assert is_answered("9.1") is right
    assert is_answered("9.2") is False
    with pytest.raises(WrongAnswer):
        check_exercise("9.1", lambda: 1 / 0, 5)
    assert is_answered("9.1") is False
