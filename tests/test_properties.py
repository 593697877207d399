"""Properties of the helpers on random input: whatever is legal works, whatever is not gets the documented error.

The other tests show single cases. Here the cases are drawn, the same ones in every run,
and what must hold is worked out in another way: one by one, by finite differences, by
scikit-learn or by SciPy.
"""

import functools
import gzip
import io
import random
import re
import tempfile
import warnings
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import hypothesis.extra.numpy as hnp
import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import Phase, assume, configuration, given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.special import log_softmax
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    precision_recall_fscore_support,
)

from helpers import datasets, numpy_mlp, pictures, plotting
from helpers.checks import (
    check_exercise,
    checkpoint,
    finite_differences,
    gradient_error,
)
from helpers.reports import ConfusionReport
from tests.test_datasets import BUNDLED
from tests.test_numpy_mlp import (
    ACTIVATIONS,
    DTYPES,
    arrays,
    network_of,
    samples_for,
    with_array,
)
from tests.test_plotting import (
    EITHER,
    GALLERY,
    TILTED,
    B,
    W,
    legend_texts,
    state_outside,
)

configuration.set_hypothesis_home_dir(
    Path(tempfile.gettempdir()) / "hypothesis"
)  # no folder in the repository
settings.register_profile(
    "course",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=40,
    phases=[Phase.generate, Phase.shrink],
)  # to explain a failure would take minutes
settings.load_profile("course")

pytestmark = [
    pytest.mark.filterwarnings(f"error::{kind}Warning")
    for kind in ("User", "Runtime", "Future")
]

from_predictions = ConfusionReport.from_predictions


# What is drawn: numbers, classes, the forms in which arrays come, and what is not legal

INTEGERS = [
    np.int8,
    np.int16,
    np.int32,
    np.int64,
    np.uint8,
    np.uint16,
    np.uint32,
    np.uint64,
]
FLOATS = {
    np.float16: 2.0**14,
    np.float32: 2.0**100,
    np.float64: 2.0**300,
}  # limits that leave room for products
NUMERIC = [np.bool_, *INTEGERS, *FLOATS]

seeds = st.integers(0, 2**32 - 1)
places = st.integers(
    0, 2**16
)  # of an entry, counted on from the start when there are fewer
no_numbers = st.sampled_from([np.nan, np.inf, -np.inf])
words = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=6
)
drawable_words = (
    st.text("aZ1_$ é→", min_size=1, max_size=6)  # which matplotlib's own font has,
    | st.sampled_from(["_", "_a", "$$", "$a_$"])
)  # and what has a meaning of its own in matplotlib
curve_names = drawable_words.filter(
    lambda name: "$" not in name and not name.startswith("_")
)  # there, it keeps it


def shapes(least, most):
    return hnp.array_shapes(min_dims=least, max_dims=most, max_side=4)


def numbers(shape, kinds=NUMERIC):
    """Draw an array of finite numbers, its dtype one of ``kinds``."""

    def array_of(kind):
        limits = (
            {"min_value": -FLOATS[kind], "max_value": FLOATS[kind]}
            if kind in FLOATS
            else None
        )
        return hnp.arrays(kind, shape, elements=limits)

    return st.sampled_from(kinds).flatmap(array_of)


def forms(array):
    """Draw one of the forms in which the same array may come."""
    listed = (
        array if array.dtype == np.uint64 else array.tolist()
    )  # of some such lists NumPy makes floats
    frozen = array.copy()
    frozen.flags.writeable = False
    swapped = array.astype(array.dtype.newbyteorder())
    return st.sampled_from(
        [
            array,
            listed,
            frozen,
            swapped,
            np.repeat(array, 2, axis=0)[::2],
            np.asfortranarray(array),
        ]
    )


def rising(count):
    """Draw that many numbers, each larger than the one before."""
    steps = hnp.arrays(np.uint8, count, elements={"min_value": 1, "max_value": 20})
    kinds = st.sampled_from([np.int8, np.uint16, np.float16, np.float64])
    return st.builds(lambda steps, kind: np.cumsum(steps).astype(kind), steps, kinds)


def pools(names, most):
    """Draw different classes, integers or strings, and two dtypes that can hold them."""

    def lists_of(elements):
        return st.lists(elements, min_size=1, max_size=most, unique=True)

    def integers(kinds):
        low = max(np.iinfo(kind).min for kind in kinds)
        high = min(2**63 - 1, *(np.iinfo(kind).max for kind in kinds))
        return st.tuples(
            lists_of(st.integers(low, high) | st.sampled_from([low, high])),
            st.just(kinds),
        )

    return st.tuples(
        lists_of(names), st.tuples(*[st.sampled_from([np.str_, np.object_])] * 2)
    ) | st.tuples(*[st.sampled_from(INTEGERS)] * 2).flatmap(integers)


@st.composite
def classes_of(draw, count):
    """Draw the classes of that many samples, at most ten different ones."""
    pool, kinds = draw(pools(drawable_words, 10))
    return draw(
        forms(
            np.array(
                draw(st.lists(st.sampled_from(pool), min_size=count, max_size=count)),
                kinds[0],
            )
        )
    )


def with_entry(array, place, value, kind=float):
    changed = np.array(array).astype(kind)
    changed.flat[place % changed.size] = value
    return changed


@st.composite
def spoiled(draw, array, *, labels=False, fixed_length=True, may_be_empty=False):
    """Draw what must be refused in place of a legal array: a wrong shape or kind, or a place without a number."""
    array, place = np.array(array), draw(places)
    faults = [array[None], [1, [2, 3]], with_entry(array, place, None, object)]
    if array.dtype.kind not in "OU":
        faults += [
            array.astype(complex),
            with_entry(array, place, draw(no_numbers)),
            with_entry(array, place, 0.5) if labels else array.astype(str),
        ]
    if fixed_length:
        faults.append(np.concatenate([array, array]))
    if not may_be_empty:
        faults.append(array[:0])
    return draw(st.sampled_from(faults))


# Gradients


@given(numbers(shapes(0, 3)), seeds)
def test_finite_differences_find_the_gradient_of_any_quadratic_and_leave_the_point_alone(
    point, seed
):
    point = point if point.dtype == bool else np.array(point % 8)
    point.flags.writeable = False
    before, flat, rng = (
        point.copy(),
        point.astype(float).ravel(),
        np.random.default_rng(seed),
    )
    square, linear = (
        rng.normal(size=(point.size, point.size)),
        rng.normal(size=point.size),
    )
    measured = finite_differences(
        lambda p: p.ravel() @ square @ p.ravel() + linear @ p.ravel(), point
    )
    assert (measured.shape, measured.dtype) == (point.shape, np.float64)
    np.testing.assert_allclose(
        measured.ravel(), (square + square.T) @ flat + linear, rtol=1e-6, atol=1e-5
    )
    assert point.dtype == before.dtype
    np.testing.assert_array_equal(point, before)


def pairs_of_gradients(elements):
    return shapes(0, 3).flatmap(
        lambda shape: st.tuples(*[hnp.arrays(np.float64, shape, elements=elements)] * 2)
    )


@given(
    pairs_of_gradients(
        st.just(0.0) | st.floats(1e-100, 1e100) | st.floats(-1e100, -1e-100)
    ),
    st.integers(-300, 300),
)
def test_the_error_of_a_gradient_is_symmetric_does_not_depend_on_the_scale_and_is_zero_for_equal_ones_only(
    pair, power
):
    formula, measured = pair
    error = gradient_error(formula, measured)
    assert gradient_error(measured, formula) == error
    assert gradient_error(np.ldexp(formula, power), np.ldexp(measured, power)) == error
    assert (error == 0) == np.array_equal(formula, measured)
    assert gradient_error(formula, formula.copy()) == 0


@given(
    pairs_of_gradients(st.integers(-9, 9).map(float)),
    st.sampled_from([-1074, -1060, -1000, 0, 1000, 1020]),
)
def test_the_error_of_a_gradient_lies_between_0_and_2_even_for_the_smallest_and_largest_numbers(
    pair, power
):
    formula, measured = np.ldexp(pair, power)
    assert 0 <= gradient_error(formula, measured) <= 2
    assert gradient_error(formula, formula) == 0


@given(numbers(shapes(0, 3), [np.float64]), places)
def test_a_flipped_sign_is_noticed_at_any_entry(gradient, place):
    entry = gradient.flat[place % gradient.size]
    size = max(abs(entry), 1e-6 * abs(gradient).max())
    assume(size > 1e-300)
    error = gradient_error(with_entry(gradient, place, -entry), gradient)
    assert error == pytest.approx(2 * abs(entry) / size)


@given(st.lists(shapes(0, 3), min_size=2, max_size=2, unique=True))
def test_gradients_of_different_shapes_are_refused_with_both_shapes(both):
    with pytest.raises(
        ValueError, match="formula and measured must have the same shape"
    ) as caught:
        gradient_error(*map(np.ones, both))
    assert str(caught.value).endswith(f"got {both[0]} and {both[1]}")


NAMED = pytest.mark.parametrize(
    "name, call",
    [
        ("point", lambda wrong: finite_differences(np.sum, wrong)),
        ("formula", lambda wrong: gradient_error(wrong, np.ones(np.shape(wrong)))),
        ("measured", lambda wrong: gradient_error(np.ones(np.shape(wrong)), wrong)),
    ],
    ids=["point", "formula", "measured"],
)


@NAMED
@given(numbers(shapes(0, 3), list(FLOATS)), places, no_numbers)
def test_a_number_that_is_not_finite_is_refused_with_its_place(
    name, call, array, place, value
):
    index = tuple(map(int, np.unravel_index(place % array.size, array.shape)))
    with pytest.raises(ValueError) as caught:
        call(with_entry(array, place, value, array.dtype))
    assert str(caught.value) == f"{name} must be finite, got {value} at index {index}"


@NAMED
@settings(max_examples=30)
@given(
    hnp.arrays(
        st.sampled_from(["U3", "S3", "O", "c8", "c16", "M8[s]", "m8[s]"]), shapes(0, 3)
    )
)
def test_what_is_no_number_is_refused_with_its_kind(name, call, wrong):
    with pytest.raises(
        TypeError,
        match=rf"^{name} must hold numbers, got {re.escape(str(wrong.dtype))} values$",
    ):
        call(wrong)


# Checkpoints and exercises

huge_integers = st.integers(300, 400).map(
    lambda power: 10**power
)  # most of them too large for a float


def any_arrays(shape):
    """Draw an array of anything: of numbers, texts and times, of records, or of objects, arrays among them."""
    objects = st.none() | huge_integers | st.lists(st.integers()).map(np.array)
    return hnp.arrays(hnp.scalar_dtypes() | hnp.array_dtypes(), shape) | hnp.arrays(
        object, shape, elements=objects, fill=st.nothing()
    )


def answers(shape):
    others = hnp.arrays(
        st.sampled_from(["c16", "U3", "S3"]),
        shape,
        elements={"allow_nan": False, "max_magnitude": 9},
    )
    return numbers(shape) | others


anything = (
    st.integers()
    | huge_integers
    | st.floats()
    | st.complex_numbers()
    | st.fractions()
    | st.text()
    | st.binary()
    | st.decimals(allow_nan=False)
    | st.dates()
    | st.functions()
    | any_arrays(shapes(0, 3))
    | st.lists(st.none() | st.integers() | st.text() | st.lists(st.floats()))
    | st.dictionaries(st.text(), st.integers())
    | st.sets(st.integers())
)


@given(anything | st.none())
def test_nothing_but_a_single_truth_value_is_a_proof(condition):
    with pytest.raises(
        TypeError, match=f"^condition must be .* got {type(condition).__name__}: "
    ):
        checkpoint("the loss fell", condition)


@given(answers(shapes(1, 3)), st.data())
def test_every_array_is_the_right_answer_for_itself(expected, data):
    answer = data.draw(forms(expected))
    with redirect_stdout(io.StringIO()) as said:
        check_exercise("1.2", lambda: answer, expected)
    assert said.getvalue() == "✓ Exercise 1.2: right.\n"


@given(numbers(shapes(0, 3)), places)
def test_an_answer_of_another_shape_or_with_another_entry_is_wrong(expected, place):
    entry = float(expected.flat[place % expected.size])
    for wrong in (
        expected[None],
        with_entry(expected, place, entry + 0.01 * abs(entry) + 1),
    ):
        with pytest.raises(AssertionError, match="Exercise 1.2: not yet."):
            check_exercise("1.2", lambda answer=wrong: answer, expected)


@settings(max_examples=150)
@given(st.data())
def test_any_answer_at_all_is_right_or_wrong_and_no_crash(data):
    expected = data.draw(answers(shapes(0, 2)))
    answer = data.draw(
        any_arrays(expected.shape) if data.draw(st.booleans()) else anything
    )
    with np.errstate(
        all="ignore"
    ):  # numbers too large to subtract differ, with or without a warning
        try:
            check_exercise("1.2", lambda: answer, expected)
        except AssertionError as error:
            assert str(error).startswith("Exercise 1.2: not yet.")
        else:
            assert np.shape(answer) == expected.shape


# Confusion reports


@st.composite
def comparisons(draw, names=words, most=6):
    """Draw the arguments of a report, its classes in order, and the true and predicted places of the samples."""
    pool, kinds = draw(pools(names, most))
    samples = draw(
        st.lists(st.tuples(*[st.sampled_from(pool)] * 2), min_size=1, max_size=30)
    )
    both = dict(zip(("y_true", "y_pred"), zip(*samples, strict=True), strict=True))
    arguments = {
        name: draw(forms(np.array(y, kind)))
        for (name, y), kind in zip(both.items(), kinds, strict=True)
    }
    order = sorted({*both["y_true"], *both["y_pred"]})
    if draw(st.booleans()):
        order = draw(st.permutations(pool))
        arguments["labels"] = draw(forms(np.array(order, kinds[0])))
    return (
        arguments,
        order,
        *(np.array([order.index(label) for label in y]) for y in both.values()),
    )


def counts_of(order, true, predicted):
    """Return scikit-learn's confusion matrix; one more class, which never occurs, spares its warning about one."""
    return confusion_matrix(true, predicted, labels=[*range(len(order)), -1])[:-1, :-1]


@given(comparisons(), st.integers(0, 6))
def test_a_report_has_the_numbers_of_scikit_learn(case, digits):
    arguments, order, true, predicted = case
    report = from_predictions(**arguments, digits=digits)
    assert report.labels.tolist() == order
    assert report.counts.dtype == np.int64
    np.testing.assert_array_equal(report.counts, counts_of(order, true, predicted))
    assert report.accuracy == pytest.approx(accuracy_score(true, predicted), rel=1e-12)
    scores = precision_recall_fscore_support(
        true, predicted, labels=range(len(order)), zero_division=0
    )
    assert [line.split() for line in str(report).split("\n")[4 : 4 + len(order)]] == [
        [
            *str(label).split(),
            *(f"{score:.{digits}f}" for score in row[:3]),
            str(row[3]),
        ]
        for label, row in zip(order, zip(*scores, strict=True), strict=True)
    ]


@given(st.lists(st.integers(2**53, 2**63 - 1), min_size=1))
def test_the_largest_classes_are_told_apart_in_different_kinds_of_integers(classes):
    report = from_predictions(np.array(classes, np.int64), np.array(classes, np.uint64))
    assert (report.labels.tolist(), report.accuracy) == (sorted(set(classes)), 1)


@given(st.integers(2**63, 2**64 - 1))
def test_classes_that_are_too_large_are_refused_by_name(label):
    with pytest.raises(ValueError, match="y_pred must hold class labels below"):
        from_predictions(np.array([1]), np.array([label], np.uint64))


@given(
    hnp.arrays(
        np.float64, shapes(1, 1), elements=st.floats(0, 1e300).map(round).map(float)
    )
)
def test_whole_floats_are_the_classes_that_they_say_or_refused_by_name(classes):
    try:
        report = from_predictions(classes, classes)
    except EITHER as error:
        assert str(error).startswith("y_true must ")
        assert classes.max() >= 2**53
    else:
        assert report.labels.tolist() == np.unique(classes).tolist()


@given(comparisons(), st.integers(1, 12))
def test_the_most_confused_pairs_are_those_that_counting_one_by_one_finds(case, most):
    arguments, order, true, predicted = case
    pairs = list(zip(true.tolist(), predicted.tolist(), strict=True))
    mistakes = sorted(
        {pair for pair in pairs if pair[0] != pair[1]},
        key=lambda pair: (-pairs.count(pair), pair),
    )
    expected = [
        (order[i], order[j], pairs.count((i, j)), pairs.count((i, j)) / sum(true == i))
        for i, j in mistakes
    ]
    assert from_predictions(**arguments).most_confused(most) == expected[:most]


@settings(max_examples=25)
@given(
    comparisons(drawable_words, most=4),
    st.sampled_from([None, "true", "pred"]),
    st.booleans(),
)
def test_the_picture_of_a_report_holds_its_numbers(case, normalize, errors_only):
    arguments, order, *samples = case
    counts, report = counts_of(order, *samples), from_predictions(**arguments)
    with nothing_else_changed() as ax:
        assert report.plot(normalize=normalize, errors_only=errors_only, ax=ax) is ax
    ax.figure.canvas.draw()
    texts = {
        (round(y - 0.5), round(x - 0.5)): text.get_text()
        for text in ax.texts
        for x, y in [text.get_position()]
        if text.get_text()
    }
    assert texts == {
        (i, j): f"{counts[i, j] / counts[i].sum():.2f}"
        if normalize
        else str(counts[i, j])
        for i, j in zip(*counts.nonzero(), strict=True)
        if not (errors_only and i == j)
    }
    for ticks in (ax.get_xticklabels(), ax.get_yticklabels()):
        assert unescaped(tick.get_text() for tick in ticks) == [
            str(label) for label in order
        ]


@given(comparisons(), st.data())
def test_labels_that_cannot_be_compared_are_refused_by_name(case, data):
    arguments, *_ = case
    name = data.draw(st.sampled_from(list(arguments)))
    wrong = data.draw(spoiled(arguments[name], labels=True))
    with pytest.raises(EITHER, match=rf"\b{name}\b"):
        from_predictions(**arguments | {name: wrong})


@given(comparisons(), places)
def test_labels_that_leave_out_a_class_or_name_one_twice_are_refused_by_name(
    case, place
):
    arguments, order, true, _ = case
    labels, missing = from_predictions(**arguments).labels, true[place % len(true)]
    assume(len(labels) > 1)
    for wrong, message, named in [
        (
            np.delete(labels, missing),
            "y_true must hold only classes in labels",
            [order[missing]],
        ),
        (
            np.append(labels, labels[missing]),
            "labels must name each class once",
            [*order, order[missing]],
        ),
    ]:
        with pytest.raises(ValueError, match=message) as caught:
            from_predictions(**arguments | {"labels": wrong})
        assert str(caught.value).endswith(f"got {named}")


# Plots


def snapshot(ax):
    """Return what a plot on these axes must leave as it is."""
    return state_outside(ax) | {
        "Python's random state": random.getstate(),
        "warnings filters": list(warnings.filters),
        "handling of floating-point errors": np.geterr(),
    }


@contextmanager
def nothing_else_changed():
    """Lend axes to draw on, and see that settings, random states, and all other axes and figures stay as they were."""
    plt.close("all")
    ax = plt.figure(figsize=(2, 2), dpi=50).add_subplot()
    current = plt.figure(figsize=(1, 1)).add_subplot()
    current.plot([1, 2], [3, 5])
    random.random(), np.random.random()  # noqa: NPY002, B018 - states that no seed sets
    before = snapshot(ax)
    plt.sca(current)
    yield ax
    assert plt.gca() is current
    assert snapshot(ax) == before


def unescaped(texts):
    """Return the texts as they are read, whether or not a dollar is escaped for matplotlib."""
    return [text.replace(r"\$", "$") for text in texts]


@st.composite
def image_arguments(draw):
    images = draw(numbers(shapes(3, 3)))
    options = {
        "predictions": classes_of(len(images)),
        "ncols": st.integers(1, 10**20),
        "cmap": st.sampled_from(["gray", "viridis"]),
    }
    labels = classes_of(len(images))
    limits = dict(zip(("vmin", "vmax"), draw(rising(2)), strict=True))
    return limits | draw(
        st.fixed_dictionaries(
            {"images": forms(images), "labels": labels}, optional=options
        )
    )


@st.composite
def curve_arguments(draw):
    values, log = numbers(shapes(1, 1)), draw(st.booleans())
    if log:
        values = values.map(lambda array: 1 + abs(array.astype(float)))
    series = st.dictionaries(curve_names, values.flatmap(forms), min_size=1, max_size=4)
    return {"series": draw(series), "logy": log, "first": draw(st.integers(-10, 10**9))}


@st.composite
def class_arguments(draw):
    points = draw(numbers(st.tuples(st.integers(1, 8), st.just(2))))
    return {
        "points": draw(forms(points)),
        "labels": draw(classes_of(len(points))),
        "medians": draw(st.booleans()),
        "xlabel": draw(st.sampled_from(["width", "$x_1$", ""])),
    }


@st.composite
def variance_arguments(draw):
    """Draw shares that sum to at most 1: of any float kind, or of any kind and all in the first component."""
    parts = draw(hnp.arrays(np.uint8, shapes(1, 1)))
    shares = (0.99 * parts / max(1, parts.sum(dtype=int))).astype(
        draw(st.sampled_from(list(FLOATS)))
    )
    if draw(st.booleans()):
        shares = (np.arange(len(parts)) == 0).astype(draw(st.sampled_from(NUMERIC)))
    thresholds = hnp.arrays(
        float,
        st.integers(0, 3),
        elements={"min_value": 0, "max_value": 1, "exclude_min": True},
    )
    return {
        "ratios": draw(forms(shares)),
        "thresholds": draw(thresholds.flatmap(forms)),
    }


@st.composite
def surface_arguments(draw):
    w, b = draw(rising(draw(st.integers(2, 5)))), draw(rising(draw(st.integers(2, 5))))
    heights = draw(
        hnp.arrays(np.uint8, (len(b), len(w)), elements={"max_value": 9}).filter(np.ptp)
    )
    losses = (1 + heights).astype(draw(st.sampled_from(NUMERIC[1:])))
    if draw(st.booleans()):  # as close to each other as numbers can be, or far apart
        losses = draw(st.floats(1e-30, 1e30)) * (
            1 + heights * 2.0 ** draw(st.sampled_from([-52, -40, 0, 52]))
        )
    paths = st.dictionaries(
        curve_names, numbers(st.tuples(st.integers(1, 4), st.just(2))), max_size=3
    )
    return {
        "w": draw(forms(w)),
        "b": draw(forms(b)),
        "losses": draw(forms(losses)),
    } | draw(
        st.fixed_dictionaries(
            {}, optional={"paths": paths, "minimum": numbers(2).flatmap(forms)}
        )
    )


@st.composite
def line_arguments(draw):
    lengths = {"x": draw(st.integers(1, 6)), "x_new": draw(st.integers(1, 6))}
    lengths |= {"y": lengths["x"], "y_new": lengths["x_new"]}
    points = {
        name: draw(numbers(count).flatmap(forms)) for name, count in lengths.items()
    }
    if draw(st.booleans()):
        del points["x_new"], points["y_new"]
    return points | {name: draw(numbers(())).item() for name in ("slope", "intercept")}


PLOTS = {
    plotting.plot_images: image_arguments(),
    plotting.plot_curves: curve_arguments(),
    plotting.plot_classes: class_arguments(),
    plotting.plot_explained_variance: variance_arguments(),
    plotting.plot_loss_surface: surface_arguments(),
    plotting.plot_line_fit: line_arguments(),
}
every_plot = pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: plot.__name__)
ARRAYS = {
    "images",
    "labels",
    "predictions",
    "series",
    "points",
    "ratios",
    "thresholds",
    "w",
    "b",
    "losses",
    "paths",
    "minimum",
    "x",
    "y",
    "x_new",
    "y_new",
}


def test_every_plot_is_among_those_that_are_tried():
    assert {plot.__name__ for plot in PLOTS} == set(GALLERY) - {"ConfusionReport.plot"}


@every_plot
@settings(max_examples=15)
@given(data=st.data())
def test_whatever_is_legal_is_drawn_on_the_axes_given_and_nothing_else_changes(
    plot, data
):
    drawn = data.draw(PLOTS[plot])
    with nothing_else_changed() as ax:
        assert plot(**drawn, ax=ax) is ax
    assert ax.has_data()
    ax.figure.canvas.draw()


@every_plot
@settings(max_examples=30)
@given(data=st.data())
def test_whatever_is_not_legal_is_refused_by_name_before_anything_is_drawn(plot, data):
    drawn = data.draw(PLOTS[plot])
    named = name = data.draw(
        st.sampled_from([name for name in drawn if name in ARRAYS and len(drawn[name])])
    )
    limits = {
        "labels": name in ("labels", "predictions"),
        "may_be_empty": name == "thresholds",
        "fixed_length": name not in ("series", "ratios", "thresholds", "paths"),
    }
    if isinstance(drawn[name], dict):
        key = data.draw(st.sampled_from(list(drawn[name])))
        named, wrong = (
            f"{name}[{key!r}]",
            drawn[name] | {key: data.draw(spoiled(drawn[name][key], **limits))},
        )
        if name == "series":  # a curve may end in NaN, as training that diverged does
            ends = [
                end for end in wrong[key][-1:] if isinstance(end, float | np.floating)
            ]
            assume(np.isfinite(ends).all())
    else:
        wrong = data.draw(spoiled(drawn[name], **limits))
    with (
        nothing_else_changed() as ax,
        pytest.raises(EITHER, match=rf"\b{re.escape(named)}(?!\w)"),
    ):
        plot(**drawn | {name: wrong})
    assert not ax.has_data()


@settings(max_examples=15)
@given(
    st.lists(drawable_words, min_size=1, max_size=4, unique=True),
    st.lists(curve_names, min_size=1, max_size=4, unique=True),
)
def test_legends_name_every_class_curve_and_path(classes, names):
    points = [[i, i] for i in range(len(classes))]
    assert sorted(
        unescaped(legend_texts(plotting.plot_classes(points, classes)))
    ) == sorted(classes)
    for ax in (
        plotting.plot_curves(dict.fromkeys(names, [1, 2])),
        plotting.plot_loss_surface(
            W, B, TILTED, paths=dict.fromkeys(names, [[0, 1], [1, 2]])
        ),
    ):
        assert legend_texts(ax) == names
    plt.close("all")


# The network

architectures = st.lists(st.integers(1, 5), min_size=2, max_size=4).map(
    tuple
)  # one to three layers
sample_counts = st.integers(1, 8)
huge = {
    "min_value": -(2**22),
    "max_value": 2**22,
}  # sums of two such whole numbers are exact in float32, too


def has_no_kink(network, x):
    """Tell whether no unit of ReLU is so close to its kink that a nudge could switch it on or off."""
    if network.activation == "sigmoid":
        return True
    layers = numpy_mlp.forward(network, x)
    inputs = [
        layer @ weights + bias
        for layer, weights, bias in zip(
            layers[:-2], network.weights[:-1], network.biases[:-1], strict=True
        )
    ]
    return all(abs(z).min() > 1e-3 for z in inputs)


@ACTIVATIONS
@DTYPES
@given(architectures, sample_counts, seeds)
def test_passes_keep_shapes_and_kinds_of_numbers(activation, dtype, sizes, n, seed):
    network = numpy_mlp.initialize(
        sizes, np.random.default_rng(seed), activation=activation, dtype=dtype
    )
    x, labels = samples_for(sizes, n, seed=seed, dtype=dtype)
    layers = numpy_mlp.forward(network, x)
    gradient = numpy_mlp.backward(network, layers, labels)
    assert [layer.shape for layer in layers] == [(n, size) for size in sizes]
    assert [slope.shape for slope in arrays(gradient)] == [
        array.shape for array in arrays(network)
    ]
    assert {
        array.dtype for array in [*layers, *arrays(gradient), *arrays(network)]
    } == {np.dtype(dtype)}


@ACTIVATIONS
@settings(max_examples=30)
@given(architectures, sample_counts, seeds)
def test_the_gradient_of_any_network_is_that_of_finite_differences(
    activation, sizes, n, seed
):
    network, (x, labels) = (
        network_of(sizes, activation, seed=seed),
        samples_for(sizes, n, seed=seed),
    )
    assume(has_no_kink(network, x))
    gradient = numpy_mlp.backward(network, numpy_mlp.forward(network, x), labels)
    for place, (formula, array) in enumerate(
        zip(arrays(gradient), arrays(network), strict=True)
    ):

        def loss(values, place=place):
            return numpy_mlp.cross_entropy(
                numpy_mlp.forward(with_array(network, place, values), x)[-1], labels
            )

        np.testing.assert_allclose(
            formula, finite_differences(loss, array), rtol=1e-6, atol=1e-8
        )


@ACTIVATIONS
@given(architectures, sample_counts, seeds)
def test_a_small_step_lowers_the_loss_by_what_the_gradient_promises(
    activation, sizes, n, seed
):
    network, (x, labels) = (
        network_of(sizes, activation, seed=seed),
        samples_for(sizes, n, seed=seed),
    )
    assume(has_no_kink(network, x))
    rate, start = 1e-5, numpy_mlp.evaluate(network, x, labels)[0]
    gradient = numpy_mlp.backward(network, numpy_mlp.forward(network, x), labels)
    numpy_mlp.step(network, gradient, rate)
    promised = rate * sum((slope**2).sum() for slope in arrays(gradient))
    assert start - numpy_mlp.evaluate(network, x, labels)[0] == pytest.approx(
        promised, rel=1e-2, abs=1e-13
    )


@DTYPES
@given(data=st.data(), shape=shapes(2, 2))
def test_softmax_sums_to_one_and_does_not_notice_a_shift_even_of_huge_logits(
    dtype, data, shape
):
    logits = data.draw(hnp.arrays(np.int32, shape, elements=huge)).astype(dtype)
    shift = data.draw(hnp.arrays(np.int32, (shape[0], 1), elements=huge)).astype(dtype)
    probabilities = numpy_mlp.softmax(logits)
    assert probabilities.dtype == dtype
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(numpy_mlp.softmax(logits + shift), probabilities)


@DTYPES
@given(shapes(2, 2), seeds, st.sampled_from([1.0, 30.0, 1e3, 1e6]))
def test_the_loss_is_that_of_scipy_for_logits_of_any_size(dtype, shape, seed, scale):
    rng = np.random.default_rng(seed)
    logits, labels = (
        (scale * rng.normal(size=shape)).astype(dtype),
        rng.integers(shape[1], size=shape[0]),
    )
    expected = -log_softmax(logits.astype(float), axis=1)[
        range(shape[0]), labels
    ].mean()
    loss, rounding = (
        numpy_mlp.cross_entropy(logits, labels),
        20 * float(np.finfo(dtype).eps),
    )
    assert loss.dtype == dtype
    assert loss == pytest.approx(expected, rel=rounding, abs=rounding)


@given(st.integers(1, 300), st.integers(1, 400), seeds)
def test_mini_batches_visit_each_position_once_and_only_the_last_may_be_smaller(
    n, batch_size, seed
):
    batches = list(numpy_mlp.minibatches(n, batch_size, np.random.default_rng(seed)))
    assert sorted(np.concatenate(batches)) == list(range(n))
    assert {len(batch) for batch in batches[:-1]} <= {batch_size}
    assert 1 <= len(batches[-1]) <= batch_size


@DTYPES
@given(
    architectures, sample_counts, seeds, places, no_numbers, st.sampled_from(NUMERIC)
)
def test_data_that_no_network_can_use_are_refused_by_name(
    dtype, sizes, n, seed, place, value, other
):
    network, (x, labels) = (
        network_of(sizes, seed=seed, dtype=dtype),
        samples_for(sizes, n, seed=seed, dtype=dtype),
    )
    numpy_mlp.check_data(network, x, labels)
    layer = place % len(arrays(network))
    broken = with_array(
        network, layer, with_entry(arrays(network)[layer], place, value, dtype)
    )
    for beginning, *wrong in [
        ("network must hold finite numbers", broken, x, labels),
        (f"x must have shape (n, {sizes[0]})", network, np.hstack([x, x]), labels),
        (
            f"x must be {np.dtype(dtype)}",
            network,
            x > 0 if other is dtype else np.ones_like(x, other),
            labels,
        ),
        ("x must be finite", network, with_entry(x, place, value, dtype), labels),
        (f"labels must be {n} integers", network, x, np.append(labels, 0)),
        (f"labels must be {n} integers", network, x, labels.astype(float)),
        (
            f"labels must lie in 0 to {sizes[-1] - 1}",
            network,
            x,
            with_entry(labels, place, -1 - place, int),
        ),
        (
            f"labels must lie in 0 to {sizes[-1] - 1}",
            network,
            x,
            with_entry(labels, place, sizes[-1], np.uint8),
        ),
    ]:
        with pytest.raises(ValueError, match="^" + re.escape(beginning)):
            numpy_mlp.check_data(*wrong)


# Pictures


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a place for files; each example writes over the one before."""
    return tmp_path_factory.mktemp("properties")


@st.composite
def drawings(draw):
    """Draw strokes, True where there is ink: none at the border, none so small that it could be a speck."""
    rows, columns = draw(st.integers(20, 60)), draw(st.integers(20, 60))
    ink = np.zeros((rows, columns), dtype=bool)
    for _ in range(draw(st.integers(1, 3))):
        height, width = draw(st.integers(5, 10)), draw(st.integers(5, 10))
        top, left = (
            draw(st.integers(3, rows - 3 - height)),
            draw(st.integers(3, columns - 3 - width)),
        )
        ink[top : top + height, left : left + width] = True
    return ink


def converted(mode):
    return lambda grey: Image.fromarray(grey).convert(mode)


MODES = {  # how a picture is made from grey levels 0 to 255
    **{mode: converted(mode) for mode in ("L", "LA", "RGB", "RGBA")},
    "1": lambda grey: Image.fromarray(grey > grey.mean()),
    "I;16": lambda grey: Image.fromarray(np.uint16(grey) * 257),
    "I": lambda grey: Image.fromarray(np.int32(grey) * 1000),
    "F": lambda grey: Image.fromarray(np.float32(grey) / 255),
}


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=15)
@given(
    ink=drawings(),
    paper=st.integers(80, 250),
    contrast=st.integers(60, 80),
    grain=st.integers(0, 3),
    seed=seeds,
)
def test_ink_is_found_in_any_mode_and_when_ink_and_paper_are_inverted(
    folder, mode, ink, paper, contrast, grain, seed
):
    grains = np.random.default_rng(seed).integers(
        -grain, grain, ink.shape, endpoint=True
    )
    grey = np.uint8(paper - contrast * ink + (grains if mode != "1" else 0))
    for shown in (grey, 255 - grey):
        MODES[mode](shown).save(folder / "a.tif")
        found = pictures.read_ink(folder / "a.tif")
        assert found.dtype == np.float64
        np.testing.assert_array_equal(found, ink)


@settings(max_examples=10)
@given(ink=drawings(), times=st.integers(20, 40))
def test_a_large_picture_is_shrunk_to_400_with_the_same_share_of_ink(
    folder, ink, times
):
    Image.fromarray(
        np.uint8(255 - 200 * ink).repeat(times, axis=0).repeat(times, axis=1)
    ).save(folder / "a.png")
    found = pictures.read_ink(folder / "a.png")
    assert found.shape == tuple(
        round(400 * side / max(ink.shape)) for side in ink.shape
    )
    assert 0 == found.min() < found.max() == 1
    assert found.mean() == pytest.approx(ink.mean(), rel=0.05)


def is_read(path):
    """Tell whether a picture can be read: what is read must be ink, and a refusal must name the file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", UserWarning
            )  # Pillow's, about what is odd in a damaged file
            ink = pictures.read_ink(path)
    except ValueError as error:
        assert str(error).startswith(f"{path.name} ")
        return False
    assert ink.dtype == np.float64
    assert max(ink.shape) <= 400
    assert 0 <= ink.min() <= ink.max() <= 1
    return True


OPENINGS = [
    b"",
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff\xe0",
    b"GIF89a",
    b"BM",
    b"II*\0",
    b"MM\0*",
    b"RIFF\x40\0\0\0WEBPVP8 ",
    b"\0\0\1\0\1\0",
    b"\0\0\0\x1cftypavif",
    b"DDS |\0\0\0",
    b"P5 ",
]
FORMATS = [
    "PNG",
    "JPEG",
    "GIF",
    "BMP",
    "TIFF",
    "WEBP",
    "JPEG2000",
    "ICO",
    "PPM",
    "TGA",
    "DDS",
    "AVIF",
]
Image.init()  # fills Image.SAVE: not every Pillow has every format


@settings(max_examples=200)
@given(opening=st.sampled_from(OPENINGS), rest=st.binary(max_size=200))
def test_random_bytes_are_no_picture(folder, opening, rest):
    (folder / "a.png").write_bytes(opening + rest)
    assert not is_read(folder / "a.png")


@functools.cache
def file_of(name):
    """Return the bytes of a small picture in that format."""
    grey, written = np.full((24, 30), 220, np.uint8), io.BytesIO()
    grey[6:18, 10:14] = 30
    Image.fromarray(grey).convert("RGB").save(written, name)
    return written.getvalue()


@pytest.mark.parametrize("name", [name for name in FORMATS if name in Image.SAVE])
@given(
    changes=st.lists(st.tuples(places, st.integers(0, 255)), max_size=4),
    kept=st.none() | st.integers(0, 2000),
)
def test_a_damaged_picture_is_read_or_refused_by_name(folder, name, changes, kept):
    damaged = bytearray(file_of(name))
    for place, value in changes:
        damaged[place % len(damaged)] = value
    (folder / "a.png").write_bytes(damaged[:kept])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            pictures, "_MOST_PIXELS", 10**6
        )  # so that no damaged size costs time
        is_read(folder / "a.png")


@given(ink=drawings(), place=places, value=no_numbers | st.sampled_from([3e38, -3e38]))
def test_a_picture_of_floats_is_read_or_refused_by_name_whatever_they_are(
    folder, ink, place, value
):
    Image.fromarray(with_entry(1 - ink, place, value, np.float32)).save(
        folder / "a.tif"
    )
    is_read(folder / "a.tif")


# The MNIST files: the labels, which are small

LABELS = pytest.mark.parametrize("field", ["y_train", "y_test"])
DESCRIPTION = range(
    3,
    10,
    # bytes of a gzip file that tell flags, time and system: the contents may stay the same
)


@functools.cache
def bundled(field):
    return (BUNDLED / datasets._FILES[field][0]).read_bytes()


def load(folder, field, data):
    """Return the labels that are loaded from these bytes, None if they are refused with the name of the file."""
    name, magic, digest = datasets._FILES[field]
    (folder / name).write_bytes(data)
    try:
        return datasets._load(folder / name, magic, digest)
    except datasets.DatasetError as error:
        assert str(error).startswith(f"{name}: ")
        return None


@LABELS
@given(place=st.integers(0, 10) | places, change=st.integers(1, 255))
def test_a_byte_that_is_changed_anywhere_in_the_contents_is_noticed(
    folder, field, place, change
):
    assert load(folder, field, bundled(field)) is not None
    contents = bytearray(gzip.decompress(bundled(field)))
    contents[place % len(contents)] ^= change
    assert load(folder, field, gzip.compress(contents, 1)) is None


@LABELS
@given(place=st.integers(0, 40) | places, change=st.integers(1, 255))
def test_a_byte_that_is_changed_anywhere_in_a_file_is_noticed_unless_the_labels_stay(
    folder, field, place, change
):
    assert load(folder, field, bundled(field)) is not None
    data = bytearray(bundled(field))
    data[place % len(data)] ^= change
    found = load(folder, field, data)
    if found is not None:
        assert place % len(data) in DESCRIPTION
        np.testing.assert_array_equal(found, load(folder, field, bundled(field)))


@LABELS
@given(kept=st.integers(0, 40) | places)
def test_a_file_that_ends_anywhere_too_early_is_noticed(folder, field, kept):
    assert load(folder, field, bundled(field)) is not None
    assert load(folder, field, bundled(field)[: kept % len(bundled(field))]) is None
