"""The confusion report: its numbers against scikit-learn's, and its picture."""

import warnings

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from scipy.stats import binom, binomtest
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    precision_recall_fscore_support,
)

from helpers.reports import ConfusedPair, ConfusionReport, proportion_interval
from tests.rules.watch import luminance
from tests.test_plotting import LONG, check_refusal, contrast, each_line_of

compare = ConfusionReport.from_predictions
EVERY_FORM = [{}, {"normalize": "true"}, {"normalize": "pred"}, {"errors_only": True}]
every_form = pytest.mark.parametrize("options", EVERY_FORM)


@pytest.fixture(autouse=True)
def warnings_are_errors():
    with warnings.catch_warnings():
        for kind in (UserWarning, RuntimeWarning, FutureWarning):
            warnings.simplefilter("error", kind)
        yield


@pytest.fixture
def pets():
    """Five cats (two taken for dogs), three dogs (one taken for a fox), no fox."""
    return compare(["cat"] * 5 + ["dog"] * 3, ["cat"] * 3 + ["dog"] * 4 + ["fox"])


def random_labels(seed, classes=10, n=500):
    rng = np.random.default_rng(seed)
    y_true = rng.integers(classes, size=n)
    return y_true, np.where(rng.random(n) < 0.7, y_true, rng.integers(classes, size=n))


def from_counts(counts):
    counts = np.asarray(counts)
    y_true, y_pred = (np.repeat(y, counts.ravel()) for y in np.indices(counts.shape))
    return compare(y_true, y_pred, labels=range(len(counts)))


def drawn(ax):
    """Return {(true, predicted): text}, reading each text against the tick labels."""
    ticks = ax.get_xticks(), ax.get_xticklabels(), ax.get_yticks(), ax.get_yticklabels()
    x_ticks, x_labels, y_ticks, y_labels = ticks
    columns = {x: tick.get_text() for x, tick in zip(x_ticks, x_labels, strict=True)}
    rows = {y: tick.get_text() for y, tick in zip(y_ticks, y_labels, strict=True)}
    texts = [(*text.get_position(), text.get_text()) for text in ax.texts]
    return {(rows[y], columns[x]): text for x, y, text in texts if text}


def cells(ax):
    """Return the numbers that the cells show by colour, NaN for a blank."""
    return np.ma.filled(ax.collections[0].get_array().astype(float), np.nan)


# Numbers


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("names", [np.arange(10), np.array(list("abcdefghij"))])
def test_numbers_agree_with_scikit_learn(seed, names):
    y_true, y_pred = (names[y] for y in random_labels(seed))
    copies = y_true.copy(), y_pred.copy()
    report = compare(y_true, y_pred)
    np.testing.assert_array_equal(report.counts, confusion_matrix(y_true, y_pred))
    assert report.counts.dtype == np.int64
    assert report.labels.tolist() == names.tolist()
    assert report.accuracy == pytest.approx(accuracy_score(y_true, y_pred))
    rows = [line.split() for line in str(report).splitlines()[4:14]]
    expected = zip(*precision_recall_fscore_support(y_true, y_pred), strict=True)
    assert rows == [
        [str(name), f"{precision:.3f}", f"{recall:.3f}", f"{f1:.3f}", str(support)]
        for name, (precision, recall, f1, support) in zip(names, expected, strict=True)
    ]
    np.testing.assert_array_equal((y_true, y_pred), copies)


def test_labels_set_the_order_and_may_have_no_samples():
    report = compare([2, 2, 0], [0, 2, 0], labels=[2, 1, 0])
    assert report.labels.tolist() == [2, 1, 0]
    assert report.counts.tolist() == [[1, 0, 1], [0, 0, 0], [0, 0, 1]]
    assert "nan" not in str(report)
    ax = report.plot(normalize="true")
    assert drawn(ax) == {("2", "2"): "0.50", ("2", "0"): "0.50", ("0", "0"): "1.00"}
    assert cells(ax)[1].tolist() == [0, 0, 0]
    assert report.most_confused() == [ConfusedPair(2, 0, 1, 0.5)]


def test_a_class_never_predicted_has_precision_0():
    row = str(compare([0, 1], [0, 0])).splitlines()[5]
    assert row.split() == ["1", "0.000", "0.000", "0.000", "1"]


@pytest.mark.parametrize("y_true, y_pred", [([3], [3]), (["a", "a"], ["a", "a"])])
def test_a_single_class_is_enough(y_true, y_pred):
    report = compare(y_true, y_pred)
    assert report.counts.tolist() == [[len(y_true)]]
    assert report.accuracy == 1
    for options in EVERY_FORM:
        report.plot(**options).figure.canvas.draw()


@pytest.mark.parametrize("kind", [bool, np.uint8, np.float32, np.float64])
def test_whole_numbers_of_any_type_are_classes(kind):
    report = compare(np.array([0, 1, 1], kind), np.array([0, 1, 0], np.int64))
    assert report.counts.tolist() == [[1, 0], [1, 1]]
    assert [str(label) for label in report.labels] == ["0", "1"]


def test_large_classes_of_different_types_stay_different():
    classes = [2**62, 2**62 + 1]  # equal as floats
    report = compare(np.array(classes, np.uint64), np.array(classes, np.int64))
    assert report.labels.tolist() == classes
    assert report.counts.tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize("kind", [object, np.dtypes.StringDType()])
def test_texts_of_any_type_and_length_are_classes(kind):
    names = np.array(["cat", "a long-haired dog"], dtype=kind)
    report = compare(names, names[::-1])
    assert report.labels.tolist() == ["a long-haired dog", "cat"]
    assert report.counts.tolist() == [[0, 1], [1, 0]]


def test_a_printed_report_is_compact_and_opens_with_accuracy():
    y_true = np.arange(2000) % 10
    y_pred = np.where(np.arange(2000) < 1234, y_true, (y_true + 1) % 10)
    report = compare(y_true, y_pred)
    text, lines = str(report), str(report).splitlines()
    assert lines[0] == "1,234 of 2,000 right: accuracy 0.6170"
    assert len(lines) <= 25
    assert max(map(len, lines)) < 80
    assert text == text.rstrip()
    assert {"precision", "recall", "f1-score", "support"} <= set(text.split())
    assert "0.61700" in str(compare(y_true, y_pred, digits=5))
    assert repr(report) == text  # so that a cell that ends with a report shows it


# Confused pairs


def test_the_most_confused_pairs_come_first_with_their_share():
    report = from_counts([[90, 10, 0], [3, 2, 5], [10, 0, 40]])
    pairs = report.most_confused()
    assert pairs == [(0, 1, 10, 0.1), (2, 0, 10, 0.2), (1, 2, 5, 0.5), (1, 0, 3, 0.3)]
    assert report.most_confused(2) == pairs[:2]
    assert report.most_confused(n=100) == pairs
    assert from_counts(np.diag([3, 4])).most_confused() == []


def test_confused_pairs_hold_plain_values_by_name(pets):
    pairs = pets.most_confused()
    assert pairs == [("cat", "dog", 2, 0.4), ("dog", "fox", 1, pytest.approx(1 / 3))]
    assert [type(value) for value in pairs[0]] == [str, str, int, float]
    assert type(from_counts([[1, 1], [0, 1]]).most_confused()[0].true) is int
    assert ConfusedPair._fields == ("true", "predicted", "count", "share")


def test_ten_pairs_by_default_with_ties_in_order_of_labels():
    pairs = from_counts(np.ones((10, 10), int)).most_confused()
    first_row = [(0, predicted) for predicted in range(1, 10)]
    assert [pair[:2] for pair in pairs] == [*first_row, (1, 0)]


# The picture


def test_rows_are_true_classes_and_columns_predicted_ones(pets):
    counts = [[3, 2, 0], [0, 2, 1], [0, 0, 0]]
    ax = pets.plot()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "true")
    cats = {("cat", "cat"): "3", ("cat", "dog"): "2"}
    assert drawn(ax) == cats | {("dog", "dog"): "2", ("dog", "fox"): "1"}
    assert cells(ax).tolist() == counts
    pets.plot(normalize="true", errors_only=True)  # which leaves the numbers alone
    assert pets.counts.tolist() == counts
    assert pets.labels.tolist() == ["cat", "dog", "fox"]
    assert pets.accuracy == 5 / 8


def test_ticks_are_in_the_order_of_labels_from_the_top_left():
    ax = compare(["a", "b"], ["a", "b"], labels=["b", "c", "a"]).plot()
    ax.figure.canvas.draw()
    for ticks, along in ((ax.get_xticklabels(), 0), (ax.get_yticklabels(), 1)):
        assert [tick.get_text() for tick in ticks] == ["b", "c", "a"]
        boxes = [tick.get_window_extent() for tick in ticks]
        places = [box.get_points().mean(axis=0)[along] for box in boxes]
        assert places == sorted(places, reverse=along == 1)
    assert {tick.get_rotation() for tick in ax.get_yticklabels()} == {0}


@every_form
def test_zeros_are_left_blank(options):
    ax = from_counts([[5, 0, 1], [0, 5, 0], [2, 0, 5]]).plot(**options)
    errors = {(true, predicted) for true, predicted in drawn(ax) if true != predicted}
    assert errors == {("0", "2"), ("2", "0")}


def test_errors_only_leaves_the_diagonal_out():
    report = from_counts([[900, 3, 1], [0, 950, 7], [2, 0, 990]])
    ax = report.plot(errors_only=True)
    errors = {("0", "1"): "3", ("0", "2"): "1", ("1", "2"): "7", ("2", "0"): "2"}
    assert drawn(ax) == errors
    np.testing.assert_array_equal(np.isnan(cells(ax)), np.eye(3, dtype=bool))
    assert ax.collections[0].get_clim() == (0, 7)
    assert report.plot().collections[0].get_clim() == (0, 990)
    ax = from_counts(np.diag([3, 4])).plot(errors_only=True)
    ax.figure.canvas.draw()
    assert drawn(ax) == {}


@pytest.mark.parametrize("normalize, axis", [("true", 1), ("pred", 0)])
def test_shares_are_scikit_learns_in_colours_and_texts(normalize, axis):
    y_true, y_pred = random_labels(seed=1, classes=4)
    ax = compare(y_true, y_pred).plot(normalize=normalize)
    expected = confusion_matrix(y_true, y_pred, normalize=normalize)
    np.testing.assert_allclose(cells(ax), expected)
    np.testing.assert_allclose(cells(ax).sum(axis=axis), 1)
    for (true, predicted), text in drawn(ax).items():
        assert text == f"{expected[int(true), int(predicted)]:.2f}"


def test_shares_of_errors_are_of_all_samples_of_the_class():
    ax = from_counts([[6, 2], [0, 5]]).plot(normalize="true", errors_only=True)
    assert drawn(ax) == {("0", "1"): "0.25"}


@every_form
@pytest.mark.parametrize(
    "counts", [[[90, 1, 2], [3, 88, 0], [0, 5, 70]], np.arange(1, 101).reshape(10, 10)]
)
def test_texts_stand_out_from_their_cells(counts, options):
    ax = from_counts(counts).plot(**options)
    ax.figure.canvas.draw()
    faces = ax.collections[0].get_facecolors().reshape(len(counts), len(counts), 4)
    for text in ax.texts:
        column, row = (int(place) for place in text.get_position())
        assert contrast(text.get_color(), faces[row, column]) >= 3


def test_larger_counts_have_darker_cells_and_all_digits():
    ax = from_counts([[7, 60], [1200, 123456]]).plot()
    ax.figure.canvas.draw()
    assert list(drawn(ax).values()) == ["7", "60", "1200", "123456"]
    shades = [luminance(to_rgb(face)) for face in ax.collections[0].get_facecolors()]
    assert shades == sorted(shades, reverse=True)
    assert shades[0] > 2 * shades[-1]


def test_new_figures_grow_with_the_number_of_classes():
    figures = [from_counts(np.eye(k, dtype=int)).plot().figure for k in (2, 10, 20)]
    small, medium, large = (figure.get_figwidth() for figure in figures)
    assert 4 <= small < medium < large


def test_long_names_leave_the_matrix_its_size():
    for names in (["name"] * 2, LONG[:2], LONG):
        names = [f"{name} {i}" for i, name in enumerate(names)]
        indices = range(len(names))
        short, long = (compare(y, y).plot() for y in (indices, names))
        for ax in (short, long):
            ax.figure.canvas.draw()
        assert long.bbox.width >= 0.95 * short.bbox.width
        slanted = [label.get_rotation() == 45 for label in long.get_xticklabels()]
        assert slanted == [len(names[0]) > 9] * len(names)


# Bad input

REFUSED = """
compare(3, [3]) -> ValueError: y_true must hold class labels in shape (n,) ... got ()
compare([], []) -> ValueError: y_true must hold ... and not be empty, got (0,)
compare([2**53, 2**53 + 1, 1.0], [1] * 3) -> ValueError: ... labels below 2**53 when
compare(np.float32([2**24]), [1]) -> ValueError: ... labels below 2**24 when they are
compare(np.uint64([2**63]), [1]) -> ValueError: ... must hold class labels below 2**63
compare([0j, 1], [0, 1]) -> TypeError: ... integer or string class labels, got complex
compare(["a", 1], ["a", 1]) -> TypeError: y_true must hold integer or string ... mixture
compare(["0"], [0]) -> TypeError: ... but y_true holds text, y_pred whole numbers
compare([0], [0], labels=["0"]) -> TypeError: y_true and labels must hold ... one kind
compare([0, 5], [0, 1], labels=[0, 1]) -> ValueError: y_true must ... [0, 1], got [5]
compare([0, 1], [0, 5], labels=[0, 1]) -> ValueError: y_pred must ... [0, 1], got [5]
compare([0], [0], labels=[0, 0]) -> ValueError: labels must name each class once
compare([0], [0], digits=-1) -> ValueError: digits must be ... at least 0, got -1
compare([0], [0], digits="x") -> TypeError: digits must be a whole number ... got 'x'
compare([0], [0]).plot(normalize="all") -> ValueError: normalize must be one of None
compare([0], [0]).most_confused(0) -> ValueError: n must be a whole number of at least 1
ConfusionReport([0], [0]) -> TypeError: use ConfusionReport.from_predictions(y_true, y_p
"""


@each_line_of(REFUSED)
def test_bad_input_is_refused_by_name(call, error):
    check_refusal(call, error, globals())


@pytest.mark.parametrize(
    "labels, advice",
    [
        ([[3], [5]], "use y_pred.ravel()"),
        ([[3, 5]], "use y_pred.ravel()"),
        ([["a"], ["b"]], "use y_pred.ravel()"),
        ([[3.0], [5.0]], "use y_pred.ravel()"),
        ([[0.2], [0.9]], "with a threshold, (y_pred > 0.5).ravel()"),
        ([0.2, 1.0], "with a threshold, (y_pred > 0.5)"),
        ([[-3.2], [0.9]], "compare logits of one unit with 0, (y_pred > 0).ravel()"),
        ([-3.2, 0.9], "compare logits of one unit with 0, (y_pred > 0)"),
        ([1.5, 1.0], "got 1.5"),
        ([[1.5], [1.0]], "got (2, 1)"),
        ([[0.2, 0.8]], "take argmax over the classes first"),
        (np.eye(3), "take argmax over the classes first"),
    ],
)
def test_outputs_of_a_model_get_advice_on_labels(labels, advice):
    with pytest.raises(ValueError, match="y_pred must .* got") as caught:
        compare([3, 5], labels)
    assert str(caught.value).endswith(advice)


# Intervals


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.99])
def test_interval_holds_the_true_share_as_often_as_it_says(confidence):
    counts, shares = np.arange(51), np.linspace(0.005, 0.995, 199)[:, np.newaxis]
    ends = [proportion_interval(k, 50, confidence=confidence) for k in counts]
    low, high = np.transpose(ends)
    holds = (low <= shares) & (shares <= high)
    coverage = np.sum(binom.pmf(counts, 50, shares) * holds, axis=1).mean()
    assert coverage == pytest.approx(confidence, abs=0.012)


@pytest.mark.parametrize("right, total", [(0, 1), (1, 1), (0, 40), (533, 540)])
def test_interval_is_wilsons_at_95_percent_unless_told_otherwise(right, total):
    low, high = proportion_interval(np.int64(right), total)
    test = binomtest(right, total)
    assert (low, high) == tuple(test.proportion_ci(0.95, method="wilson"))
    assert type(low) is type(high) is float


@pytest.mark.parametrize(
    "right, total, confidence, error, words",
    [
        (0.98, 100, 0.9, TypeError, "right must be a whole number of at least 0, got"),
        (-1, 100, 0.9, ValueError, "right must be .*-1"),
        (5, 0, 0.9, ValueError, "total must be a whole number of at least 1, got 0"),
        (101, 100, 0.9, ValueError, "right must be at most total, 100, got 101"),
        (9, 10, 95, ValueError, "confidence must be between 0 and 1, got 95"),
        (9, 10, np.nan, ValueError, "confidence must be between 0 and 1, got nan"),
        (9, 10, "95 %", TypeError, "confidence must be a number, got '95 %'"),
    ],
)
def test_interval_of_unusable_numbers_is_refused(
    right, total, confidence, error, words
):
    with pytest.raises(error, match=words):
        proportion_interval(right, total, confidence=confidence)
