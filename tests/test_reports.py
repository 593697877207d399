"""The confusion report: its numbers against scikit-learn's, and its picture as a reader sees it."""

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    precision_recall_fscore_support,
)

from helpers.reports import ConfusedPair, ConfusionReport
from tests.rules.watch import luminance

from_predictions = ConfusionReport.from_predictions


@pytest.fixture(autouse=True)
def warnings_are_errors():
    with warnings.catch_warnings():
        for kind in (UserWarning, RuntimeWarning, FutureWarning):
            warnings.simplefilter("error", kind)
        yield


@pytest.fixture
def pets():
    """Five cats (two taken for dogs), three dogs (one taken for a fox), no fox."""
    return from_predictions(
        ["cat"] * 5 + ["dog"] * 3, ["cat"] * 3 + ["dog"] * 4 + ["fox"]
    )


def random_labels(seed, classes=10, n=500):
    rng = np.random.default_rng(seed)
    y_true = rng.integers(classes, size=n)
    return y_true, np.where(rng.random(n) < 0.7, y_true, rng.integers(classes, size=n))


def from_counts(counts):
    counts = np.asarray(counts)
    y_true, y_pred = np.indices(counts.shape)
    return from_predictions(
        np.repeat(y_true, counts.ravel()),
        np.repeat(y_pred, counts.ravel()),
        labels=range(len(counts)),
    )


def drawn(ax):
    """Return {(true, predicted): text}, reading each text that is not blank against the tick labels."""
    columns = {
        x: tick.get_text()
        for x, tick in zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)
    }
    rows = {
        y: tick.get_text()
        for y, tick in zip(ax.get_yticks(), ax.get_yticklabels(), strict=True)
    }
    places = {text.get_position(): text.get_text() for text in ax.texts}
    return {(rows[y], columns[x]): text for (x, y), text in places.items() if text}


def cells(ax):
    """Return the numbers that the colours stand for, row by row; NaN where a cell is left out."""
    return np.ma.filled(ax.collections[0].get_array().astype(float), np.nan)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("names", [None, "abcdefghij"])
def test_numbers_agree_with_scikit_learn(seed, names):
    y_true, y_pred = random_labels(seed)
    if names:
        y_true, y_pred = np.array(list(names))[y_true], np.array(list(names))[y_pred]
    report = from_predictions(y_true, y_pred)
    np.testing.assert_array_equal(report.counts, confusion_matrix(y_true, y_pred))
    assert report.counts.dtype == np.int64
    assert report.labels.tolist() == sorted(set(y_true))
    assert report.accuracy == pytest.approx(accuracy_score(y_true, y_pred))
    rows = [line.split() for line in str(report).splitlines()[4:14]]
    expected = zip(*precision_recall_fscore_support(y_true, y_pred), strict=True)
    assert rows == [
        [str(label), f"{precision:.3f}", f"{recall:.3f}", f"{f1:.3f}", str(support)]
        for label, (precision, recall, f1, support) in zip(
            report.labels, expected, strict=True
        )
    ]


def test_rows_are_true_classes_and_columns_predicted_ones(pets):
    assert pets.labels.tolist() == ["cat", "dog", "fox"]
    assert pets.counts.tolist() == [[3, 2, 0], [0, 2, 1], [0, 0, 0]]
    assert pets.accuracy == 5 / 8


def test_labels_set_the_order_of_rows_and_keep_a_class_that_does_not_occur():
    report = from_predictions([2, 2, 0], [0, 2, 0], labels=[2, 1, 0])
    assert report.labels.tolist() == [2, 1, 0]
    assert report.counts.tolist() == [[1, 0, 1], [0, 0, 0], [0, 0, 1]]
    assert "nan" not in str(report)
    ax = report.plot(normalize="true")
    assert drawn(ax) == {("2", "2"): "0.50", ("2", "0"): "0.50", ("0", "0"): "1.00"}
    assert cells(ax)[1].tolist() == [0, 0, 0]
    assert report.most_confused() == [ConfusedPair(2, 0, 1, 0.5)]


@pytest.mark.parametrize(
    "y_true, y_pred",
    [
        ([3], [3]),
        (["a", "a"], ["a", "a"]),
        ([3], [5]),
    ],
)
def test_a_single_sample_or_class_is_enough(y_true, y_pred):
    report = from_predictions(y_true, y_pred)
    assert report.accuracy == (y_true == y_pred)
    assert report.counts.sum() == len(y_true)
    for options in ({}, {"errors_only": True}, {"normalize": "true"}):
        report.plot(**options).figure.canvas.draw()


@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.float32, np.float64])
def test_whole_numbers_of_any_type_are_classes(kind):
    report = from_predictions(np.array([0, 1, 1], kind), np.array([0, 1, 0], np.int64))
    assert report.counts.tolist() == [[1, 0], [1, 1]]
    assert [str(label) for label in report.labels] == ["0", "1"]


def test_the_printed_report_is_compact_and_opens_with_the_accuracy():
    y_true = np.arange(2000) % 10
    y_pred = np.where(np.arange(2000) < 1234, y_true, (y_true + 1) % 10)
    text = str(from_predictions(y_true, y_pred))
    lines = text.splitlines()
    assert lines[0] == "1,234 of 2,000 right: accuracy 0.6170"
    assert len(lines) <= 25
    assert max(map(len, lines)) < 80
    assert text == text.rstrip()
    for word in ("precision", "recall", "f1-score", "support"):
        assert word in text


def test_the_number_of_decimals_can_be_set():
    y_true, y_pred = [0, 0, 0, 1], [0, 0, 1, 1]
    assert "0.6667" in str(from_predictions(y_true, y_pred, digits=4))
    assert "0.667" in str(from_predictions(y_true, y_pred))
    assert "0.6667" not in str(from_predictions(y_true, y_pred))


def test_the_picture_shows_each_count_in_the_row_of_its_true_and_the_column_of_its_predicted_class(
    pets,
):
    ax = pets.plot()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "true")
    assert drawn(ax) == {
        ("cat", "cat"): "3",
        ("cat", "dog"): "2",
        ("dog", "dog"): "2",
        ("dog", "fox"): "1",
    }
    np.testing.assert_array_equal(cells(ax), pets.counts)


def test_tick_labels_stand_in_the_order_of_labels_with_the_first_row_at_the_top():
    ax = from_predictions(["a", "b"], ["a", "b"], labels=["b", "c", "a"]).plot()
    ax.figure.canvas.draw()
    for ticks, along in ((ax.get_xticklabels(), 0), (ax.get_yticklabels(), 1)):
        assert [tick.get_text() for tick in ticks] == ["b", "c", "a"]
        places = [
            tick.get_window_extent().get_points().mean(axis=0)[along] for tick in ticks
        ]
        assert places == sorted(places, reverse=along == 1)
    assert {tick.get_rotation() for tick in ax.get_yticklabels()} == {0}


@pytest.mark.parametrize("options", [{}, {"normalize": "true"}, {"errors_only": True}])
def test_zeros_are_left_blank(options):
    ax = from_counts([[5, 0, 1], [0, 5, 0], [2, 0, 5]]).plot(**options)
    assert {pair for pair in drawn(ax) if pair[0] != pair[1]} == {
        ("0", "2"),
        ("2", "0"),
    }


def test_errors_only_blanks_the_diagonal_and_gives_the_largest_error_the_darkest_colour():
    report = from_counts([[900, 3, 1], [0, 950, 7], [2, 0, 990]])
    ax = report.plot(errors_only=True)
    assert drawn(ax) == {
        ("0", "1"): "3",
        ("0", "2"): "1",
        ("1", "2"): "7",
        ("2", "0"): "2",
    }
    np.testing.assert_array_equal(np.isnan(cells(ax)), np.eye(3, dtype=bool))
    assert ax.collections[0].get_clim() == (0, 7)
    assert report.plot().collections[0].get_clim() == (0, 990)


def test_errors_only_of_a_perfect_classifier_draws_an_empty_matrix():
    ax = from_counts(np.diag([3, 4])).plot(errors_only=True)
    ax.figure.canvas.draw()
    assert drawn(ax) == {}


@pytest.mark.parametrize("normalize, axis", [("true", 1), ("pred", 0)])
def test_shares_sum_to_one_in_numbers_and_in_texts(normalize, axis):
    y_true, y_pred = random_labels(seed=1, classes=4)
    report = from_predictions(y_true, y_pred)
    ax = report.plot(normalize=normalize)
    np.testing.assert_allclose(
        cells(ax), confusion_matrix(y_true, y_pred, normalize=normalize)
    )
    np.testing.assert_allclose(cells(ax).sum(axis=axis), 1)
    for (true, predicted), text in drawn(ax).items():
        assert text == f"{cells(ax)[int(true), int(predicted)]:.2f}"


def test_errors_only_shares_are_shares_of_all_samples_of_the_class():
    ax = from_counts([[6, 2], [0, 5]]).plot(normalize="true", errors_only=True)
    assert drawn(ax) == {("0", "1"): "0.25"}


def test_counts_are_written_out_whatever_their_size():
    ax = from_counts([[1200, 7], [123456, 60]]).plot()
    assert drawn(ax) == {
        ("0", "0"): "1200",
        ("0", "1"): "7",
        ("1", "0"): "123456",
        ("1", "1"): "60",
    }


@pytest.mark.parametrize("options", [{}, {"normalize": "true"}, {"errors_only": True}])
@pytest.mark.parametrize(
    "counts",
    [
        np.array([[90, 1, 2], [3, 88, 0], [0, 5, 70]]),
        np.arange(1, 101).reshape(10, 10),
    ],
    ids=["few errors", "every shade"],
)
def test_texts_stand_out_from_their_cells(counts, options):
    ax = from_counts(counts).plot(**options)
    ax.figure.canvas.draw()
    faces = ax.collections[0].get_facecolors().reshape(*counts.shape, 4)
    for text in ax.texts:
        column, row = (int(place) for place in text.get_position())
        dark, light = sorted(
            [luminance(to_rgb(text.get_color())), luminance(to_rgb(faces[row, column]))]
        )
        assert (light + 0.05) / (dark + 0.05) >= 3, text.get_text()


def test_text_labels_may_be_python_objects():
    report = from_predictions(np.array(["a", "b"], dtype=object), ["a", "a"])
    assert report.counts.tolist() == [[1, 0], [1, 0]]


def test_larger_counts_have_darker_cells():
    ax = from_counts([[1, 10], [50, 100]]).plot()
    ax.figure.canvas.draw()
    shades = [luminance(to_rgb(face)) for face in ax.collections[0].get_facecolors()]
    assert shades == sorted(shades, reverse=True)
    assert shades[0] > 2 * shades[-1]


def test_new_figures_grow_with_the_number_of_classes():
    widths = [
        from_counts(np.eye(k, dtype=int)).plot().figure.get_figwidth()
        for k in (2, 10, 20)
    ]
    assert widths[0] >= 4
    assert widths[0] < widths[1] < widths[2]


def test_the_most_confused_pairs_come_first_with_their_share_of_the_true_class():
    report = from_counts([[90, 10, 0], [3, 2, 5], [10, 0, 40]])
    assert report.most_confused() == [
        (0, 1, 10, 0.1),
        (2, 0, 10, 0.2),
        (1, 2, 5, 0.5),
        (1, 0, 3, 0.3),
    ]
    assert report.most_confused(2) == report.most_confused()[:2]
    assert report.most_confused(n=100) == report.most_confused()
    assert ConfusedPair._fields == ("true", "predicted", "count", "share")


def test_confused_pairs_hold_plain_python_values_and_the_names_of_the_classes(pets):
    pairs = pets.most_confused()
    assert pairs == [("cat", "dog", 2, 0.4), ("dog", "fox", 1, pytest.approx(1 / 3))]
    assert [type(value) for value in pairs[0]] == [str, str, int, float]
    assert type(from_counts([[1, 1], [0, 1]]).most_confused()[0].true) is int


def test_at_most_ten_pairs_are_given_by_default_ties_in_the_order_of_labels_and_none_without_mistakes():
    pairs = from_counts(np.ones((10, 10), int)).most_confused()
    assert [pair[:2] for pair in pairs] == [
        (0, predicted) for predicted in range(1, 10)
    ] + [(1, 0)]
    assert from_counts(np.diag([3, 4])).most_confused() == []


def test_the_report_leaves_its_input_and_its_numbers_alone(pets):
    y_true, y_pred = random_labels(seed=0)
    copies = y_true.copy(), y_pred.copy()
    from_predictions(y_true, y_pred)
    np.testing.assert_array_equal((y_true, y_pred), copies)
    counts = pets.counts.copy()
    assert pets.plot(normalize="true", errors_only=True).has_data()
    assert pets.most_confused()
    np.testing.assert_array_equal(pets.counts, counts)


PROBABILITIES = np.full((3, 10), 0.1)


@pytest.mark.parametrize(
    "y_true, y_pred, options, error, words",
    [
        (
            [0, 1, 2],
            PROBABILITIES,
            {},
            ValueError,
            ["y_pred", "(n,)", "(3, 10)", "argmax"],
        ),
        ([[0, 1]], [0, 1], {}, ValueError, ["y_true", "(n,)", "(1, 2)"]),
        (3, [3], {}, ValueError, ["y_true", "(n,)", "()"]),
        (None, [3], {}, ValueError, ["y_true", "(n,)", "()"]),
        (
            [0, 1, 2],
            [0, 1],
            {},
            ValueError,
            ["y_true and y_pred", "y_true has 3", "y_pred has 2"],
        ),
        ([], [], {}, ValueError, ["y_true", "not be empty", "(0,)"]),
        ([0, np.nan], [0, 1], {}, ValueError, ["y_true must be finite", "nan"]),
        ([0, 1], [0, np.inf], {}, ValueError, ["y_pred must be finite", "inf"]),
        (
            [0, 1],
            [0.5, 1],
            {},
            ValueError,
            ["y_pred must hold whole class labels", "0.5"],
        ),
        ([0, None], [0, 1], {}, TypeError, ["y_true", "object"]),
        ([0j, 1], [0, 1], {}, TypeError, ["y_true", "complex"]),
        (
            ["0", "1"],
            [0, 1],
            {},
            TypeError,
            ["y_true and y_pred must be of one kind", "<U1", "int64"],
        ),
        (
            [0, 1],
            ["0", "1"],
            {},
            TypeError,
            ["y_true and y_pred must be of one kind", "int64", "<U1"],
        ),
        (
            [0, 5],
            [0, 1],
            {"labels": [0, 1]},
            ValueError,
            ["y_true", "labels [0, 1]", "[5]"],
        ),
        (
            [0, 1],
            [0, 5],
            {"labels": [0, 1]},
            ValueError,
            ["y_pred", "labels [0, 1]", "[5]"],
        ),
        (
            [0, 1],
            [0, 1],
            {"labels": ["0", "1"]},
            ValueError,
            ["labels ['0', '1']", "[0, 1]"],
        ),
        (
            [0, 1],
            [0, 1],
            {"labels": [0, 1, 1]},
            ValueError,
            ["labels must name each class once", "[0, 1, 1]"],
        ),
        (
            [0, 1],
            [0, 1],
            {"labels": []},
            ValueError,
            ["labels", "not be empty", "(0,)"],
        ),
        (
            [0, 1],
            [0, 1],
            {"labels": [[0, 1]]},
            ValueError,
            ["labels", "(n,)", "(1, 2)"],
        ),
        ([[0], [0, 1]], [0, 1], {}, ValueError, ["y_true"]),
    ],
)
def test_predictions_that_cannot_be_compared_are_refused(
    y_true, y_pred, options, error, words
):
    with pytest.raises(error) as caught:
        from_predictions(y_true, y_pred, **options)
    assert all(word in str(caught.value) for word in words), caught.value


@pytest.mark.parametrize("normalize", ["rows", "all", "", True, 1, [1]])
def test_an_unknown_normalisation_is_refused(pets, normalize):
    with pytest.raises(ValueError) as caught:
        pets.plot(normalize=normalize)
    for word in ("normalize", "None", "'true'", repr(normalize)):
        assert word in str(caught.value)
    assert not plt.get_fignums()


@pytest.mark.parametrize(
    "most, error",
    [
        (0, ValueError),
        (-1, ValueError),
        (2.5, TypeError),
        ("3", TypeError),
        (None, TypeError),
        (True, TypeError),
    ],
)
def test_a_number_of_pairs_that_is_not_at_least_one_is_refused(pets, most, error):
    with pytest.raises(
        error, match="n must be a whole number of at least 1, got "
    ) as caught:
        pets.most_confused(most)
    assert repr(most) in str(caught.value)


@pytest.mark.parametrize(
    "labels, advice",
    [
        (np.array([[3], [5]]), r"use y_pred.ravel\(\)"),
        (np.array([[3, 5]]), r"use y_pred.ravel\(\)"),
        (np.array([["a"], ["b"]]), r"use y_pred.ravel\(\)"),
        (np.array([[3.0], [5.0]]), r"use y_pred.ravel\(\)"),
        (np.array([[0.2], [0.9]]), r"threshold, \(y_pred > 0.5\).ravel\(\)"),
        (np.array([[0.2, 0.8], [0.9, 0.1]]), "argmax over the classes"),
        (np.array([[0.2, 0.8]]), "argmax over the classes"),
        (np.eye(3), "argmax over the classes"),
    ],
)
def test_labels_with_two_dimensions_get_advice_that_helps(labels, advice):
    with pytest.raises(ValueError, match=rf"y_pred must .* got \(\d, \d\): .*{advice}"):
        ConfusionReport.from_predictions([3, 5], labels)


def test_labels_may_be_numpy_strings_of_any_length():
    names = np.array(["cat", "a long-haired dog"], dtype=np.dtypes.StringDType())
    report = ConfusionReport.from_predictions(names, names[::-1])
    assert report.labels.tolist() == ["a long-haired dog", "cat"]
    assert report.counts.tolist() == [[0, 1], [1, 0]]


def test_a_cell_that_ends_with_a_report_shows_it():
    report = ConfusionReport.from_predictions([0, 1], [0, 0])
    assert repr(report) == str(report) and "1 of 2 right" in repr(report)
