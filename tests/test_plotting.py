"""The figures of the course: what each one draws, and the contract that all of them keep."""

import base64
import copy
import io
import os
import re
import subprocess
import sys
import warnings
from functools import partial
from types import SimpleNamespace

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.markers import MarkerStyle
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from helpers import plotting
from helpers.plotting import (
    CLASS_COLORS,
    CLASS_MARKERS,
    LINE_STYLES,
    as_text,
    axes_or_new,
    plot_classes,
    plot_curves,
    plot_explained_variance,
    plot_images,
    plot_line_fit,
    plot_loss_surface,
    show_figure,
    show_slider,
    use_course_style,
)
from helpers.reports import ConfusionReport
from tests.rules.watch import luminance, unreadable_texts

IMAGES = np.arange(30.0).reshape(
    5, 2, 3
)  # five images of 2 rows and 3 columns, each pixel its own grey
W, B = np.linspace(0, 2, 5), np.linspace(0, 4, 3)
TILTED = (
    1 + 3 * W + B[:, None]
)  # a loss whose contours are straight lines, steeper along w
REPORT = ConfusionReport.from_predictions(["a", "b", "b"], ["a", "b", "a"])

GALLERY = {  # one call of every plot of the package: function, data, options
    "plot_images": (
        plot_images,
        [IMAGES],
        {
            "labels": np.arange(5),
            "predictions": np.array([0, 1, 2, 3, 9]),
            "vmin": 0,
            "vmax": 50,
        },
    ),
    "plot_curves": (
        plot_curves,
        [{"loss": np.array([2.0, 1.0]), "val_loss": [3.0, 2.0, 1.5]}],
        {"logy": True},
    ),
    "plot_classes": (
        plot_classes,
        [np.arange(12.0).reshape(6, 2), np.array([0, 1, 2, 0, 1, 2])],
        {"xlabel": "a", "ylabel": "b"},
    ),
    "plot_explained_variance": (
        plot_explained_variance,
        [np.array([0.6, 0.2, 0.1])],
        {"thresholds": [0.5, 0.99]},
    ),
    "plot_loss_surface": (
        plot_loss_surface,
        [W, B, TILTED],
        {
            "paths": {"path": np.array([[0.0, 1.0], [1.0, 2.0]])},
            "minimum": np.array([0.5, 1.0]),
        },
    ),
    "plot_line_fit": (
        plot_line_fit,
        [np.arange(3.0), np.array([1.0, 3.0, 2.0])],
        {
            "slope": 1.0,
            "intercept": 0.5,
            "x_new": np.array([5.0]),
            "y_new": np.array([4.0]),
        },
    ),
    "ConfusionReport.plot": (
        REPORT.plot,
        [],
        {"normalize": "true", "errors_only": True},
    ),
}
every_plot = pytest.mark.parametrize(
    "plot, data, options", GALLERY.values(), ids=GALLERY
)


def legend_texts(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def rendered(ax):
    """Return the axes after their figure was drawn, which sets the places and colours of what is on them."""
    ax.figure.canvas.draw()
    return ax


def bounds(artist):
    """Return left, bottom, right and top of a rendered artist, in pixels counted from the lower left."""
    box = artist.get_window_extent()
    return box.xmin, box.ymin, box.xmax, box.ymax


# The contract


def in_greys(ax):
    """Return what is drawn in shades of grey, as floats (rows, columns), 1 for white."""
    pixels = np.asarray(rendered(ax).figure.canvas.buffer_rgba())[..., :3] / 255
    return np.apply_along_axis(luminance, -1, pixels)


def state_outside(ax):
    """Return what a plot that draws on ``ax`` must leave as it is."""
    others = [
        other
        for number in plt.get_fignums()
        for other in plt.figure(number).axes
        if other is not ax
    ]
    return {
        "rcParams": dict(plt.rcParams),
        "numpy's random state": [
            np.asarray(part).tolist()
            for part in np.random.get_state()  # noqa: NPY002
        ],
        "other axes": [
            (
                other,
                other.axis(),
                other.get_children(),
                other.get_title(),
                other.get_legend(),
                other.get_xscale(),
                other.get_yscale(),
            )
            for other in others
        ],
        "figures": [
            (
                number,
                plt.figure(number).get_size_inches().tolist(),
                plt.figure(number).get_children(),
                plt.figure(number).get_layout_engine(),
                plt.figure(number).get_suptitle(),
            )
            for number in plt.get_fignums()
        ],
    }


def test_the_gallery_holds_every_plot_of_the_module():
    public = {
        name
        for name, value in vars(plotting).items()
        if name.startswith("plot_") and callable(value)
    }
    assert public == set(GALLERY) - {"ConfusionReport.plot"}


@every_plot
def test_it_draws_on_the_axes_given_and_returns_them(plot, data, options):
    ax = plt.figure().add_subplot()
    assert plot(*data, **options, ax=ax) is ax
    assert ax.has_data()


@every_plot
def test_without_axes_it_makes_exactly_one_figure_and_leaves_it_the_current_one(
    plot, data, options
):
    plt.figure()
    ax = plot(*data, **options)
    assert isinstance(ax, Axes)
    assert len(plt.get_fignums()) == 2
    assert ax.figure.axes == [ax]
    assert plt.gca() is ax


@every_plot
def test_it_touches_nothing_outside_its_axes(plot, data, options):
    mine, beside = plt.figure().subplots(1, 2)
    beside.plot([1, 2], [3, 5])
    elsewhere = plt.figure().add_subplot()
    np.random.random()  # noqa: NPY002 - a state that no seed sets
    before = state_outside(mine)
    plt.sca(elsewhere)
    plot(*data, **options, ax=mine)
    assert mine.has_data()
    assert plt.gca() is elsewhere
    assert state_outside(mine) == before


@every_plot
def test_it_does_not_change_its_data(plot, data, options):
    given = copy.deepcopy((data, options))
    assert plot(*data, **options).has_data()
    np.testing.assert_equal((data, options), given)


@every_plot
def test_it_draws_the_same_twice(plot, data, options):
    pictures = [
        np.array(rendered(plot(*data, **options)).figure.canvas.buffer_rgba())
        for _ in range(2)
    ]
    np.testing.assert_array_equal(*pictures)


@every_plot
@pytest.mark.parametrize("style", [{}, plotting._STYLE], ids=["plain", "course"])
def test_it_draws_without_warnings(plot, data, options, style):
    with plt.rc_context(style), warnings.catch_warnings():
        for kind in (UserWarning, RuntimeWarning, FutureWarning):
            warnings.simplefilter("error", kind)
        rendered(plot(*data, **options))


@every_plot
@pytest.mark.parametrize("style", [{}, plotting._STYLE], ids=["plain", "course"])
def test_its_texts_can_be_read(plot, data, options, style):
    with plt.rc_context(style):
        ax = plot(*data, **options)
        assert ax.texts or ax.get_xlabel() or ax.get_legend()
        assert unreadable_texts(ax.figure) == []


LONG = [f"a class with a long name {i}" for i in range(10)]


@pytest.mark.parametrize(
    "plot, data, options",
    [
        *GALLERY.values(),
        (plot_classes, [np.zeros((10, 2)), LONG], {}),
        (ConfusionReport.from_predictions(LONG, LONG).plot, [], {}),
        (ConfusionReport.from_predictions(LONG[:2], LONG[:2]).plot, [], {}),
    ],
    ids=[*GALLERY, "classes with long names", "ten long names", "two long names"],
)
def test_savefig_cuts_nothing_off(plot, data, options):
    figure = plot(*data, **options).figure
    figure.savefig(io.BytesIO())
    drawn, canvas = figure.get_tightbbox(), figure.get_size_inches()
    assert (drawn.min >= -0.01).all() and (drawn.max <= canvas + 0.01).all()


@every_plot
def test_only_data_are_taken_by_position(plot, data, options):
    with pytest.raises(TypeError, match="positional"):
        plot(*data, None)


@every_plot
@pytest.mark.parametrize(
    "wrong", ["axes", 3, plt.Figure(), [None]], ids=["text", "number", "figure", "list"]
)
def test_axes_of_a_wrong_type_are_refused(plot, data, options, wrong):
    with pytest.raises(
        TypeError,
        match=rf"ax must be a matplotlib Axes or None, got {type(wrong).__name__}",
    ):
        plot(*data, **options, ax=wrong)
    assert not plt.get_fignums()


# Images


def seen(ax):
    """Return the grey levels that a reader sees, from 0 for black to 1 for white: images in reading order."""
    pixels = np.asarray(rendered(ax).figure.canvas.buffer_rgba())[::-1, :, 0] / 255
    found = []
    for image in ax.images:
        left, bottom, right, top = bounds(image)
        rows, columns = image.get_array().shape
        x = left + (right - left) * (np.arange(columns) + 0.5) / columns
        y = top - (top - bottom) * (np.arange(rows) + 0.5) / rows
        found.append(
            (-round(top), round(left), pixels[np.ix_(y.astype(int), x.astype(int))])
        )
    return [grey for *_, grey in sorted(found, key=lambda place: place[:2])]


@pytest.mark.parametrize("columns", [1, 2, 3, 5, 10])
def test_images_are_upright_in_reading_order_and_share_one_grey_scale(columns):
    ax = plot_images(IMAGES, ncols=columns)
    np.testing.assert_allclose(seen(ax), 1 - IMAGES / IMAGES.max(), atol=0.03)
    places = {bounds(image)[:2] for image in ax.images}
    assert len(places) == 5
    assert len({round(left) for left, _ in places}) == min(columns, 5)
    assert len({round(bottom) for _, bottom in places}) == -(-5 // columns)


@pytest.mark.parametrize("shift, kind", [(-12, float), (0, np.uint8), (100, np.int64)])
def test_the_grey_scale_runs_from_the_smallest_to_the_largest_value(shift, kind):
    images = (IMAGES + shift).astype(kind)
    np.testing.assert_allclose(
        seen(plot_images(images)), 1 - IMAGES / IMAGES.max(), atol=0.03
    )


def test_pixels_are_square_unblurred_and_without_axes_around():
    ax = plot_images(IMAGES, ncols=2)
    for image in rendered(ax).images:
        left, bottom, right, top = bounds(image)
        assert (right - left) / 3 == pytest.approx((top - bottom) / 2, rel=0.02)
        assert image.get_interpolation() == "nearest"
        assert ax.bbox.x0 < left < right < ax.bbox.x1
        assert ax.bbox.y0 < bottom < top < ax.bbox.y1
    assert not ax.axison


@pytest.mark.parametrize("columns", [2, 5, 10])
def test_the_grid_fills_its_axes_even_when_there_are_fewer_images_than_columns(columns):
    ax = rendered(plot_images(IMAGES, ncols=columns))
    boxes = np.array([bounds(image) for image in ax.images])
    assert boxes[:, 2].max() - boxes[:, 0].min() > 0.8 * ax.bbox.width
    assert boxes[:, 3].max() - boxes[:, 1].min() > 0.8 * ax.bbox.height


def test_images_do_not_touch_each_other():
    boxes = [
        image.get_window_extent()
        for image in rendered(plot_images(IMAGES, ncols=2)).images
    ]
    assert not any(
        one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i]
    )


@pytest.mark.parametrize("limits", [(0, 58), [-29, 29], (-100, 100)])
def test_the_values_drawn_lightest_and_darkest_can_be_set(limits):
    low, high = limits
    grey = (high - IMAGES) / (high - low)
    np.testing.assert_allclose(
        seen(plot_images(IMAGES, vmin=low, vmax=high)), grey, atol=0.03
    )


def test_another_colour_map_can_be_chosen():
    assert {
        image.get_cmap().name for image in plot_images(IMAGES, cmap="viridis").images
    } == {"viridis"}


@pytest.mark.parametrize(
    "options, captions",
    [
        ({}, []),
        ({"labels": [3, 1, 4, 1, 5]}, ["3", "1", "4", "1", "5"]),
        ({"predictions": list("abcde")}, ["a", "b", "c", "d", "e"]),
        (
            {"labels": [3, 1, 4, 1, 5], "predictions": [3, 7, 4, 1, 6]},
            ["3", "1→7 ✗", "4", "1", "5→6 ✗"],
        ),
    ],
)
def test_captions_name_labels_and_predictions_and_mark_mistakes_only(options, captions):
    texts = plot_images(IMAGES, **options).texts
    assert [text.get_text() for text in texts] == captions
    looks = {
        (text.get_color(), text.get_fontweight())
        for text in texts
        if "✗" not in text.get_text()
    }
    wrong = {
        (text.get_color(), text.get_fontweight())
        for text in texts
        if "✗" in text.get_text()
    }
    assert looks <= {("black", "normal")}
    assert wrong <= {(CLASS_COLORS[2], "bold")}


@pytest.mark.parametrize("style", [{}, plotting._STYLE], ids=["plain", "course"])
@pytest.mark.parametrize("columns", [2, 5, 10])
def test_each_caption_stands_centred_above_its_image_and_touches_nothing_else(
    style, columns
):
    images = np.zeros((20, 8, 8))
    with plt.rc_context(style):
        ax = rendered(
            plot_images(
                images, labels=np.zeros(20), predictions=np.ones(20), ncols=columns
            )
        )
    for text, image in zip(ax.texts, ax.images, strict=True):
        left, bottom, right, top = bounds(text)
        image_left, _, image_right, image_top = bounds(image)
        assert left + right == pytest.approx(image_left + image_right, abs=2)
        assert image_top <= bottom < image_top + 0.5 * (image_right - image_left)
    captions = [text.get_window_extent() for text in ax.texts]
    pictures = [image.get_window_extent() for image in ax.images]
    assert not any(
        one.overlaps(other)
        for i, one in enumerate(captions)
        for other in captions[:i] + pictures
    )


# Curves


def test_curves_hold_their_values_counted_from_one_and_are_named_in_the_legend():
    ax = plot_curves(
        {"loss": [3.0, 2.0, 1.0], "val_loss": [4, 3]}, ylabel="cross-entropy"
    )
    assert [line.get_xydata().tolist() for line in ax.lines] == [
        [[1, 3], [2, 2], [3, 1]],
        [[1, 4], [2, 3]],
    ]
    assert legend_texts(ax) == ["loss", "val_loss"]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_yscale()) == (
        "epoch",
        "cross-entropy",
        "linear",
    )


def test_the_first_count_the_label_and_the_scale_can_be_set():
    ax = plot_curves({"loss": [1.0, 0.1]}, first=0, logy=True, xlabel="step")
    assert ax.lines[0].get_xdata().tolist() == [0, 1]
    assert (ax.get_xlabel(), ax.get_yscale()) == ("step", "log")


def test_curves_differ_in_colour_and_style_and_the_legend_shows_both():
    ax = plot_curves({f"curve {i}": [i, i + 1] for i in range(20)})
    looks = [(to_hex(line.get_color()), line.get_linestyle()) for line in ax.lines]
    assert len(set(looks)) == 20
    assert len({color for color, _ in looks[:10]}) == 10
    assert len({style for _, style in looks[:4]}) == 4
    handles = ax.get_legend().legend_handles
    assert [
        (to_hex(handle.get_color()), handle.get_linestyle()) for handle in handles
    ] == looks


def test_a_curve_of_a_single_value_can_be_seen():
    markers = [
        line.get_marker()
        for line in plot_curves({"one": [3.0], "two": [1.0, 2.0]}).lines
    ]
    assert markers == ["o", "None"]


@pytest.mark.parametrize("epochs", [2, 3, 7, 100])
def test_epochs_are_ticked_at_whole_numbers(epochs):
    ticks = rendered(plot_curves({"loss": np.ones(epochs)})).get_xticks()
    assert len(ticks) >= 2
    assert (ticks == ticks.round()).all()


# Classes


def test_ten_classes_are_told_apart_without_colour():
    seen = []
    for label in range(
        10
    ):  # each at the place of the first, in its own colour and marker
        points = np.full((10, 2), 9.0)
        points[label] = 0
        ax = plot_classes(
            points,
            np.arange(10),
            medians=False,
            ax=plt.figure(figsize=(1, 1)).add_axes((0, 0, 1, 1)),
        )
        ax.get_legend().remove()
        ax.set(xlim=(-1, 1), ylim=(-1, 1))
        ax.collections[0].set_sizes([2000])  # as large as the picture
        ax.axis("off")
        seen.append(in_greys(ax))
    for i, one in enumerate(seen):
        for other in seen[:i]:
            share = np.mean(abs(one - other) > 0.05)
            assert share > 0.02, f"classes {i} and {seen.index(other)}"


def test_seven_curves_are_told_apart_without_colour():
    lines = plot_curves({str(i): [i, i + 1] for i in range(7)}).lines
    for i, one in enumerate(lines):
        for other in lines[:i]:
            low, high = sorted(
                luminance(to_rgb(line.get_color())) for line in (one, other)
            )
            assert (
                one.get_linestyle() != other.get_linestyle()
                or (high + 0.05) / (low + 0.05) > 1.5
            )


def outline(marker):
    style = MarkerStyle(marker)
    return style.get_path().transformed(style.get_transform()).vertices


def test_the_ten_classes_have_ten_colours_and_ten_markers():
    assert len(CLASS_COLORS) == len({to_hex(color) for color in CLASS_COLORS}) == 10
    assert len(CLASS_MARKERS) == len(set(CLASS_MARKERS)) == 10
    assert len({outline(marker).round(6).tobytes() for marker in CLASS_MARKERS}) == 10
    assert len(LINE_STYLES) == len(set(LINE_STYLES)) == 4


@pytest.mark.parametrize(
    "labels",
    [np.arange(40) % 10, [f"class {i % 10}" for i in range(40)], [5] * 40],
    ids=["digits", "names", "one class"],
)
def test_each_class_has_its_own_colour_and_marker_which_the_legend_names(labels):
    labels = np.array(labels)
    points = np.random.default_rng(0).normal(size=(40, 2))
    ax = plot_classes(points, labels)
    (drawn,) = ax.collections
    np.testing.assert_array_equal(drawn.get_offsets(), points)
    classes = np.unique(labels)
    assert legend_texts(ax) == [str(label) for label in classes]
    handles = ax.get_legend().legend_handles
    assert [to_hex(handle.get_color()) for handle in handles] == [
        *map(to_hex, CLASS_COLORS[: len(classes)])
    ]
    assert [handle.get_marker() for handle in handles] == [
        *CLASS_MARKERS[: len(classes)]
    ]
    for label, handle in zip(classes, handles, strict=True):
        members = labels == label
        assert {to_hex(color) for color in drawn.get_facecolors()[members]} == {
            to_hex(handle.get_color())
        }
        for path, member in zip(drawn.get_paths(), members, strict=True):
            if member:
                np.testing.assert_allclose(path.vertices, outline(handle.get_marker()))


def test_the_name_of_each_class_stands_at_the_median_of_its_points():
    points = np.array([[0, 0], [1, 9], [50, 10], [-3, 5], [-4, 6], [8, 8]])
    ax = plot_classes(points, [7, 7, 7, 10, 10, 2])
    assert {text.get_text(): text.get_position() for text in ax.texts} == {
        "7": (1, 9),
        "10": (-3.5, 5.5),
        "2": (8, 8),
    }
    assert not plot_classes(points, [7, 7, 7, 10, 10, 2], medians=False).texts


def test_classes_are_taken_in_the_order_of_numbers_and_not_of_their_digits():
    assert legend_texts(plot_classes(np.zeros((3, 2)), [10, 9, 1])) == ["1", "9", "10"]


@pytest.mark.parametrize("names", [("width", "height"), ["width", "height"]])
def test_the_axes_of_classes_can_be_named(names):
    ax = plot_classes([[0, 1]], [0], xlabel=names[0], ylabel=names[1])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("width", "height")
    ax = plot_classes([[0, 1]], [0])
    assert (ax.get_xlabel(), ax.get_ylabel()) == (
        "first coordinate",
        "second coordinate",
    )


# Explained variance


def marked(ax):
    """Return what is marked on the curve: [(count, share, text)], and the heights of the horizontal lines."""
    dots = [
        line.get_xydata()[0].tolist() for line in ax.lines if len(line.get_xdata()) == 1
    ]
    assert [list(text.xy) for text in ax.texts] == dots
    heights = [line.get_ydata()[0] for line in ax.lines if line.get_linestyle() == "--"]
    return [
        (*dot, text.get_text()) for dot, text in zip(dots, ax.texts, strict=True)
    ], heights


def test_explained_variance_counts_components_from_one():
    ax = plot_explained_variance([0.5, 0.25, 0.125])
    np.testing.assert_allclose(
        ax.lines[0].get_xydata(), [[1, 0.5], [2, 0.75], [3, 0.875]]
    )
    assert (ax.get_xlabel(), ax.get_ylabel()) == (
        "number of components",
        "share of variance kept",
    )
    assert ax.get_xlim() == (0, 4)
    assert ax.get_ylim()[0] == 0
    assert ax.get_ylim()[1] > 1


@pytest.mark.parametrize(
    "threshold, count", [(0.4, 1), (0.5, 1), (0.51, 2), (0.75, 2), (0.8, 3), (0.875, 3)]
)
def test_the_first_count_that_reaches_a_threshold_is_marked(threshold, count):
    ratios = np.array([0.5, 0.25, 0.125, 0.0625])
    (mark,), heights = marked(plot_explained_variance(ratios, thresholds=[threshold]))
    assert mark[:2] == (count, ratios[:count].sum())
    assert mark[2].startswith(f"{count} reach")
    assert heights == [threshold]


def test_rounding_does_not_hide_that_a_threshold_is_reached():
    (mark,), _ = marked(plot_explained_variance([0.1] * 10, thresholds=[0.8]))
    assert np.cumsum([0.1] * 10)[7] < 0.8
    assert mark[2] == "8 reach 80%"


def test_several_thresholds_are_marked_and_one_that_is_not_reached_gets_a_line_only():
    marks, heights = marked(
        plot_explained_variance([0.5, 0.25, 0.125], thresholds=(0.5, 0.7, 0.9))
    )
    assert marks == [(1, 0.5, "1 reach 50%"), (2, 0.75, "2 reach 70%")]
    assert heights == [0.5, 0.7, 0.9]


def test_the_share_in_the_text_is_the_threshold_and_not_a_rounded_one():
    (mark,), _ = marked(plot_explained_variance([0.9, 0.05], thresholds=[0.905]))
    assert mark[2] == "2 reach 90.5%"


def test_digits_need_as_many_components_as_scikit_learn_keeps():
    pixels = load_digits().data
    (mark,), _ = marked(
        plot_explained_variance(PCA().fit(pixels).explained_variance_ratio_)
    )
    assert mark == (21, pytest.approx(0.9032, abs=5e-5), "21 reach 90%")
    assert mark[0] == PCA(0.9).fit(pixels).n_components_


def test_the_text_beside_a_mark_does_not_cover_it():
    ax = rendered(plot_explained_variance(np.full(10, 0.1)))
    left, bottom, right, top = bounds(ax.texts[0])
    x, y = ax.transData.transform(ax.texts[0].xy)
    assert not (left <= x <= right and bottom <= y <= top)


# Loss surface


def test_contours_of_the_loss_are_not_transposed():
    filled, lines = plot_loss_surface(W, B, TILTED).collections
    assert (filled.filled, lines.filled) == (True, False)
    vertices = 0
    for level, path in zip(lines.levels, lines.get_paths(), strict=True):
        np.testing.assert_allclose(
            1 + 3 * path.vertices[:, 0] + path.vertices[:, 1], level
        )
        vertices += len(path.vertices)
    assert vertices > 30
    for low, high, path in zip(
        filled.levels[:-1], filled.levels[1:], filled.get_paths(), strict=True
    ):
        losses = 1 + 3 * path.vertices[:, 0] + path.vertices[:, 1]
        assert losses.min() == pytest.approx(low)
        assert losses.max() == pytest.approx(high)


def test_the_darkest_part_is_the_highest_loss():
    ax = rendered(plot_loss_surface(W, B, TILTED))
    shades = ax.collections[0].get_facecolors()[:, 0]
    assert (np.diff(shades) < 0).all()
    assert ax.collections[0].get_alpha() < 1


def test_contours_stand_in_equal_ratios_from_the_lowest_to_the_highest_loss():
    levels = plot_loss_surface(W, B, TILTED).collections[0].levels
    assert (levels[0], levels[-1]) == (TILTED.min(), pytest.approx(TILTED.max()))
    np.testing.assert_allclose(levels[1:] / levels[:-1], levels[1] / levels[0])


def test_the_lowest_point_is_marked_where_the_loss_is_lowest():
    w, b = np.linspace(-1, 4, 26), np.linspace(-3, 1, 41)
    losses = 0.1 + (w - 3) ** 2 + 4 * (b[:, None] + 2) ** 2
    ax = plot_loss_surface(w, b, losses, minimum=(3, -2))
    np.testing.assert_allclose(
        ax.collections[0].get_paths()[0].vertices.mean(axis=0), [3, -2], atol=0.1
    )
    (mark,) = ax.lines
    assert (mark.get_xydata().tolist(), mark.get_marker()) == ([[3, -2]], "*")
    assert legend_texts(ax) == ["lowest point"]


def test_the_plane_is_named_and_fills_the_axes():
    ax = plot_loss_surface(W, B, TILTED, paths={"far": [[9, 9], [1, 1]]})
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("slope w", "intercept b")
    assert (ax.get_xlim(), ax.get_ylim()) == ((0, 2), (0, 4))


def test_paths_run_in_order_and_differ_in_colour_marker_and_style():
    paths = {f"path {i}": np.array([[0, i], [1, i], [0.5, 2 * i]]) for i in range(4)}
    ax = plot_loss_surface(W, B, TILTED, paths=paths)
    for line, path in zip(ax.lines, paths.values(), strict=True):
        np.testing.assert_array_equal(line.get_xydata(), path)
    assert legend_texts(ax) == list(paths)
    for look in ("color", "marker", "linestyle"):
        assert len({plt.getp(line, look) for line in ax.lines}) == 4


@pytest.mark.parametrize("name", ["plot_loss_surface", "ConfusionReport.plot"])
def test_no_grid_crosses_a_picture_made_of_areas(name):
    plot, data, options = GALLERY[name]
    with plt.rc_context(plotting._STYLE):
        ax = plot(*data, **options)
    assert not any(
        line.get_visible() for line in ax.get_xgridlines() + ax.get_ygridlines()
    )


def test_without_paths_and_minimum_there_is_no_legend():
    assert plot_loss_surface(W, B, TILTED).get_legend() is None


# Line fit


def test_errors_run_vertically_from_each_point_to_the_line():
    x, y, x_new, y_new = (
        np.array([0.0, 1, 2]),
        np.array([1.0, 5, 2]),
        np.array([6.0, 4]),
        np.array([0.0, 20]),
    )
    ax = plot_line_fit(x, y, slope=2, intercept=-1, x_new=x_new, y_new=y_new)
    errors = [collection.get_segments() for collection in ax.collections]
    np.testing.assert_allclose(
        errors[0], [[[0, 1], [0, -1]], [[1, 5], [1, 1]], [[2, 2], [2, 3]]]
    )
    np.testing.assert_allclose(errors[1], [[[6, 0], [6, 11]], [[4, 20], [4, 7]]])
    assert len(errors) == 2


def test_the_line_reaches_over_all_points_and_new_ones_are_hollow():
    ax = plot_line_fit(
        [1, 0, 2], [1, 5, 2], slope=2, intercept=-1, x_new=[6, -4], y_new=[0, 20]
    )
    line, trained, new = ax.lines
    assert line.get_xydata().tolist() == [[-4, -9], [6, 11]]
    assert trained.get_xydata().tolist() == [[1, 1], [0, 5], [2, 2]]
    assert new.get_xydata().tolist() == [[6, 0], [-4, 20]]
    assert (
        trained.get_markerfacecolor()
        == trained.get_color()
        != new.get_markerfacecolor()
        == "white"
    )
    assert trained.get_linestyle() == new.get_linestyle() == "None"
    assert legend_texts(ax)[1:] == ["training points", "new points"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x", "y")


@pytest.mark.parametrize(
    "slope, intercept, equation",
    [
        (2, -1, "y=2.00x−1.00"),
        (-0.126, 0.5, "y=−0.13x+0.50"),
        (0, 0, "y=0.00x+0.00"),
    ],
)
def test_the_legend_gives_the_equation_of_the_line(slope, intercept, equation):
    line, points = legend_texts(
        plot_line_fit([0, 1], [0, 1], slope=slope, intercept=intercept)
    )
    assert line.replace(" ", "") == f"line:{equation}"
    assert points == "training points"


# Bad input

TWO = np.zeros((2, 2, 2))
EITHER = (TypeError, ValueError)
plot_surface = partial(plot_loss_surface, W, B)
plot_line = partial(plot_line_fit, slope=1, intercept=0)


@pytest.mark.parametrize(
    "call, error, words",
    [
        (
            lambda: plot_images(np.zeros((28, 28))),
            ValueError,
            ["images", "(n, rows, columns)", "(28, 28)"],
        ),
        (
            lambda: plot_images(np.zeros((0, 28, 28))),
            ValueError,
            ["images", "(0, 28, 28)"],
        ),
        (
            lambda: plot_images(np.full((1, 2, 2), np.nan)),
            ValueError,
            ["images must be finite", "nan"],
        ),
        (
            lambda: plot_images([[["a"]]]),
            TypeError,
            ["images must hold numbers", "<U1"],
        ),
        (lambda: plot_images(None), TypeError, ["images must hold numbers", "object"]),
        (
            lambda: plot_images([[[1, 2], [3]]]),
            ValueError,
            ["images", "(n, rows, columns)"],
        ),
        (
            lambda: plot_images(TWO, labels=[1]),
            ValueError,
            ["images has 2", "labels has 1"],
        ),
        (
            lambda: plot_images(TWO, predictions=[1, 2, 3]),
            ValueError,
            ["images has 2", "predictions has 3"],
        ),
        (
            lambda: plot_images(TWO, labels=[1, 2], predictions=[1]),
            ValueError,
            ["predictions has 1"],
        ),
        (
            lambda: plot_images(TWO, predictions=np.zeros((2, 10))),
            ValueError,
            ["predictions", "(2, 10)"],
        ),
        (
            lambda: plot_images(TWO, labels=[0.5, 1]),
            ValueError,
            ["labels must hold whole", "0.5"],
        ),
        (
            lambda: plot_images(TWO, labels=[np.nan, 1]),
            ValueError,
            ["labels must be finite", "nan"],
        ),
        (lambda: plot_images(TWO, labels=[None, 1]), TypeError, ["labels", "object"]),
        (
            lambda: plot_images(TWO, ncols=0),
            ValueError,
            ["ncols", "at least 1", "0"],
        ),
        (
            lambda: plot_images(TWO, ncols=-3),
            ValueError,
            ["ncols", "at least 1", "-3"],
        ),
        (
            lambda: plot_images(TWO, ncols=2.5),
            TypeError,
            ["ncols", "whole number", "2.5"],
        ),
        (
            lambda: plot_images(TWO, ncols="2"),
            TypeError,
            ["ncols", "whole number", "'2'"],
        ),
        (lambda: plot_images(TWO, vmin=[0, 1]), ValueError, ["vmin must", "(2,)"]),
        (lambda: plot_images(TWO, vmax="1"), TypeError, ["vmax must hold numbers"]),
        (lambda: plot_images(TWO, vmax=np.nan), ValueError, ["vmax must be finite"]),
        (lambda: plot_images(TWO, vmin=1, vmax=1), ValueError, ["vmin", "1 and 1"]),
        (lambda: plot_images(TWO, vmin=1), ValueError, ["vmin must be below vmax"]),
        (lambda: plot_images(TWO, labels=[[1], [1, 2]]), ValueError, ["labels"]),
        (
            lambda: plot_curves([1.0, 2.0]),
            TypeError,
            ["series must map names to values", "list"],
        ),
        (
            lambda: plot_curves(None),
            TypeError,
            ["series must map names to values", "NoneType"],
        ),
        (lambda: plot_curves({}), ValueError, ["series must hold at least one curve"]),
        (
            lambda: plot_curves({"loss": []}),
            ValueError,
            ["series['loss']", "not be empty", "(0,)"],
        ),
        (
            lambda: plot_curves({"loss": 3}),
            ValueError,
            ["series['loss']", "(n,)", "()"],
        ),
        (
            lambda: plot_curves({"loss": [[1, 2]]}),
            ValueError,
            ["series['loss']", "(n,)", "(1, 2)"],
        ),
        (
            lambda: plot_curves({"loss": [np.nan, 1]}),
            ValueError,
            ["series['loss'] must be finite", "nan"],
        ),
        (
            lambda: plot_curves({"loss": ["1"]}),
            TypeError,
            ["series['loss'] must hold numbers", "<U1"],
        ),
        (
            lambda: plot_curves({"a": [1], "b": [1, 0]}, logy=True),
            ValueError,
            ["series['b'] must be positive", "log"],
        ),
        (
            lambda: plot_curves({"a": [1], "b": [1, -7]}, logy=True),
            ValueError,
            ["'b'", "-7"],
        ),
        (lambda: plot_curves({"loss": [1, 2]}, first="one"), EITHER, ["first", "one"]),
        (
            lambda: plot_classes(np.zeros((2, 3)), [0, 1]),
            ValueError,
            ["points", "(n, 2)", "(2, 3)"],
        ),
        (
            lambda: plot_classes(np.zeros((0, 2)), []),
            ValueError,
            ["points", "not be empty", "(0, 2)"],
        ),
        (
            lambda: plot_classes([[0, np.inf]], [0]),
            ValueError,
            ["points must be finite", "inf"],
        ),
        (
            lambda: plot_classes([["0", "1"]], [0]),
            TypeError,
            ["points must hold numbers", "<U1"],
        ),
        (
            lambda: plot_classes(np.zeros((2, 2)), [0]),
            ValueError,
            ["points has 2", "labels has 1"],
        ),
        (
            lambda: plot_classes(np.zeros((2, 2)), [0, 0.5]),
            ValueError,
            ["labels must hold whole", "0.5"],
        ),
        (
            lambda: plot_classes(np.zeros((2, 2)), np.eye(2)),
            ValueError,
            ["labels", "(n,)", "(2, 2)"],
        ),
        (
            lambda: plot_classes(np.zeros((11, 2)), range(11)),
            ValueError,
            ["labels", "at most 10 classes", "11"],
        ),
        (
            lambda: plot_explained_variance([]),
            ValueError,
            ["ratios", "not be empty", "(0,)"],
        ),
        (
            lambda: plot_explained_variance([[0.5]]),
            ValueError,
            ["ratios", "(n,)", "(1, 1)"],
        ),
        (
            lambda: plot_explained_variance([0.5, np.nan]),
            ValueError,
            ["ratios must be finite", "nan"],
        ),
        (
            lambda: plot_explained_variance(["half"]),
            TypeError,
            ["ratios must hold numbers", "<U4"],
        ),
        (
            lambda: plot_explained_variance([0.9, 0.2]),
            ValueError,
            ["ratios", "sum to at most 1", "1.1"],
        ),
        (
            lambda: plot_explained_variance([0.7, -0.2]),
            ValueError,
            ["ratios", "not be negative"],
        ),
        (lambda: plot_explained_variance([0.7, -0.2]), ValueError, ["ratios", "-0.2"]),
        (lambda: plot_explained_variance([12, 7]), ValueError, ["ratios", "sum 19"]),
        (
            lambda: plot_explained_variance([0.5], thresholds=[90]),
            ValueError,
            ["thresholds", "90"],
        ),
        (
            lambda: plot_explained_variance([0.5], thresholds=[0]),
            ValueError,
            ["thresholds", "0"],
        ),
        (
            lambda: plot_explained_variance([0.5], thresholds=[np.nan]),
            ValueError,
            ["thresholds", "nan"],
        ),
        (
            lambda: plot_explained_variance([0.5], thresholds=0.9),
            EITHER,
            ["thresholds"],
        ),
        (
            lambda: plot_explained_variance([0.5], thresholds=["a"]),
            EITHER,
            ["thresholds"],
        ),
        (
            lambda: plot_surface(TILTED.T),
            ValueError,
            ["losses must have shape (3, 5)", "got (5, 3)"],
        ),
        (
            lambda: plot_loss_surface([W], B, TILTED),
            ValueError,
            ["w must have shape (columns,)", "(1, 5)"],
        ),
        (
            lambda: plot_loss_surface(W, [], TILTED),
            ValueError,
            ["b must have shape (rows,)", "(0,)"],
        ),
        (
            lambda: plot_surface(TILTED - 1),
            ValueError,
            ["losses must be positive", "0.0"],
        ),
        (
            lambda: plot_surface(TILTED * np.inf),
            ValueError,
            ["losses must be finite", "inf"],
        ),
        (
            lambda: plot_loss_surface("w", B, TILTED),
            TypeError,
            ["w must hold numbers", "<U1"],
        ),
        (
            lambda: plot_surface(TILTED, paths={"p": [[1, 2, 3]]}),
            ValueError,
            ["paths['p']", "(1, 3)"],
        ),
        (
            lambda: plot_surface(TILTED, paths={"p": [[1, np.nan]]}),
            ValueError,
            ["paths['p']", "nan"],
        ),
        (
            lambda: plot_surface(TILTED, minimum=[1, 2, 3]),
            ValueError,
            ["minimum", "(2,)", "(3,)"],
        ),
        (
            lambda: plot_surface(TILTED, minimum=[1, np.nan]),
            ValueError,
            ["minimum", "finite", "nan"],
        ),
        (lambda: plot_surface(TILTED, paths=[[[1, 2]]]), TypeError, ["paths", "list"]),
        (
            lambda: plot_loss_surface(W, B[:1], TILTED[:1]),
            ValueError,
            ["b must", "(1,)"],
        ),
        (lambda: plot_surface(np.ones((3, 5))), ValueError, ["losses must", "1.0"]),
        (lambda: plot_line([1, 2], [1]), ValueError, ["x has 2", "y has 1"]),
        (lambda: plot_line([], []), ValueError, ["x must have shape (n,)", "(0,)"]),
        (
            lambda: plot_line([1], [[1]]),
            ValueError,
            ["y must have shape (n,)", "(1, 1)"],
        ),
        (lambda: plot_line([1], [np.nan]), ValueError, ["y must be finite", "nan"]),
        (lambda: plot_line(["1"], [1]), TypeError, ["x must hold numbers", "<U1"]),
        (
            lambda: plot_line([1], [1], slope=np.nan, intercept=0),
            ValueError,
            ["slope and intercept", "nan"],
        ),
        (
            lambda: plot_line([1], [1], slope="1", intercept=0),
            TypeError,
            ["slope and intercept", "<U"],
        ),
        (
            lambda: plot_line([1], [1], slope=[1], intercept=[0]),
            ValueError,
            ["slope and intercept", "(2, 1)"],
        ),
        (
            lambda: plot_line([1], [1], x_new=[1]),
            ValueError,
            ["x_new and y_new", "only one"],
        ),
        (
            lambda: plot_line([1], [1], y_new=[1]),
            ValueError,
            ["x_new and y_new", "only one"],
        ),
        (
            lambda: plot_line([1], [1], x_new=[1, 2], y_new=[1]),
            ValueError,
            ["x_new has 2"],
        ),
    ],
)
def test_bad_input_is_refused_with_the_name_of_the_argument_and_what_came(
    call, error, words
):
    with pytest.raises(error) as caught:
        call()
    assert all(word in str(caught.value) for word in words), caught.value


@pytest.mark.parametrize(
    "call",
    [
        lambda: plot_images(TWO, labels=[1]),
        lambda: plot_curves({"loss": []}),
        lambda: plot_classes([[0, 1]], [0, 1]),
        lambda: plot_explained_variance([0.5], thresholds=[90]),
        lambda: plot_surface(TILTED.T),
        lambda: plot_line([1], [1], x_new=[1, 2], y_new=[1]),
        lambda: plot_images(TWO, vmin=1),
        lambda: plot_surface(TILTED, minimum=[1, 2, 3]),
    ],
)
def test_no_refused_call_leaves_an_empty_figure_behind(call):
    with pytest.raises(ValueError):
        call()
    assert not plt.get_fignums()


# Style


def test_importing_the_module_changes_no_setting_of_matplotlib():
    code = (
        "import matplotlib, matplotlib.pyplot as plt; before = dict(plt.rcParams); "
        "import helpers.plotting, helpers.reports; assert dict(plt.rcParams) == before; "
        "helpers.plotting.use_course_style(); assert dict(plt.rcParams) != before"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_course_style_brings_its_palette_large_type_and_no_frame():
    with plt.rc_context():
        use_course_style()
        assert plt.rcParams["axes.prop_cycle"].by_key()["color"] == list(CLASS_COLORS)
        assert plt.rcParams["font.size"] >= 12
        ax = plt.figure().add_subplot()
        assert not (ax.spines.top.get_visible() or ax.spines.right.get_visible())
        assert ax.figure.get_layout_engine() is not None


# Figures on the page


@pytest.fixture
def shown(monkeypatch):
    """Collect what is displayed, in place of IPython: a list of pairs (data, options)."""
    calls = []
    monkeypatch.setattr(
        "IPython.display.display", lambda data, **options: calls.append((data, options))
    )
    return calls


def decode(png):
    png = bytes(png)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return Image.open(io.BytesIO(png)).convert("RGB")


ALT = "A line that rises from one to two."


def test_a_figure_is_shown_with_its_description_and_closed(shown):
    plt.figure(figsize=(4, 3)).add_subplot().plot([1, 2])
    assert show_figure(ALT) is None
    ((data, options),) = shown
    assert set(data) == {"image/png", "text/plain"}
    assert data["text/plain"] == f"Figure: {ALT}"
    assert options["raw"] is True
    assert set(options["metadata"]) == {"image/png"}
    assert options["metadata"]["image/png"]["alt"] == ALT
    picture = decode(base64.b64decode(data["image/png"], validate=True))
    assert options["metadata"]["image/png"]["width"] == round(picture.width / 1.5)
    assert 300 < picture.width / 1.5 < 450
    assert not plt.get_fignums()


@pytest.mark.parametrize("named", [False, True])
def test_the_figure_named_is_shown_and_else_the_current_one(shown, named):
    red, blue = plt.figure(facecolor="red"), plt.figure(facecolor="blue")
    show_figure(ALT, figure=red if named else None)
    picture = decode(base64.b64decode(shown[0][0]["image/png"]))
    assert picture.getpixel((5, 5)) == ((255, 0, 0) if named else (0, 0, 255))
    assert [plt.figure(number) for number in plt.get_fignums()] == [
        blue if named else red
    ]


def test_nothing_that_is_drawn_is_cut_off_and_colours_survive_the_smaller_palette(
    shown,
):
    plt.figure(figsize=(3, 2)).add_axes((0, 0, 1, 1)).text(
        1.5, 0.5, "outside", color="red"
    )
    show_figure(ALT)
    pixels = np.asarray(decode(base64.b64decode(shown[0][0]["image/png"])), dtype=int)
    assert pixels.shape[1] > 3 * 150 * 1.5
    reddish = (pixels[..., 0] > 200) & (pixels[..., 1] < 60) & (pixels[..., 2] < 60)
    assert reddish[:, 3 * 150 :].any()


def test_equal_figures_give_equal_bytes(shown):
    for _ in range(2):
        plot_classes(np.arange(20.0).reshape(10, 2), range(10))
        show_figure(ALT)
    assert shown[0] == shown[1]


@pytest.mark.parametrize(
    "alt", ["", "   ", "A line", "one two three", None, 3, ["a", "b", "c", "d"]]
)
def test_a_figure_needs_a_description_in_a_sentence(shown, alt):
    plt.figure()
    with pytest.raises(
        ValueError, match="alt must describe the figure in a sentence, got "
    ) as caught:
        show_figure(alt)
    assert repr(alt) in str(caught.value)
    assert not shown


def test_without_an_open_figure_there_is_nothing_to_show(shown):
    with pytest.raises(ValueError, match="figure is None and no figure is open"):
        show_figure(ALT)
    assert not shown
    assert not plt.get_fignums()


def test_what_is_no_figure_is_refused(shown):
    with pytest.raises(TypeError, match="figure must be .* got Axes"):
        show_figure(ALT, figure=plt.figure().add_subplot())


@pytest.fixture
def box(monkeypatch):
    """Catch the box of widgets that show_slider makes: a list of one."""
    made = []

    class Box(ipywidgets.VBox):
        def __init__(self, children):
            super().__init__(children)
            made.append(self)

    monkeypatch.setattr(ipywidgets, "VBox", Box)
    return made


def draw_filled(color):
    plt.gcf().set_facecolor(color)


def image_in(html):
    """Return the width, the description and the picture of an image in HTML."""
    alt, width, data = re.fullmatch(
        r'<img alt="(.*)" width="(\d+)" src="data:image/png;base64,(.*)">', html.value
    ).groups()
    return int(width), alt, decode(base64.b64decode(data, validate=True))


def test_a_slider_is_shown_above_the_picture_of_its_start_value(shown, box):
    show_slider(
        draw_filled,
        name="colour",
        values=("red", "lime", "blue"),
        start="lime",
        alt=ALT,
    )
    ((data, options),) = shown
    controls, image = box[0].children
    assert options == {"raw": True}
    assert set(data) == {"text/plain", "application/vnd.jupyter.widget-view+json"}
    assert (
        data["application/vnd.jupyter.widget-view+json"]["model_id"] == box[0].model_id
    )
    assert (
        data["text/plain"]
        == f"Slider for colour, to be moved in a running notebook: {ALT}"
    )
    for control in controls.children:
        assert control.value == "lime"
        assert list(control.options) == ["red", "lime", "blue"]
    width, alt, picture = image_in(image)
    assert picture.getpixel((5, 5)) == (0, 255, 0)
    assert width == round(picture.width / 1.5)
    assert alt == f"colour lime: {ALT}"
    assert not plt.get_fignums()


def test_moving_the_slider_draws_a_new_picture_and_leaves_no_figure_open(shown, box):
    mine = plt.figure()
    show_slider(
        draw_filled, name="colour", values=["red", "lime", "blue"], start="red", alt=ALT
    )
    controls, image = box[0].children
    menu, slider = controls.children
    for control, color, pixel in [
        (slider, "blue", (0, 0, 255)),
        (menu, "lime", (0, 255, 0)),
        (slider, "red", (255, 0, 0)),
    ]:
        control.value = color
        assert menu.value == slider.value == color
        assert image_in(image)[2].getpixel((5, 5)) == pixel
        assert plt.get_fignums() == [mine.number]
    assert len(shown) == 1


def test_a_screen_reader_hears_the_name_and_the_value_of_a_slider(shown, box):
    show_slider(
        print,
        name="grey",
        values=[0.5, 0.25],
        start=0.5,
        alt='A wall of "one" grey.',
    )
    controls, image = box[0].children
    menu, slider = controls.children
    assert isinstance(menu, ipywidgets.Dropdown)  # a select element with a label
    assert (menu.description, menu.label, slider.readout) == ("grey", "0.5", False)
    slider.index = 1
    assert menu.label == "0.25"
    assert image_in(image)[1] == "grey 0.25: A wall of &quot;one&quot; grey."


def test_each_picture_of_a_slider_starts_from_an_empty_figure(shown, box):
    found = []

    def draw(value):
        found.append(plt.gcf().axes)
        plt.plot([value, 1])

    plt.plot([3, 4])
    show_slider(draw, name="height", values=[1, 2], start=1, alt=ALT)
    box[0].children[0].children[0].value = 2
    assert found == [[], []]


def test_a_slider_whose_drawing_fails_leaves_no_figure_open(shown):
    def fail(_):
        raise RuntimeError("cannot draw")

    with pytest.raises(RuntimeError, match="cannot draw"):
        show_slider(fail, name="height", values=[1, 2], start=1, alt=ALT)
    assert not plt.get_fignums()
    assert not shown


@pytest.mark.parametrize(
    "values, start", [([1, 2], 3), ([], 1), ([1, 2], None), (range(3), 5)]
)
def test_a_slider_must_start_at_one_of_its_values(shown, values, start):
    with pytest.raises(ValueError, match="start must be one of values") as caught:
        show_slider(draw_filled, name="count", values=values, start=start, alt=ALT)
    assert str(list(values)) in str(caught.value)
    assert repr(start) in str(caught.value)
    assert not shown


@pytest.mark.parametrize("alt", ["", None, "A line"])
def test_a_slider_needs_a_description_in_a_sentence(shown, alt):
    with pytest.raises(ValueError, match="alt must describe the figure"):
        show_slider(draw_filled, name="colour", values=["red"], start="red", alt=alt)


def test_the_real_display_of_ipython_takes_what_is_shown(capsys):
    plt.plot([1, 2])
    show_figure(ALT)
    assert f"Figure: {ALT}" in capsys.readouterr().out


def test_names_at_the_medians_can_be_left_out():
    assert not plot_classes([[0, 1], [2, 3]], [5, 6], medians=False).texts


def test_whole_numbers_of_numpy_are_taken_and_truth_values_are_not():
    assert plot_curves({"a": [1, 2]}, first=np.int64(3)).lines[
        0
    ].get_xdata().tolist() == [3, 4]
    assert len(plot_images(TWO, ncols=np.int64(1)).images) == 2
    with pytest.raises(
        TypeError, match="ncols must be a whole number of at least 1, got True"
    ):
        plot_images(TWO, ncols=True)


def test_axes_of_a_loss_surface_must_rise():
    with pytest.raises(ValueError, match="w must hold at least two values that rise"):
        plot_loss_surface([1, 1], [1, 2], [[1, 2], [3, 4]])


# ---- what reports use as well


@pytest.mark.parametrize(
    "label, text",
    [(7, "7"), ("cat", "cat"), ("$5 or $6$", r"\$5 or \$6\$"), (np.int64(3), "3")],
)
def test_a_label_becomes_text_that_is_no_formula(label, text):
    assert as_text(label) == text


def test_axes_are_those_given_or_alone_on_a_new_figure():
    given = plt.figure().gca()
    assert axes_or_new(given) is given
    new = axes_or_new(None, figsize=(3, 2))
    assert new.figure is not given.figure and new.figure.axes == [new]
    assert tuple(new.figure.get_size_inches()) == (3, 2)
    with pytest.raises(
        TypeError, match="ax must be a matplotlib Axes or None, got str"
    ):
        axes_or_new("axes")


def test_the_course_style_is_the_same_on_a_dark_theme():
    def drawn():
        use_course_style()
        ax = rendered(plot_curves({"loss": [2, 1]}, xlabel="epoch", ylabel="loss"))
        ax.set_title("Title")
        return np.array(rendered(ax).figure.canvas.buffer_rgba())

    light = drawn()
    plt.style.use("dark_background")
    np.testing.assert_array_equal(drawn(), light)


def test_what_keras_fit_returns_is_drawn_as_its_history():
    curves = {"loss": [3.0, 2.0], "val_loss": [4.0, 3.0]}
    ax = plot_curves(SimpleNamespace(history=curves))
    assert {line.get_label(): list(line.get_ydata()) for line in ax.lines} == curves


@pytest.mark.parametrize("end", [np.nan, np.inf])
def test_a_curve_that_diverged_is_drawn_up_to_there(end):
    ax = plot_curves({"loss": [2.0, 9.0, end, end], "other": [1.0, 1.0, 1.0, 1.0]})
    assert [len(line.get_ydata()) for line in ax.lines] == [2, 1, 4]
    assert [text.get_text() for text in ax.texts] == ["diverged"]
    assert ax.texts[0].xy == (2, 9.0)
    assert legend_texts(ax) == ["loss", "other"]
    assert unreadable_texts(ax.figure) == []


@pytest.mark.parametrize("values", [[np.nan, np.nan], [1.0, np.nan, 2.0]])
def test_a_curve_with_holes_is_refused(values):
    with pytest.raises(ValueError, match="series.'loss'.* must be finite, got nan"):
        plot_curves({"loss": values})
