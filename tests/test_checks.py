"""Checkpoints, exercise checks and gradients by finite differences."""

import contextlib

import numpy as np
import pytest

from helpers.checks import (
    WrongAnswer,
    check_exercise,
    checkpoint,
    finite_differences,
    gradient_error,
    is_answered,
)


@pytest.mark.parametrize(
    "truth", [True, np.True_, np.all([1, 2]), np.allclose(1, 1 + 1e-12)]
)
def test_a_checkpoint_that_holds_prints_a_tick_and_the_claim(capsys, truth):
    assert checkpoint("the loss fell", truth) is None
    assert capsys.readouterr() == ("✓ the loss fell\n", "")


@pytest.mark.parametrize("untruth", [False, np.False_])
def test_a_checkpoint_that_fails_raises_with_the_claim_and_prints_nothing(
    capsys, untruth
):
    with pytest.raises(AssertionError, match="^This is not true: the loss fell$"):
        checkpoint("the loss fell", untruth)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "condition, kind",
    [
        (np.array([True, True]), "ndarray"),
        (np.array(True), "ndarray"),
        (np.array([]), "ndarray"),
        (1, "int"),
        (0.5, "float"),
        (None, "NoneType"),
        ("yes", "str"),
        ([True], "list"),
        (np.int64(1), "int64"),
    ],
)
def test_a_checkpoint_takes_nothing_but_a_single_truth_value(capsys, condition, kind):
    with pytest.raises(
        TypeError,
        match=rf"condition must be a single True or False, got {kind}\b.*np\.all",
    ):
        checkpoint("the loss fell", condition)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("claim", ["", "  ", None, 3, True])
def test_a_checkpoint_needs_a_claim_in_words(claim):
    with pytest.raises(TypeError, match=rf"claim must be a sentence, got {claim!r}"):
        checkpoint(claim, True)


MATRIX = np.array([[2.0, -1.0, 0.5], [0.0, 3.0, -2.0]])


@pytest.mark.parametrize(
    "function, gradient, point",
    [
        (lambda p: p**2, lambda p: 2 * p, 3.0),
        (lambda p: 7.0, lambda p: 0 * p, 3.0),
        (
            lambda p: p[0] ** 3 * p[1],
            lambda p: np.array([3 * p[0] ** 2 * p[1], p[0] ** 3]),
            np.array([2.0, 5.0]),
        ),
        (lambda p: [np.sum(np.sin(p))], np.cos, MATRIX),
        (
            lambda p: np.sum((MATRIX @ p) ** 2),
            lambda p: 2 * MATRIX.T @ MATRIX @ p,
            np.arange(6.0).reshape(3, 2),
        ),
        (
            lambda p: np.log(np.exp(p).sum()),
            lambda p: np.exp(p) / np.exp(p).sum(),
            MATRIX[:, :, None] / 4,
        ),
    ],
    ids=["scalar", "constant", "vector", "matrix", "matrix product", "log-sum-exp"],
)
def test_finite_differences_agree_with_the_known_gradient(function, gradient, point):
    measured = finite_differences(function, point)
    assert measured.dtype == np.float64
    assert measured.shape == np.shape(point)
    np.testing.assert_allclose(
        measured, gradient(np.asarray(point)), rtol=1e-6, atol=1e-8
    )


def test_finite_differences_are_centred_and_of_the_step_asked_for():
    assert finite_differences(lambda p: p**3, 2.0, step=0.1) == pytest.approx(
        12 + 0.1**2
    )
    assert finite_differences(lambda p: p**3, 2.0, step=0.5) == pytest.approx(
        12 + 0.5**2
    )


@pytest.mark.parametrize(
    "point", [[1, 2], np.array([1, 2], np.int8), np.array([1, 2], np.float32)]
)
def test_finite_differences_work_in_float64_whatever_the_point_is_made_of(point):
    kinds = set()

    def function(p):
        kinds.add((p.dtype, p.shape))
        return (p**2).sum()

    np.testing.assert_allclose(finite_differences(function, point), [2, 4], rtol=1e-8)
    assert kinds == {(np.dtype(np.float64), (2,))}


def test_finite_differences_do_not_change_the_point_even_when_the_function_does():
    def spoil(p):
        total = (p**2).sum()
        p[...] = 99
        return total

    point = MATRIX.copy()
    point.flags.writeable = False
    np.testing.assert_allclose(finite_differences(spoil, point), 2 * MATRIX, atol=1e-8)
    np.testing.assert_array_equal(point, MATRIX)


@pytest.mark.parametrize(
    "function, point, options, error, words",
    [
        (np.sum, [1.0, np.nan], {}, ValueError, ["point must be finite", "nan"]),
        (np.sum, [np.inf], {}, ValueError, ["point must be finite", "inf"]),
        (np.sum, [], {}, ValueError, ["point", "not be empty", "(0,)"]),
        (np.sum, [1.0], {"step": 0}, ValueError, ["step must be positive", "0"]),
        (
            np.sum,
            [1.0],
            {"step": -1e-5},
            ValueError,
            ["step must be positive", "-1e-05"],
        ),
        (np.sum, [1.0], {"step": np.nan}, ValueError, ["step must be positive", "nan"]),
        (
            lambda p: p,
            [1.0, 2.0],
            {},
            ValueError,
            ["function must return one number", "(2,)"],
        ),
        (
            lambda p: [],
            [1.0],
            {},
            ValueError,
            ["function must return one number", "(0,)"],
        ),
        (
            lambda p: None,
            [1.0],
            {},
            (TypeError, ValueError),
            ["function must return", "None"],
        ),
        (np.sum, [1.0], {"step": np.inf}, ValueError, ["step", "inf"]),
        (np.sum, "far", {}, (TypeError, ValueError), ["point"]),
        (np.sum, [[1], [1, 2]], {}, ValueError, ["point"]),
    ],
)
def test_finite_differences_say_what_they_cannot_use(
    function, point, options, error, words
):
    with pytest.raises(error) as caught:
        finite_differences(function, point, **options)
    assert all(word in str(caught.value) for word in words)


def test_finite_differences_take_the_step_by_name_only():
    with pytest.raises(TypeError, match="positional"):
        finite_differences(np.sum, [1.0], 1e-5)


@pytest.mark.parametrize(
    "gradient", [2.5, [1.0, -2.0], MATRIX, np.zeros(4), np.zeros((2, 2)), [1, 2]]
)
def test_equal_gradients_have_no_error(gradient):
    error = gradient_error(gradient, np.array(gradient))
    assert error == 0
    assert isinstance(error, float)


@pytest.mark.parametrize(
    "formula, error",
    [
        ([-1.0, 2.0, 4.0], 2),
        ([2.0, 2.0, 4.0], 0.5),
        ([0.5, 2.0, 4.0], 0.5),
        ([1.0, 4.0, 2.0], 0.5),
        ([0.0, 2.0, 4.0], 1),
        ([1.0, 2.0, 4.4], 1 / 11),
        ([1.0, 2.0, 4.0 + 4e-9], 1e-9),
    ],
    ids=[
        "sign",
        "factor 2",
        "factor 1/2",
        "swapped pair",
        "left out",
        "ten per cent",
        "rounding",
    ],
)
def test_a_wrong_entry_is_measured_against_its_own_size(formula, error):
    right = [1.0, 2.0, 4.0]
    assert gradient_error(formula, right) == pytest.approx(error, rel=1e-6)
    assert gradient_error(right, formula) == pytest.approx(error, rel=1e-6)


def test_a_wrong_entry_is_noticed_wherever_it_stands_and_beside_much_larger_ones():
    wrong = MATRIX.copy()
    wrong[1, 2] *= -1
    assert gradient_error(wrong, MATRIX) == pytest.approx(2)
    assert gradient_error([1e-4, 1.0], [2e-4, 1.0]) == pytest.approx(0.5)


def test_entries_that_rounding_would_drown_are_measured_against_a_millionth_of_the_largest():
    assert gradient_error([1e-12, 1.0], [3e-12, 1.0]) == pytest.approx(2e-6)
    assert gradient_error([0.0, -1.0], [1e-12, -1.0]) == pytest.approx(1e-6)


def test_a_gradient_that_should_be_zero_and_is_not_is_noticed():
    assert gradient_error([0.0, 0.0], [1e-3, 0.0]) == pytest.approx(1)


@pytest.mark.parametrize(
    "formula, measured, error, words",
    [
        (
            [1.0, 2.0],
            [1.0, 2.0, 3.0],
            ValueError,
            ["formula and measured", "(2,)", "(3,)"],
        ),
        (
            np.ones((2, 1)),
            np.ones(2),
            ValueError,
            ["formula and measured", "(2, 1)", "(2,)"],
        ),
        (1.0, [1.0], ValueError, ["formula and measured", "()", "(1,)"]),
        ([1.0, np.nan], [1.0, 2.0], ValueError, ["formula must be finite", "nan"]),
        ([1.0, 2.0], [np.inf, 2.0], ValueError, ["measured must be finite", "inf"]),
        ([], [], ValueError, ["formula", "not be empty", "(0,)"]),
        (["a"], [1.0], TypeError, ["formula must hold numbers", "<U1"]),
        ([1.0], [None], TypeError, ["measured must hold numbers", "object"]),
        ([[1], [1, 2]], [1, 2], ValueError, ["formula"]),
    ],
)
def test_gradients_that_cannot_be_compared_are_refused(formula, measured, error, words):
    with pytest.raises(error) as caught:
        gradient_error(formula, measured)
    assert all(word in str(caught.value) for word in words)


ANSWERS = pytest.mark.parametrize(
    "right, wrong",
    [
        (3.0, 3.1),
        (3, -3),
        (0, 1e-3),
        (True, False),
        ("green", "red"),
        (["a", "b"], ["b", "a"]),
        (np.arange(6).reshape(2, 3), np.arange(6).reshape(2, 3) + 1),
        ([1.0, 2.0], (2.0, 1.0)),
        ((60000, 784), (60000, 28)),
    ],
    ids=str,
)


@ANSWERS
def test_a_right_answer_gets_a_tick(capsys, right, wrong):
    assert check_exercise("1.2", lambda: right, right) is None
    assert capsys.readouterr() == ("✓ Exercise 1.2: right.\n", "")


@ANSWERS
def test_a_wrong_answer_raises_and_gets_no_tick(capsys, right, wrong):
    with pytest.raises(AssertionError, match="^Exercise 1.2: not yet. The answer is "):
        check_exercise("1.2", lambda: wrong, right)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "wrong, shown",
    [
        (np.float64(0.72), "0.72"),
        ([np.float64(0.72)], "[0.72]"),
        ((np.int64(3), 4), "[3, 4]"),
        (np.True_, "True"),
        (np.float32(0.2), "0.2"),
        ([[np.float32(1 / 3)]], "[[0.33333334]]"),
        (np.float16(0.1), "0.1"),
        (np.array([1.5, np.nan, -np.inf]), "[1.5, nan, -inf]"),
        (np.complex128(1j), "1j"),
        (1 / 3, "0.3333333333333333"),
        ("red", "red"),
        (["red", 2], "['red', 2]"),
        ([np.float64(1.0), [2]], "[np.float64(1.0), [2]]"),
    ],
    ids=repr,
)
def test_a_wrong_answer_is_shown_as_plain_numbers(wrong, shown):
    with pytest.raises(AssertionError) as caught:
        check_exercise(
            "1.2", lambda: wrong, np.zeros(np.shape(np.array(wrong, dtype=object)))
        )
    assert str(caught.value) == f"Exercise 1.2: not yet. The answer is {shown}."


@pytest.mark.parametrize(
    "wrong", [np.arange(8.0 * 25).reshape(8, 25), [["a"] * 25] * 8]
)
def test_a_long_wrong_answer_is_cut_short(wrong):
    with pytest.raises(
        AssertionError, match="not yet. The answer is .* and so on.$"
    ) as caught:
        check_exercise("1.2", lambda: wrong, np.zeros((8, 25)))
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize("answer", ["three", {"a": 3}, [None], abs, b"3"])
def test_an_answer_of_another_kind_is_wrong_and_no_crash(answer):
    with pytest.raises(AssertionError, match="Exercise 1.2: not yet"):
        check_exercise("1.2", lambda: answer, 3.0)
    with pytest.raises(AssertionError, match="Exercise 1.2: not yet"):
        check_exercise("1.2", lambda: 3.0, "three")


def test_an_answer_with_rows_of_different_lengths_is_wrong_and_no_crash():
    with pytest.raises(AssertionError, match="Exercise 1.2: not yet"):
        check_exercise("1.2", lambda: [[1], [1, 2]], 3.0)


@pytest.mark.parametrize("answer", [1.0, [1.0, 1.0], [[1.0], [1.0], [1.0]]])
def test_an_answer_of_another_shape_is_wrong_even_if_it_would_broadcast(answer):
    with pytest.raises(AssertionError) as caught:
        check_exercise("1.2", lambda: answer, [1.0, 1.0, 1.0])
    given = (
        f"an array of shape {np.shape(answer)}"
        if np.shape(answer)
        else "a single value"
    )
    assert f"The answer should be an array of shape (3,), and is {given}." in str(
        caught.value
    )


def test_the_hint_of_the_first_mistake_that_matches_is_shown():
    hints = [
        (4.0, "Halve it."),
        ([2.0, 2.0], "One number."),
        (2.0, "Square it."),
        (2.0, "Never shown."),
    ]
    for answer, hint in [
        (2.0, "Square it."),
        ([2.0, 2.0], "One number."),
        (4.0, "Halve it."),
    ]:
        with pytest.raises(AssertionError, match=f"^Exercise 3.1: not yet. {hint}$"):
            check_exercise("3.1", lambda given=answer: given, 1.0, hints=hints)


def test_no_hint_is_shown_for_a_mistake_that_none_foresaw_nor_for_a_right_answer(
    capsys,
):
    with pytest.raises(AssertionError) as caught:
        check_exercise("3.1", lambda: 7.0, 1.0, hints=[(2.0, "Square it.")])
    assert "Square it." not in str(caught.value)
    check_exercise("3.1", lambda: 1.0, 1.0, hints=[(1.0, "Square it.")])
    assert capsys.readouterr().out == "✓ Exercise 3.1: right.\n"


@pytest.mark.parametrize("answer", [lambda: ..., lambda: None])
def test_an_exercise_without_an_answer_waits(capsys, answer):
    check_exercise("2.1", answer, 5)
    assert capsys.readouterr().out == "○ Exercise 2.1 is waiting for your answer.\n"


def test_an_exercise_whose_name_is_not_defined_waits_and_says_which(capsys):
    check_exercise("2.1", lambda: my_answer, 5)  # noqa: F821
    assert (
        capsys.readouterr().out
        == "○ Exercise 2.1 is waiting for your answer: my_answer is not defined. "
        "(Or your answer uses that name.)\n"
    )


def test_a_mistake_inside_the_answer_is_not_taken_for_a_missing_answer():
    def answer():
        total += 1  # noqa: F821, F841
        return total

    with pytest.raises(UnboundLocalError):
        check_exercise("2.1", answer, 5)


def test_an_error_inside_the_answer_reaches_the_reader():
    with pytest.raises(ZeroDivisionError):
        check_exercise("2.1", lambda: 1 / 0, 5)


def test_how_close_an_answer_must_be_can_be_set(capsys):
    with pytest.raises(AssertionError):
        check_exercise("2.1", lambda: 5.004, 5)
    check_exercise("2.1", lambda: 5.004, 5, rtol=1e-3)
    check_exercise("2.1", lambda: 5.004, 5, atol=5e-3)
    check_exercise("2.1", lambda: 5 + 4e-6, 5)
    assert capsys.readouterr().out.count("✓") == 3


def test_an_exercise_is_answered_from_the_first_right_answer_to_the_next_that_is_none():
    assert is_answered("9.1") is False
    for answer, answered in ((5, True), (..., False), (5, True), (4, False), (5, True)):
        with contextlib.suppress(AssertionError):
            check_exercise("9.1", lambda answer=answer: answer, 5)
        assert is_answered("9.1") is answered
    assert is_answered("9.2") is False
    with pytest.raises(ZeroDivisionError):
        check_exercise("9.1", lambda: 1 / 0, 5)
    assert is_answered("9.1") is False


def test_a_wrong_answer_is_shown_to_the_reader_without_a_traceback():
    with pytest.raises(WrongAnswer) as caught:
        check_exercise("9.3", lambda: 4, 5, hints=[(4, "One more.")])
    assert caught.value._render_traceback_() == ["✗ Exercise 9.3: not yet. One more."]
