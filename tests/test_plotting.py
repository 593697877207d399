"""The figures of the course: what each one draws, and what all have in common."""

import base64
import copy
import io
import itertools
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
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_hex, to_rgb
from matplotlib.markers import MarkerStyle
from matplotlib.text import Text
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from helpers import plotting
from helpers.plotting import (
    CLASS_COLORS,
    CLASS_MARKERS,
    MAP_COLORS,
    SIGN_COLORS,
    plot_bowl,
    plot_classes,
    plot_curves,
    plot_explained_variance,
    plot_images,
    plot_line_fit,
    plot_loss_surface,
    plot_thumbnails,
    show_figure,
    show_slider,
    use_course_style,
)
from helpers.reports import ConfusionReport
from tests.rules.watch import luminance, unreadable_texts

EITHER = (TypeError, ValueError)
GREY = np.arange(30.0).reshape(5, 2, 3)  # five images, each pixel its own grey
W, B = np.linspace(0, 2, 5), np.linspace(0, 4, 3)
TILTED = 1 + 3 * W + B[:, None]  # a loss whose contours are straight, steeper along w
POINTS = np.random.default_rng(0).normal(size=(40, 2))
CURVES = {"loss": np.array([2.0, 1.0]), "val_loss": [3.0, 2.0, 1.5]}
PATHS = {f"path {i}": np.array([[0, i], [1, i], [0.5, 2 * i]]) for i in range(4)}
LINE = np.array([0.0, 1, 2]), np.array([1.0, 5, 2])
NEW = {"x_new": np.array([6.0, -4]), "y_new": np.array([0.0, 20])}
LONG = [f"a class with a long name {i}" for i in range(10)]


def plot_report(true, predicted, *arguments, **options):
    report = ConfusionReport.from_predictions(true, predicted)
    return report.plot(*arguments, **options)


plot_surface = partial(plot_loss_surface, W, B)
plot_variance = plot_explained_variance
plot_line = partial(plot_line_fit, slope=2, intercept=-1)
GALLERY = {  # every plot of the package: function, data, options
    "plot_images": (
        plot_images,
        [GREY],
        {
            "labels": np.arange(5),
            "predictions": [0, 1, 2, 3, 9],
            "row_labels": ["a"],
            "vmax": 50,
            "colorbar": "ink",
        },
    ),
    "plot_curves": (plot_curves, [CURVES], {"logy": True}),
    "plot_classes": (plot_classes, [POINTS, np.arange(40) % 3], {"xlabel": "a"}),
    "plot_thumbnails": (
        plot_thumbnails,
        [POINTS, np.arange(240.0).reshape(40, 2, 3), np.arange(40) % 3],
        {"xlabel": "a", "size": 0.1},
    ),
    "plot_explained_variance": (
        plot_explained_variance,
        [np.array([0.6, 0.2, 0.1])],
        {"thresholds": np.array([0.5, 0.99])},
    ),
    "plot_loss_surface": (
        plot_loss_surface,
        [W, B, TILTED],
        {"paths": PATHS, "minimum": np.array([0.5, 1.0])},
    ),
    "plot_line_fit": (plot_line_fit, LINE, {"slope": 1.0, "intercept": 0.5, **NEW}),
    "plot_bowl": (plot_bowl, [np.array([3.0, 1.0])], {"curvature": 2.0, "lowest": 1}),
    "ConfusionReport.plot": (
        plot_report,
        [["a", "b", "b"], ["a", "b", "a"]],
        {"normalize": "true", "errors_only": True},
    ),
}
every_plot = pytest.mark.parametrize(
    "plot, data, options", GALLERY.values(), ids=GALLERY
)
STYLES = {"default": {}, "course": plotting._STYLE}
STYLES["dark"] = plt.style.library["dark_background"]
every_style = pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)


def legend_texts(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def rendered(ax):
    """Return the axes after drawing, which sets places and colours."""
    ax.figure.canvas.draw()
    return ax


def pixels_of(ax):
    """Return what is drawn as an array (rows, columns, 4), from 0 to 255."""
    return np.array(rendered(ax).figure.canvas.buffer_rgba())


def bounds(artists):
    """Return (left, bottom, right, top) of rendered artists in pixels."""
    return np.array([artist.get_window_extent().extents for artist in artists])


def overlap(one, other):
    return (one[:2] < other[2:]).all() and (other[:2] < one[2:]).all()


def contrast(one, other):
    dark, light = sorted(luminance(to_rgb(color)) for color in (one, other))
    return (light + 0.05) / (dark + 0.05)


# The contract


def state_outside(ax):
    """Return what a plot that draws on ``ax`` must leave as it is."""
    figures = [plt.figure(number) for number in plt.get_fignums()]
    axes = [other for figure in figures for other in figure.axes if other is not ax]
    return {
        "rcParams": dict(plt.rcParams),
        "random state": repr(np.random.get_state()),  # noqa: NPY002
        "axes": [(a, a.axis(), a.get_xscale(), a.get_yscale()) for a in axes],
        "on axes": [(a.get_title(), a.get_children()) for a in axes],
        "figures": [(f, f.get_suptitle(), f.get_children()) for f in figures],
        "layout": [(*f.get_size_inches(), f.get_layout_engine()) for f in figures],
    }


def test_the_gallery_holds_every_plot():
    public = {name for name in vars(plotting) if name.startswith("plot_")}
    assert public == set(GALLERY) - {"ConfusionReport.plot"}


@every_plot
def test_it_draws_on_the_axes_given_and_changes_no_other(plot, data, options):
    mine, beside = plt.figure().subplots(1, 2)
    beside.plot([1, 2], [3, 5])
    elsewhere = plt.figure().add_subplot()
    np.random.random()  # noqa: NPY002 - a state that no seed sets
    before = state_outside(mine)
    plt.sca(elsewhere)
    assert plot(*data, **options, ax=mine) is mine
    assert mine.has_data()
    assert plt.gca() is elsewhere
    assert state_outside(mine) == before


@every_plot
def test_without_axes_it_makes_one_figure(plot, data, options):
    plt.figure()
    ax = plot(*data, **options)
    assert len(plt.get_fignums()) == 2
    assert ax.figure.axes == [ax]
    assert plt.gca() is ax


@every_plot
def test_it_leaves_its_data_alone_and_draws_the_same_twice(plot, data, options):
    given = copy.deepcopy((data, options))
    first, second = (pixels_of(plot(*data, **options)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_equal((data, options), given)


@every_plot
@every_style
def test_it_can_be_read_and_does_not_warn(plot, data, options, style):
    with plt.rc_context(style), warnings.catch_warnings():
        for kind in (UserWarning, RuntimeWarning, FutureWarning):
            warnings.simplefilter("error", kind)
        ax = rendered(plot(*data, **options))
        assert ax.texts or ax.get_xlabel() or ax.get_legend()
        assert unreadable_texts(ax.figure) == []


@pytest.mark.parametrize(
    "plot, data, options",
    [
        *GALLERY.values(),
        (plot_classes, [POINTS[:10], LONG], {}),
        (plot_report, [LONG, LONG], {}),
        (plot_report, [LONG[:2], LONG[:2]], {}),
    ],
    ids=[*GALLERY, "classes with long names", "ten long names", "two long names"],
)
def test_savefig_cuts_nothing_off(plot, data, options):
    figure = plot(*data, **options).figure
    figure.savefig(io.BytesIO())
    drawn, canvas = figure.get_tightbbox(), figure.get_size_inches()
    assert (drawn.min >= -0.01).all() and (drawn.max <= canvas + 0.01).all()


@every_plot
def test_all_but_data_is_given_by_name(plot, data, options):
    with pytest.raises(TypeError, match="positional"):
        plot(*data, None)


@every_plot
def test_what_is_no_axes_is_refused(plot, data, options):
    with pytest.raises(TypeError, match="ax must be a matplotlib Axes or None, got"):
        plot(*data, **options, ax=plt.Figure())
    assert not plt.get_fignums()


@pytest.mark.parametrize("name", ["plot_loss_surface", "ConfusionReport.plot"])
def test_no_grid_crosses_a_picture_made_of_areas(name):
    plot, data, options = GALLERY[name]
    plt.rcParams["axes.grid"] = True
    ax = plot(*data, **options)
    lines = ax.get_xgridlines() + ax.get_ygridlines()
    assert not any(line.get_visible() for line in lines)


@pytest.mark.parametrize("name, text", [("_a", "_a"), ("$5 or $6", r"\$5 or \$6")])
@pytest.mark.parametrize(
    "plot",
    [
        lambda name: plot_images(GREY[:1], labels=[name]),
        lambda name: plot_curves({name: [1]}),
        lambda name: plot_classes([[0, 1]], [name], medians=False),
        lambda name: plot_surface(TILTED, paths={name: [[0, 1]]}),
        lambda name: plot_report([name], [name]),
    ],
)
def test_any_name_is_drawn_as_it_is(plot, name, text):
    texts = {text.get_text() for text in plot(name).findobj(Text)}
    assert text in texts and (name in texts) == (name == text)


REFUSED = """
plot_images(GREY[0]) -> ValueError: images must have ... got (2, 3): use images[None]
plot_images(GREY[..., None]) -> ValueError: ... got (5, 2, 3, 1): use images[..., 0]
plot_images(np.ones((9, 784))) -> ValueError: ... use images.reshape(-1, 28, 28)
plot_images(np.ones((64, 64))) -> ValueError: ... use images[None] for a single image
plot_images([]) -> ValueError: images must have ... and not be empty, got (0,)
plot_images(GREY * np.nan) -> ValueError: ... finite, got nan at index (0, 0, 0)
plot_images([[["a"]]]) -> TypeError: images must hold numbers, got <U1 values
plot_images([[[1, 2], [3]]]) -> ValueError: images must be an array with shape (n, rows,
plot_images(GREY, labels=[1]) -> ValueError: ... images has 5, labels has 1
plot_images(GREY, ncols=0) -> ValueError: ncols must be a whole number of at least 1
plot_images(GREY, ncols=2.5) -> TypeError: ncols must be ... of at least 1, got 2.5
plot_images(GREY, ncols=True) -> TypeError: ncols must be ... of at least 1, got True
plot_images(GREY, row_labels=[1.5]) -> ValueError: row_labels must hold whole ... 1.5
plot_images(GREY, row_labels=[1, 2]) -> ValueError: rows and row_labels ... rows has 1
plot_images(GREY, vmin=[0, 1]) -> ValueError: vmin must be a number, got [0, 1]
plot_images(GREY, vmax="9") -> TypeError: vmax must be a number, got '9'
plot_images(GREY, vmax=np.inf) -> ValueError: vmax must be finite, got inf
plot_images(GREY, vmin=1, vmax=1) -> ValueError: vmin must be below vmax, got 1 and 1
plot_images(GREY, vmin=30) -> ValueError: ... got 30 and 29 (the largest value)
plot_images(GREY, vmax=0) -> ValueError: ... got 0 (the smallest value) and 0
plot_curves([1.0]) -> TypeError: series must map names to values, as in ... got list
plot_curves({}) -> ValueError: series must hold at least one curve, got none
plot_curves({"a": [np.nan, 1]}) -> ValueError: series['a'] ... got nan at index 0
plot_curves({"b": [1, 0]}, logy=True) -> ValueError: series['b'] must be positive ... 0
plot_curves({"a": [1]}, first="one") -> TypeError: first must be a whole number
plot_curves({"a": [1, 2]}, x=[1]) -> ValueError: x and series['a'] must have the same
plot_curves({"a": [1]}, x=[np.nan]) -> ValueError: x must be finite
plot_classes(POINTS.T, [0, 1]) -> ValueError: points must have shape (n, 2) ... (2, 40)
plot_classes(POINTS, range(40)) -> ValueError: labels must have at most 10 ... 40
plot_thumbnails(POINTS, GREY, [1]) -> ValueError: ... points has 40, images has 5
plot_thumbnails(POINTS[:5], GREY, "abc") -> ValueError: labels must hold class labels
plot_thumbnails(POINTS[:5], GREY[0], [1]) -> ValueError: images must have shape (n, rows
plot_thumbnails(POINTS[:5], GREY, [1] * 5, size=0) -> ValueError: size must be positive
plot_variance([0.9, 0.2]) -> ValueError: ratios must ... sum to at most 1, ... sum 1.1
plot_variance([0.7, -0.2]) -> ValueError: ratios must be at least 0 ... -0.2
plot_variance([0.5], thresholds=90) -> ValueError: thresholds must lie above ... got 90
plot_variance([0.5], thresholds=[0]) -> ValueError: thresholds must lie ... got 0
plot_variance([0.5], thresholds=[[0.5]]) -> ValueError: thresholds must be a number or
plot_loss_surface(W, [2], [W]) -> ValueError: b must hold at least two values that rise
plot_loss_surface([1, 1], B, TILTED) -> ValueError: w must hold at least two values
plot_surface(TILTED.T) -> ValueError: losses must have shape (3, 5) ... got (5, 3)
plot_surface(TILTED - 1) -> ValueError: losses must be positive, ... got 0.0
plot_surface(np.ones((3, 5))) -> ValueError: losses must differ, ... got 1.0 everywhere
plot_surface(TILTED, paths=[[1, 2]]) -> TypeError: paths must map names to ... got list
plot_surface(TILTED, paths={"p": [[1]]}) -> ValueError: paths['p'] must ... (steps, 2)
plot_bowl([[1]], curvature=1) -> ValueError: path must have shape (steps,)
plot_bowl([1], curvature=-2) -> ValueError: curvature must be positive, got -2
plot_bowl([1], curvature="1") -> TypeError: curvature and lowest must hold numbers
plot_line([1], [1], slope=np.nan) -> ValueError: slope and intercept must be finite
plot_line([1], [1], x_new=[1]) -> ValueError: x_new and y_new must be given together
plot_line([1], [1], x_new=["1"], y_new=[1]) -> TypeError: x_new must hold numbers
plot_line([1], [1], x_new=[1], y_new=["1"]) -> TypeError: y_new must hold numbers
plot_line([1], [1], y_new=[1]) -> ValueError: x_new and y_new must be given together
"""


def each_line_of(table):
    """Parametrize a test by calls and their errors, "..." for any words."""
    rows = [line.split(" -> ") for line in table.strip().splitlines()]
    return pytest.mark.parametrize("call, error", rows)


def check_refusal(call, error, names):
    with pytest.raises(EITHER) as caught:
        eval(call, names)
    words = map(re.escape, error.split("..."))
    assert re.match(".*".join(words), f"{caught.typename}: {caught.value}", re.DOTALL)
    assert not plt.get_fignums()


@each_line_of(REFUSED)
def test_bad_input_is_refused_before_anything_is_drawn(call, error):
    check_refusal(call, error, globals())


# Images


def seen(ax):
    """Return the images as drawn, 0 for black to 1 for white, in reading order."""
    pixels = pixels_of(ax)[::-1, :, 0] / 255
    found = []
    for (left, bottom, right, top), image in zip(
        bounds(ax.images), ax.images, strict=True
    ):
        rows, columns = image.get_array().shape
        x = left + (right - left) * (np.arange(columns) + 0.5) / columns
        y = top - (top - bottom) * (np.arange(rows) + 0.5) / rows
        grey = pixels[np.ix_(y.astype(int), x.astype(int))]
        found.append((-round(top), round(left), grey))
    return [grey for *_, grey in sorted(found, key=lambda place: place[:2])]


@pytest.mark.parametrize("ncols, nrows", [(2, 3), (3, 2), (10, 1)])
def test_images_form_a_grid_in_reading_order(ncols, nrows):
    ax = plot_images(GREY, ncols=ncols)
    np.testing.assert_allclose(seen(ax), 1 - GREY / 29, atol=0.03)  # upright
    boxes = bounds(ax.images)
    assert len(set(boxes[:, 0].round())) == min(ncols, 5)
    assert len(set(boxes[:, 1].round())) == nrows
    assert not any(itertools.starmap(overlap, itertools.combinations(boxes, 2)))
    grid = np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])
    assert (grid[:2] > ax.bbox.min).all() and (grid[2:] < ax.bbox.max).all()
    assert (grid[2:] - grid[:2] > 0.8 * ax.bbox.size).all()
    widths, heights = (boxes[:, 2:] - boxes[:, :2]).T
    np.testing.assert_allclose(widths / 3, heights / 2, rtol=0.02)  # square pixels
    assert {image.get_interpolation() for image in ax.images} == {"nearest"}
    assert not ax.axison


@pytest.mark.parametrize(
    "images, options, low, high",
    [
        (GREY - 12, {}, -12, 17),
        ((GREY + 100).astype(np.uint8), {}, 100, 129),
        (GREY, {"vmin": -100, "vmax": 100}, -100, 100),
        (GREY, {"vmin": -29}, -29, 29),
        (GREY, {"vmax": np.int64(58)}, 0, 58),
    ],
)
def test_greys_run_from_vmin_or_the_smallest_to_vmax(images, options, low, high):
    grey = (high - images.astype(float)) / (high - low)
    np.testing.assert_allclose(seen(plot_images(images, **options)), grey, atol=0.03)


def test_a_scale_runs_from_vmin_to_vmax_and_has_a_label():
    ax = rendered(plot_images(GREY, vmin=-30, vmax=30, colorbar="ink", cmap="cividis"))
    (scale,) = ax.child_axes
    assert scale.get_ylim() == (-30, 30) and scale.get_ylabel() == "ink"
    assert {mesh.get_cmap().name for mesh in scale.findobj(QuadMesh)} == {"cividis"}
    assert not plot_images(GREY).child_axes


def test_signs_can_be_told_apart_without_colour():
    greys = [luminance(color[:3]) for color in SIGN_COLORS(np.linspace(0, 1, 65))]
    assert (np.diff(greys) < 0).all()
    assert min(contrast(SIGN_COLORS(0.5), SIGN_COLORS(end)) for end in (0.0, 1.0)) > 1.5


def test_another_colour_map_can_be_chosen():
    ax = plot_images(GREY, cmap="viridis")
    assert {image.get_cmap().name for image in ax.images} == {"viridis"}


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
def test_captions_name_classes_and_mark_mistakes_only(options, captions):
    texts = plot_images(GREY, **options).texts
    assert [text.get_text() for text in texts] == captions
    for text in texts:
        look = text.get_color(), text.get_fontweight()
        wrong = "✗" in text.get_text()
        assert look == ((CLASS_COLORS[2], "bold") if wrong else ("black", "normal"))


@pytest.mark.parametrize("ncols, names", [(2, ["a", "b", "c"]), (10, [7])])
def test_labels_of_rows_stand_at_their_left(ncols, names):
    ax = rendered(plot_images(GREY, row_labels=names, ncols=ncols))
    assert [text.get_text() for text in ax.texts] == [*map(str, names)]
    texts, firsts = bounds(ax.texts), bounds(ax.images[::ncols])
    assert (texts[:, 2] < firsts[:, 0]).all()
    middles = texts[:, [1, 3]].mean(axis=1), firsts[:, [1, 3]].mean(axis=1)
    np.testing.assert_allclose(*middles, atol=2)


@every_style
@pytest.mark.parametrize("ncols", [2, 10])
def test_captions_are_above_their_images_and_touch_nothing(style, ncols):
    classes = {"labels": np.zeros(20), "predictions": np.ones(20)}
    with plt.rc_context(style):
        ax = rendered(plot_images(np.zeros((20, 8, 8)), ncols=ncols, **classes))
    texts, images = bounds(ax.texts), bounds(ax.images)
    np.testing.assert_allclose(
        texts[:, [0, 2]].sum(axis=1), images[:, [0, 2]].sum(axis=1), atol=2
    )
    gaps, widths = texts[:, 1] - images[:, 3], images[:, 2] - images[:, 0]
    assert (gaps >= 0).all() and (gaps < 0.5 * widths).all()
    pairs = [*itertools.combinations(texts, 2), *itertools.product(texts, images)]
    assert not any(itertools.starmap(overlap, pairs))


# Curves


def test_curves_hold_their_values_and_the_legend_names_them():
    ax = plot_curves({"val_loss": [3.0, 2.0, 1.0], "loss": [4, 3]}, ylabel="nats")
    val_loss, loss = (line.get_xydata().tolist() for line in ax.lines)
    assert val_loss == [[1, 3], [2, 2], [3, 1]]
    assert loss == [[1, 4], [2, 3]]
    assert legend_texts(ax) == ["val_loss", "loss"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "nats")
    assert ax.get_yscale() == "linear"
    assert {1, 2, 3} <= set(rendered(ax).get_xticks()) <= {*range(5)}  # whole numbers


@pytest.mark.parametrize("first", [0, np.int64(3)])
def test_first_count_label_and_scale_can_be_set(first):
    ax = plot_curves({"loss": [1.0, 0.1]}, first=first, logy=True, xlabel="step")
    assert ax.lines[0].get_xdata().tolist() == [first, first + 1]
    assert (ax.get_xlabel(), ax.get_yscale()) == ("step", "log")


def test_curves_can_stand_anywhere_on_the_horizontal_axis():
    ax = plot_curves({"a": [1, 2, np.nan], "b": [3, 4, 5]}, x=[0.1, 0.2, 0.4])
    a, end, b = (line.get_xydata().tolist() for line in ax.lines)
    assert a == [[0.1, 1], [0.2, 2]] and end == [[0.2, 2]]
    assert b == [[0.1, 3], [0.2, 4], [0.4, 5]]


def test_curves_differ_in_colour_and_style_in_the_legend_too():
    ax = plot_curves({f"curve {i}": [i, i + 1] for i in range(20)})
    handles = ax.get_legend().legend_handles
    looks, in_legend = (
        [(to_hex(line.get_color()), line.get_linestyle()) for line in lines]
        for lines in (ax.lines, handles)
    )
    assert len(set(looks)) == 20
    assert len({color for color, _ in looks[:10]}) == 10
    assert len({style for _, style in looks[:4]}) == 4
    assert in_legend == looks


def test_seven_curves_differ_without_colour():
    lines = plot_curves({str(i): [i, i + 1] for i in range(7)}).lines
    for one, other in itertools.combinations(lines, 2):
        styles_differ = one.get_linestyle() != other.get_linestyle()
        assert styles_differ or contrast(one.get_color(), other.get_color()) > 1.5


def test_a_curve_of_a_single_value_can_be_seen():
    lines = plot_curves({"one": [3.0], "two": [1.0, 2.0]}).lines
    assert [line.get_marker() for line in lines] == ["o", "None"]


def test_what_keras_fit_returns_is_drawn_as_its_history():
    ax = plot_curves(SimpleNamespace(history=CURVES))
    for line, (name, values) in zip(ax.lines, CURVES.items(), strict=True):
        assert (line.get_label(), list(line.get_ydata())) == (name, list(values))


@pytest.mark.parametrize("end", [np.nan, np.inf])
def test_a_curve_that_diverged_is_drawn_up_to_there(end):
    ax = plot_curves({"loss": [2.0, 9.0, end, end], "other": [1.0, 1.0, 1.0, 1.0]})
    assert [len(line.get_ydata()) for line in ax.lines] == [2, 1, 4]
    assert ax.lines[1].get_xydata().tolist() == [[2, 9]]
    assert legend_texts(ax) == ["loss (diverged)", "other"]
    assert unreadable_texts(ax.figure) == []


def test_a_curve_that_diverged_at_once_is_only_in_the_legend():
    ax = plot_curves({"b": [np.nan, np.inf], "a": [1.0, 2.0]}, logy=True)
    assert [len(line.get_ydata()) for line in rendered(ax).lines] == [0, 2]
    assert legend_texts(ax) == ["b (diverged)", "a"]
    assert not ax.texts
    rendered(plot_curves({"b": [np.nan]}))


# Classes


def outline(marker):
    style = MarkerStyle(marker)
    return style.get_path().transformed(style.get_transform()).vertices


def test_ten_classes_differ_without_colour():
    pictures = []
    for label in range(10):  # each in the same place, in its own colour and marker
        points = np.full((10, 2), 9.0)
        points[label] = 0
        ax = plt.figure(figsize=(1, 1)).add_axes((0, 0, 1, 1))
        plot_classes(points, np.arange(10), medians=False, ax=ax)
        ax.get_legend().remove()
        ax.set(xlim=(-1, 1), ylim=(-1, 1))
        ax.collections[0].set_sizes([2000])  # as large as the picture
        ax.axis("off")
        rgb = pixels_of(ax)[..., :3] / 255
        pictures.append(np.apply_along_axis(luminance, -1, rgb))
    for one, other in itertools.combinations(pictures, 2):
        assert np.mean(abs(one - other) > 0.05) > 0.02
    assert len({outline(marker).round(6).tobytes() for marker in CLASS_MARKERS}) == 10


@pytest.mark.parametrize(
    "labels",
    [10 - np.arange(40) % 10, [f"class {i % 10}" for i in range(40)], [5] * 40],
    ids=["numbers", "names", "one class"],
)
def test_the_legend_shows_colours_and_markers_of_classes(labels):
    ax = plot_classes(POINTS, labels, xlabel="width", ylabel="height")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("width", "height")
    (drawn,) = ax.collections
    np.testing.assert_array_equal(drawn.get_offsets(), POINTS)
    classes, places = np.unique(labels, return_inverse=True)
    assert legend_texts(ax) == [str(label) for label in classes]
    handles = ax.get_legend().legend_handles
    colors = [to_hex(color) for color in MAP_COLORS]
    assert [to_hex(handle.get_color()) for handle in handles] == colors[: len(classes)]
    assert [handle.get_marker() for handle in handles] == [
        *CLASS_MARKERS[: len(classes)]
    ]
    for place, face, path in zip(
        places, drawn.get_facecolors(), drawn.get_paths(), strict=True
    ):
        assert to_hex(face) == colors[place]
        np.testing.assert_allclose(path.vertices, outline(CLASS_MARKERS[place]))


def test_the_name_of_a_class_is_at_the_median_of_its_points():
    points = np.array([[0, 0], [1, 9], [50, 10], [-3, 5], [-4, 6], [8, 8]])
    labels = [7, 7, 7, 10, 10, 2]
    texts = plot_classes(points, labels).texts
    places = {text.get_text(): text.get_position() for text in texts}
    assert places == {"7": (1, 9), "10": (-3.5, 5.5), "2": (8, 8)}
    assert not plot_classes(points, labels, medians=False).texts


# Explained variance


RATIOS = [0.5, 0.25, 0.125, 0.0625]


def test_thumbnails_stand_upright_at_their_points_and_never_overlap():
    ax = rendered(plot_thumbnails(POINTS, np.tile(GREY, (8, 1, 1)), np.ones(40, int)))
    lefts, rights, bottoms, tops = np.transpose([i.get_extent() for i in ax.images])
    places = np.column_stack([lefts + rights, bottoms + tops]) / 2
    nearest = np.linalg.norm(places[:, None] - POINTS, axis=2).argmin(axis=1)
    np.testing.assert_allclose(places, POINTS[nearest])
    assert nearest[0] == 0 and 1 < len(places) < 40
    assert not any(
        itertools.starmap(overlap, itertools.combinations(bounds(ax.images), 2))
    )
    assert (np.diff([bottoms, tops], axis=0) > 0).all()
    assert {image.origin for image in ax.images} == {"upper"}
    ink = 1 - ax.images[0].get_array()[..., :3].max(axis=2)
    assert (np.diff(ink.ravel()) > 0).all()  # as in the image, large values dark


def test_every_point_has_a_dot_in_the_colour_of_its_class():
    ax = plot_thumbnails(POINTS[:5], GREY, ["b", "a", "b", "c", "a"])
    (dots,) = ax.collections
    np.testing.assert_allclose(dots.get_offsets(), POINTS[:5])
    order = [to_hex(MAP_COLORS[place]) for place in (1, 0, 1, 2, 0)]
    assert [to_hex(color) for color in dots.get_facecolors()] == order


def test_a_larger_thumbnail_leaves_fewer():
    counts = [
        len(
            plot_thumbnails(POINTS, POINTS[:, :, None], W[:1].repeat(40), size=s).images
        )
        for s in (0.05, 0.2, 2)
    ]
    assert counts[0] > counts[1] > counts[2] == 1


def marks_of(ax):
    """Return the marks on the curve, (count, share, text), and heights of lines."""
    dots = [line.get_xydata()[0] for line in ax.lines if len(line.get_xdata()) == 1]
    np.testing.assert_array_equal([text.xy for text in ax.texts], dots)
    heights = [line.get_ydata()[0] for line in ax.lines if line.get_linestyle() == "--"]
    return [(*text.xy, text.get_text()) for text in ax.texts], heights


def test_explained_variance_counts_components_from_one():
    ax = plot_explained_variance(RATIOS, thresholds=[])
    (curve,) = ax.lines
    cumulative = [[1, 0.5], [2, 0.75], [3, 0.875], [4, 0.9375]]
    np.testing.assert_allclose(curve.get_xydata(), cumulative)
    assert ax.get_xlabel() == "number of components"
    assert ax.get_ylabel() == "share of variance kept"
    assert ax.get_xlim() == (0, 5)
    assert ax.get_ylim()[0] == 0 and ax.get_ylim()[1] > 1


@pytest.mark.parametrize(
    "ratios, thresholds, marks",
    [
        (RATIOS, 0.4, [(1, 0.5, "1 reaches 40%")]),
        (RATIOS, [0.5, 0.51], [(1, 0.5, "1 reaches 50%"), (2, 0.75, "2 reach 51%")]),
        (RATIOS, (0.75, 0.95), [(2, 0.75, "2 reach 75%")]),  # 0.95 is never reached
        ([0.9, 0.05], [0.905], [(2, 0.9 + 0.05, "2 reach 90.5%")]),
        ([0.1] * 10, [0.8], [(8, np.cumsum([0.1] * 10)[7], "8 reach 80%")]),  # < 0.8
        (np.float32([0.9, 0.1]), [1], [(2, pytest.approx(1), "2 reach 100%")]),  # < 1
        (np.float16([0.7, 0.3]), [0.6], [(1, np.float16(0.7), "1 reaches 60%")]),  # > 1
    ],
)
def test_the_first_count_that_reaches_a_threshold_is_marked(ratios, thresholds, marks):
    ax = plot_explained_variance(ratios, thresholds=thresholds)
    assert marks_of(ax) == (marks, [*np.atleast_1d(thresholds)])


def test_digits_need_as_many_components_as_scikit_learn_keeps():
    pixels = load_digits().data
    ax = plot_explained_variance(PCA().fit(pixels).explained_variance_ratio_)
    (mark,), _ = marks_of(ax)
    assert mark == (21, pytest.approx(0.9032, abs=5e-5), "21 reach 90%")
    assert mark[0] == PCA(0.9).fit(pixels).n_components_
    place = rendered(ax).transData.transform(mark[:2])
    dot = np.concatenate([place - 6, place + 6])  # 9 points wide
    assert not overlap(*bounds(ax.texts), dot)


# Loss surface


def test_contours_are_not_transposed_and_rise_in_equal_ratios():
    ax = rendered(plot_surface(TILTED))
    filled, lines = ax.collections
    assert (filled.filled, lines.filled) == (True, False)
    vertices = 0
    for level, path in zip(lines.levels, lines.get_paths(), strict=True):
        x, y = path.vertices.T
        np.testing.assert_allclose(1 + 3 * x + y, level)
        vertices += len(x)
    assert vertices > 30
    levels = filled.levels
    for low, high, path in zip(levels, levels[1:], filled.get_paths(), strict=False):
        x, y = path.vertices.T
        losses = 1 + 3 * x + y
        np.testing.assert_allclose((losses.min(), losses.max()), (low, high))
    np.testing.assert_allclose((levels[0], levels[-1]), (TILTED.min(), TILTED.max()))
    np.testing.assert_allclose(levels[1:] / levels[:-1], levels[1] / levels[0])
    luminance = filled.get_facecolors()[:, :3] @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luminance) < 0).all()  # the highest is darkest, also in grey
    assert filled.get_alpha() < 1
    assert ax.get_legend() is None


def test_losses_may_differ_by_as_little_as_floats_can():
    losses = np.ones((3, 5))
    losses[0, 0] = np.nextafter(1, 2)
    rendered(plot_surface(losses))


def test_the_lowest_point_is_marked_where_the_loss_is_lowest():
    w, b = np.linspace(-1, 4, 26), np.linspace(-3, 1, 41)
    losses = 0.1 + (w - 3) ** 2 + 4 * (b[:, None] + 2) ** 2
    ax = plot_loss_surface(w, b, losses, minimum=(3, -2))
    lowest = ax.collections[0].get_paths()[0].vertices.mean(axis=0)
    np.testing.assert_allclose(lowest, [3, -2], atol=0.1)
    (mark,) = ax.lines
    assert (mark.get_xydata().tolist(), mark.get_marker()) == ([[3, -2]], "*")
    assert legend_texts(ax) == ["lowest point"]


@every_style
def test_the_lowest_point_can_be_seen_in_the_legend(style):
    with plt.rc_context(style):
        legend = plot_surface(TILTED, minimum=(1, 1)).get_legend()
    (star,), frame = legend.legend_handles, legend.get_frame()
    assert contrast(star.get_color(), frame.get_facecolor()) > 10


def test_paths_run_in_order_in_a_plane_that_fills_the_axes():
    paths = PATHS | {"far": [[9, 9], [1, 1]]}
    ax = plot_surface(TILTED, paths=paths)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("slope w", "intercept b")
    assert (ax.get_xlim(), ax.get_ylim()) == ((0, 2), (0, 4))
    for line, path in zip(ax.lines, paths.values(), strict=True):
        np.testing.assert_array_equal(line.get_xydata(), path)
    assert legend_texts(ax) == list(paths)
    for look in ("color", "marker", "linestyle"):
        assert len({plt.getp(line, look) for line in ax.lines[:4]}) == 4


def test_a_descent_in_a_bowl_stands_on_its_parabola():
    ax = plot_bowl([4, 0, 2], curvature=3, lowest=1, xlabel="w", ylabel="L")
    bowl, steps, start, lowest = (line.get_xydata() for line in ax.lines)
    np.testing.assert_allclose(bowl[:, 1], 1.5 * (bowl[:, 0] - 1) ** 2)
    assert bowl[0, 0] < -2 and bowl[-1, 0] > 4  # both walls, as high as the steps
    assert steps.tolist() == [[4, 13.5], [0, 1.5], [2, 1.5]]
    assert (start.tolist(), lowest.tolist()) == ([[4, 13.5]], [[1, 0]])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("w", "L")
    rendered(plot_bowl([1], curvature=3, lowest=1))  # nowhere to go


# Line fit


def test_a_line_reaches_all_points_and_errors_run_to_it():
    ax = plot_line(*LINE, **NEW)
    line, trained, new = ax.lines
    assert line.get_xydata().tolist() == [[-4, -9], [6, 11]]
    assert trained.get_xydata().tolist() == [[0, 1], [1, 5], [2, 2]]
    assert new.get_xydata().tolist() == [[6, 0], [-4, 20]]
    assert trained.get_markerfacecolor() == trained.get_color()
    assert new.get_markerfacecolor() == "white"  # hollow
    assert trained.get_linestyle() == new.get_linestyle() == "None"
    errors, new_errors = (np.array(lines.get_segments()) for lines in ax.collections)
    assert errors.tolist() == [[[0, 1], [0, -1]], [[1, 5], [1, 1]], [[2, 2], [2, 3]]]
    assert new_errors.tolist() == [[[6, 0], [6, 11]], [[-4, 20], [-4, -9]]]
    assert legend_texts(ax)[1:] == ["training points", "new points"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x", "y")


@pytest.mark.parametrize(
    "slope, intercept, equation",
    [(2, -1, "y = 2.00x − 1.00"), (-0.126, 0.5, "y = −0.13x + 0.50")],
)
def test_the_legend_gives_the_equation_of_the_line(slope, intercept, equation):
    ax = plot_line_fit([0, 1], [0, 1], slope=slope, intercept=intercept)
    assert legend_texts(ax) == [f"line: {equation}", "training points"]


# Style


def test_importing_the_modules_changes_no_setting():
    code = (
        "import matplotlib, matplotlib.pyplot as plt; before = dict(plt.rcParams); "
        "import helpers.plotting, helpers.reports; "
        "assert dict(plt.rcParams) == before; "
        "helpers.plotting.use_course_style(); assert dict(plt.rcParams) != before"
    )
    environment = os.environ | {"MPLBACKEND": "agg"}
    command = [sys.executable, "-W", "error", "-c", code]
    subprocess.run(command, env=environment, check=True, timeout=120)


def test_the_course_style_has_a_palette_and_large_type():
    use_course_style()
    assert plt.rcParams["axes.prop_cycle"].by_key()["color"] == list(CLASS_COLORS)
    assert plt.rcParams["font.size"] >= 12
    ax = plt.figure().add_subplot()
    assert not (ax.spines.top.get_visible() or ax.spines.right.get_visible())
    assert ax.figure.get_layout_engine() is not None


def test_the_course_style_is_the_same_on_a_dark_theme():
    def drawn():
        use_course_style()
        ax = plot_curves({"loss": [2, 1]}, xlabel="epoch", ylabel="loss")
        ax.set_title("Title")
        return pixels_of(ax)

    light = drawn()
    plt.style.use("dark_background")
    np.testing.assert_array_equal(drawn(), light)


# Figures on the page

ALT = "A line that rises from one to two. " + 9 * "It has no other feature. "


@pytest.fixture
def shown(monkeypatch):
    """Collect what is displayed: a list of pairs (data, options)."""
    calls = []
    monkeypatch.setattr(
        "IPython.display.display", lambda data, **options: calls.append((data, options))
    )
    return calls


def decode(png):
    png = base64.b64decode(png, validate=True)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return Image.open(io.BytesIO(png)).convert("RGB")


def test_a_figure_is_shown_with_its_description_and_closed(shown):
    plt.figure(figsize=(4, 3)).add_subplot().plot([1, 2])
    assert show_figure(ALT) is None
    ((data, options),) = shown
    picture = decode(data.pop("image/png"))
    assert data == {"text/plain": f"Figure: {ALT}"}
    width = round(picture.width / 1.5)
    assert 300 < width < 450
    metadata = {"image/png": {"alt": ALT, "width": width}}
    assert options == {"raw": True, "metadata": metadata}
    assert not plt.get_fignums()


@pytest.mark.parametrize("named", [False, True])
def test_the_figure_named_is_shown_and_else_the_current_one(shown, named):
    red, blue = plt.figure(facecolor="red"), plt.figure(facecolor="blue")
    show_figure(ALT, figure=red if named else None)
    color = decode(shown[0][0]["image/png"]).getpixel((5, 5))
    assert color == ((255, 0, 0) if named else (0, 0, 255))
    (left,) = plt.get_fignums()
    assert plt.figure(left) is (blue if named else red)


def test_a_shown_figure_is_whole_and_has_its_colours(shown):
    ax = plt.figure(figsize=(3, 2)).add_axes((0, 0, 1, 1))
    ax.text(1.5, 0.5, "outside", color="red")
    show_figure(ALT)
    red, green, blue = np.moveaxis(np.array(decode(shown[0][0]["image/png"])), -1, 0)
    assert red.shape[1] > 3 * 150 * 1.5
    assert ((red > 200) & (green < 60) & (blue < 60))[:, 3 * 150 :].any()


def test_pictures_have_as_many_colours_as_they_need(shown):
    hues = plt.get_cmap("hsv")(np.linspace(0, 1, 150))[:, :3]
    plt.figure(figsize=(3, 2)).add_axes((0, 0, 1, 1)).imshow([hues], aspect="auto")
    plt.gcf().savefig(drawn := io.BytesIO(), dpi=150, bbox_inches="tight")
    plt.figure(figsize=(3, 2)).add_subplot().plot([1, 2])
    for number in plt.get_fignums():
        show_figure(ALT, figure=plt.figure(number))
    many, few = (decode(data["image/png"]) for data, _ in shown)
    wanted = np.array(Image.open(drawn).convert("RGB"), int)
    assert np.percentile(np.abs(np.array(many) - wanted), 99.9) <= 20
    assert len(few.getcolors(1000)) <= 64 < len(many.getcolors(1000))


def test_equal_figures_give_equal_bytes(shown):
    for _ in range(2):
        plot_classes(POINTS, np.arange(40) % 10)
        show_figure(ALT)
    assert shown[0] == shown[1]


def test_what_is_no_figure_is_refused(shown):
    with pytest.raises(ValueError, match="figure is None and no figure is open"):
        show_figure(ALT)
    assert not plt.get_fignums()
    with pytest.raises(TypeError, match="figure must be .* got Axes"):
        show_figure(ALT, figure=plt.figure().add_subplot())
    assert not shown


@pytest.fixture
def box(monkeypatch):
    """Catch the box of widgets that show_slider makes: a list of one."""
    made, make = [], ipywidgets.VBox

    def remembered(children):
        made.append(make(children))
        return made[0]

    monkeypatch.setattr(ipywidgets, "VBox", remembered)
    return made


def image_in(html):
    """Return the description, the width and the picture of an image in HTML."""
    alt, width, data = re.fullmatch(
        r'<img alt="(.*)" width="(\d+)" src="data:image/png;base64,(.*)">', html.value
    ).groups()
    return alt, int(width), decode(data)


def draw_filled(color):
    figure = plt.gcf()
    assert figure.axes == []  # new
    figure.set_facecolor(color)
    figure.add_subplot()


COLORS = {"name": "colour", "values": ("red", "lime", "blue"), "alt": ALT}


def test_a_slider_is_shown_above_the_picture_of_its_start(shown, box):
    show_slider(draw_filled, start="lime", **COLORS)
    controls, image = box[0].children
    for control in controls.children:
        assert (control.value, [*control.options]) == ("lime", ["red", "lime", "blue"])
    alt, width, picture = image_in(image)
    assert picture.getpixel((5, 5)) == (0, 255, 0)
    assert (alt, width) == (f"colour lime: {ALT}", round(picture.width / 1.5))
    assert not plt.get_fignums()
    ((data, options),) = shown
    view = data.pop("application/vnd.jupyter.widget-view+json")
    assert view["model_id"] == box[0].model_id
    text = f"Slider for colour, to be moved in a running notebook: {ALT}"
    assert (data, options) == ({"text/plain": text}, {"raw": True})


def test_moving_the_slider_or_the_menu_draws_a_new_picture(shown, box):
    mine = plt.figure()
    mine.add_subplot()
    show_slider(draw_filled, start="red", **COLORS)
    controls, image = box[0].children
    menu, slider = controls.children
    moves = {"blue": (slider, (0, 0, 255)), "lime": (menu, (0, 255, 0))}
    for color, (control, pixel) in moves.items():
        control.value = color
        assert menu.value == slider.value == color
        assert image_in(image)[2].getpixel((5, 5)) == pixel
        assert plt.get_fignums() == [mine.number]
    assert len(shown) == 1


def test_a_screen_reader_gets_name_and_value_of_a_slider(shown, box):
    alt = 'A wall of "one" grey.'
    show_slider(print, name="grey", values=[0.5, 0.25], start=0.5, alt=alt)
    controls, image = box[0].children
    menu, slider = controls.children
    assert isinstance(menu, ipywidgets.Dropdown)  # a select element with a label
    assert (menu.description, menu.label, slider.readout) == ("grey", "0.5", False)
    slider.index = 1
    assert menu.label == "0.25"
    assert image_in(image)[0] == "grey 0.25: A wall of &quot;one&quot; grey."


def test_a_slider_whose_drawing_fails_leaves_no_figure_open(shown):
    with pytest.raises(ZeroDivisionError):
        show_slider(lambda x: 1 / x, name="x", values=[0, 1], start=0, alt=ALT)
    assert not plt.get_fignums()
    assert not shown


@pytest.mark.parametrize("values, start", [([1, 2], 3), ([], 1), (range(3), None)])
def test_a_slider_must_start_at_one_of_its_values(shown, values, start):
    message = f"start must be one of values {[*values]}, got {start!r}"
    with pytest.raises(ValueError, match=re.escape(message)):
        show_slider(draw_filled, name="count", values=values, start=start, alt=ALT)
    assert not shown


@pytest.mark.parametrize("alt", ["", "one two three", None, list("abcd")])
def test_figures_and_sliders_need_a_description(shown, alt):
    plt.figure()
    slider = partial(show_slider, draw_filled, name="x", values=["red"], start="red")
    for show in (show_figure, slider):
        message = f"alt must describe the figure in a sentence, got {alt!r}"
        with pytest.raises(ValueError, match=re.escape(message)):
            show(alt=alt)
    assert not shown
