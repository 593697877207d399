"""The figures of the course. Used in every chapter.

Each plotting function takes its data by position and everything else by name, draws on
``ax`` or, when that is None, on the axes of a new figure, touches nothing outside those
axes, and returns them. Nothing here fits a model. Wrong input raises ``TypeError`` or
``ValueError`` with the argument's name, what came and what is expected.
"""

import base64
import io
from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib import color_sequences
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

from helpers._arguments import (
    as_array,
    as_labels,
    as_numbers,
    as_whole_number,
    check_same_length,
)

# Ten colours that stay apart for colour-blind eyes: M. A. Petroff, "Accessible Color
# Sequences for Data
# Visualization", arXiv:2107.02270. Colour never stands alone: markers and line styles
# go with it.
CLASS_COLORS = color_sequences["petroff10"]
CLASS_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">")
LINE_STYLES = ("-", "--", "-.", ":")

_PNG_DPI = 150  # shown at 100 to the inch, so that figures stay sharp on a projector

_STYLE = {
    "figure.figsize": (7, 4),
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",  # colours in full: an editor's theme may be dark
    "axes.facecolor": "white",
    "savefig.facecolor": "auto",
    "text.color": "black",
    "axes.edgecolor": "black",
    "axes.labelcolor": "black",
    "axes.titlecolor": "auto",
    "xtick.color": "black",
    "xtick.labelcolor": "inherit",
    "ytick.color": "black",
    "ytick.labelcolor": "inherit",
    "legend.labelcolor": "None",
    "font.size": 12,
    "axes.titlesize": 13,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "0.9",
    "legend.frameon": False,
    "lines.linewidth": 2,
    "image.cmap": "gray_r",
    "axes.prop_cycle": cycler(color=CLASS_COLORS),
}


def use_course_style():
    """Give this notebook's figures the look of the course, by setting matplotlib's ``rcParams``."""
    plt.rcParams.update(_STYLE)


def show_figure(alt, *, figure=None):
    """Show a figure with a description for readers who cannot see it, and close it.

    ``alt``     what the figure shows, in a sentence or two
    ``figure``  the figure to show; None means the current one

    The description travels with the picture: as the image's ``alt`` metadata, which web
    pages made from the notebook pass on, and as the plain-text form of the output,
    which readers without pictures get.
    """
    from IPython.display import display  # only a notebook needs it

    _check_alt(alt)
    if figure is None:
        if not plt.get_fignums():
            raise ValueError("figure is None and no figure is open: draw one first")
        figure = plt.gcf()
    if not isinstance(figure, Figure):
        raise TypeError(
            f"figure must be a matplotlib Figure or None, got {type(figure).__name__}"
        )
    picture = _as_png(figure)
    plt.close(figure)
    display(
        {
            "image/png": base64.b64encode(picture).decode(),
            "text/plain": f"Figure: {alt}",
        },
        metadata={"image/png": {"alt": alt, "width": _width_on_page(picture)}},
        raw=True,
    )


def show_slider(draw, *, name, values, start, alt):
    """Show a slider above a figure that is drawn anew whenever the slider moves.

    ``draw``    function of one of the ``values`` that draws on the current figure, which is new and empty
    ``name``    what the slider sets
    ``values``  the values to choose from
    ``start``   the value to begin with, one of ``values``
    ``alt``     what the figure shows, in a sentence

    Where no kernel is running, a web page say, the sentence alone remains.
    """
    from IPython.display import display
    from ipywidgets import Image as ImageWidget
    from ipywidgets import SelectionSlider, VBox

    _check_alt(alt)
    values = list(values)
    if start not in values:
        raise ValueError(f"start must be one of values {values}, got {start!r}")

    def picture(value):
        figure = plt.figure()
        try:
            draw(value)
            return _as_png(figure)
        finally:
            plt.close(figure)

    slider = SelectionSlider(
        options=values,
        value=start,
        description=name,
        continuous_update=False,
        style={"description_width": "initial"},
        layout={"width": "28em"},
    )
    first = picture(start)
    image = ImageWidget(value=first, format="png", width=_width_on_page(first))
    slider.observe(
        lambda change: setattr(image, "value", picture(change["new"])), names="value"
    )
    bundle = VBox([slider, image])._repr_mimebundle_()
    bundle["text/plain"] = (
        f"Slider for {name}, to be moved in a running notebook: {alt}"
    )
    display(bundle, raw=True)


def _check_alt(alt):
    if not isinstance(alt, str) or len(alt.split()) < 4:
        raise ValueError(f"alt must describe the figure in a sentence, got {alt!r}")


def _as_png(figure):
    """Return the figure as PNG bytes, in a palette of 128 colours: a third of the size, the same to the eye."""
    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", bbox_inches="tight", dpi=_PNG_DPI)
    Image.open(drawn).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(
        small, format="png", optimize=True
    )
    return small.getvalue()


def _width_on_page(picture):
    """Return the width in CSS pixels at which PNG bytes are shown: 100 to the figure's inch."""
    return round(Image.open(io.BytesIO(picture)).width * 100 / _PNG_DPI)


def plot_images(
    images,
    *,
    labels=None,
    predictions=None,
    columns=10,
    limits=None,
    cmap="gray_r",
    ax=None,
):
    """Draw images as a grid, row by row, with labels or predictions above them.

    ``images``       ``(n, rows, columns)``, any numeric dtype
    ``labels``       ``(n,)``, what each image shows
    ``predictions``  ``(n,)``, what a model takes it for; with ``labels``, mistakes are marked ``true→predicted ✗``
    ``columns``      images in a row
    ``limits``       the values drawn lightest and darkest, for all images alike; None means the smallest and largest
    ``cmap``         matplotlib colour map; the default draws large values dark

    Returns the Axes. Used in every chapter from 2 on.
    """
    images = as_numbers(images, "images", ("n", "rows", "columns"))
    columns = as_whole_number(columns, "columns", 1)
    captions = _captions(images, labels, predictions)
    low, high = (
        (images.min(), images.max())
        if limits is None
        else as_numbers(limits, "limits", (2,))
    )
    if limits is not None and low >= high:
        raise ValueError(f"limits must rise, got {low:g} and {high:g}")
    n, height, width = images.shape
    columns = min(columns, n)
    rows = -(-n // columns)
    gap_x, gap_y = width * 0.15, height * (0.15 if captions is None else 0.5)
    ax = axes_or_new(
        ax, figsize=(0.85 * columns, 0.85 * rows * (height + gap_y) / (width + gap_x))
    )
    for i, image in enumerate(images):
        left, top = (i % columns) * (width + gap_x), (i // columns) * (height + gap_y)
        ax.imshow(
            image,
            cmap=cmap,
            vmin=low,
            vmax=high,
            interpolation="nearest",
            extent=(left, left + width, top + height, top),
        )
        if captions is not None:
            text, wrong = captions[i]
            ax.text(
                left + width / 2,
                top - 0.06 * height,
                as_text(text),
                ha="center",
                va="bottom",
                color=CLASS_COLORS[2] if wrong else "black",
                fontweight="bold" if wrong else "normal",
            )
    ax.set(
        xlim=(-gap_x, columns * (width + gap_x)),
        ylim=(rows * (height + gap_y) - gap_y * 0.8, -gap_y),
        aspect="equal",
    )
    ax.set_axis_off()
    return ax


def _captions(images, labels, predictions):
    """Return a pair (text, is it a mistake) for each image, or None when there is nothing to write."""
    given = {"images": images}
    if labels is not None:
        given["labels"] = as_labels(labels, "labels")
    if predictions is not None:
        given["predictions"] = as_labels(predictions, "predictions")
    check_same_length(**given)
    if len(given) == 3:
        pairs = zip(given["labels"], given["predictions"], strict=True)
        return [
            (f"{true}→{guess} ✗", True) if true != guess else (f"{true}", False)
            for true, guess in pairs
        ]
    if len(given) == 2:
        return [(f"{text}", False) for text in given.popitem()[1]]
    return None


def _until_diverged(values, name):
    """Return a curve as numbers, without the NaN and infinity that it ends in."""
    array = as_array(values, name, "shape (n,)")
    if array.ndim == 1 and array.dtype.kind == "f" and np.isfinite(array).any():
        array = array[: np.flatnonzero(np.isfinite(array))[-1] + 1]
    return as_numbers(array, name, ("n",))


def plot_curves(series, *, xlabel="epoch", ylabel="", first=1, log=False, ax=None):
    """Draw curves of loss, accuracy or anything else that changes from epoch to epoch.

    ``series``  mapping from a name to its values ``(n,)``, or what Keras's ``fit``
                returns, which has one; lengths may differ
    ``first``   what the first value counts as on the horizontal axis
    ``log``     whether the vertical axis is logarithmic (values must then be positive)

    Lines differ in colour and style, and each is named in the legend. One that ends in
    NaN or infinity, as training that diverged does, is drawn up to there, with a word.
    Returns the Axes. Used in every chapter.
    """
    series = getattr(series, "history", series)
    if not isinstance(series, Mapping):
        raise TypeError(f"series must map names to values, got {type(series).__name__}")
    if not series:
        raise ValueError("series must hold at least one curve, got none")
    curves = {
        name: _until_diverged(values, f"series[{name!r}]")
        for name, values in series.items()
    }
    for name, values in curves.items():
        if log and values.min() <= 0:
            raise ValueError(
                f"series[{name!r}] must be positive when log is True, got {values.min():g}"
            )
    first = as_whole_number(first, "first")
    ax = axes_or_new(ax)
    for i, (name, values) in enumerate(curves.items()):
        ax.plot(
            np.arange(first, first + len(values)),
            values,
            label=name,
            color=CLASS_COLORS[i % 10],
            linestyle=LINE_STYLES[i % 4],
            marker="o" if len(values) == 1 else None,
        )
        if len(values) < len(series[name]):
            last = first + len(values) - 1, values[-1]
            ax.plot(*last, "X", color=CLASS_COLORS[i % 10], markersize=9)
            ax.annotate(
                "diverged", last, (0, 8), textcoords="offset points", ha="right"
            )
    ax.set(xlabel=xlabel, ylabel=ylabel, yscale="log" if log else "linear")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend()
    return ax


def plot_classes(
    points,
    labels,
    *,
    names=("first coordinate", "second coordinate"),
    medians=True,
    ax=None,
):
    """Draw points of up to ten classes in the plane, each class with its own colour and marker.

    ``points``   ``(n, 2)``
    ``labels``   ``(n,)``, integers or strings; classes are taken in sorted order
    ``names``    two axis labels
    ``medians``  whether each class's name is written at the median of its points

    Returns the Axes. Used in chapter 2.
    """
    import seaborn as sns  # takes a second, and only some chapters need it

    points = as_numbers(points, "points", ("n", 2))
    labels = as_labels(labels, "labels")
    check_same_length(points=points, labels=labels)
    classes = np.unique(labels)
    if len(classes) > len(CLASS_MARKERS):
        raise ValueError(
            f"labels must have at most {len(CLASS_MARKERS)} classes, got {len(classes)}"
        )
    if np.shape(names) != (2,):
        raise ValueError(f"names must be two axis labels, got {names!r}")
    ax = axes_or_new(ax, figsize=(7.5, 6))
    text = [
        str(place) for place in np.searchsorted(classes, labels)
    ]  # seaborn leaves out names such as _a
    order = [str(place) for place in range(len(classes))]
    sns.scatterplot(
        x=points[:, 0],
        y=points[:, 1],
        hue=text,
        style=text,
        hue_order=order,
        style_order=order,
        palette=list(CLASS_COLORS[: len(order)]),
        markers=list(CLASS_MARKERS[: len(order)]),
        s=22,
        alpha=0.75,
        linewidth=0,
        ax=ax,
    )
    for label in classes if medians else ():
        x, y = np.median(points[labels == label], axis=0)
        ax.text(
            x,
            y,
            as_text(label),
            ha="center",
            va="center",
            fontweight="bold",
            bbox={
                "boxstyle": "circle,pad=0.25",
                "facecolor": "white",
                "edgecolor": "black",
            },
        )
    ax.set(xlabel=names[0], ylabel=names[1])
    ax.legend(
        ax.get_legend().legend_handles,
        [as_text(label) for label in classes],
        title="class",
        loc="upper left",
        bbox_to_anchor=(1, 1),
    )
    return ax


def plot_explained_variance(ratios, *, thresholds=(0.9,), ax=None):
    """Draw the cumulative share of variance that the first 1, 2, 3, … components keep.

    ``ratios``      ``(n,)``, each component's share of the total variance, as PCA's ``explained_variance_ratio_``
    ``thresholds``  shares to mark, each with the first number of components that reaches it

    The horizontal axis counts components from 1. Returns the Axes. Used in chapter 2.
    """
    ratios = as_numbers(ratios, "ratios", ("n",))
    if ratios.min() < 0 or ratios.sum() > 1 + 1e-6:
        raise ValueError(
            "ratios must not be negative and sum to at most 1, "
            f"got smallest {ratios.min():.4g}, sum {ratios.sum():.4g}"
        )
    if as_array(thresholds, "thresholds").shape != (0,):
        thresholds = as_numbers(thresholds, "thresholds", ("k",))
    for threshold in thresholds:
        if not 0 < threshold <= 1:
            raise ValueError(
                f"thresholds must lie above 0 and at most at 1, got {threshold:g}"
            )
    cumulative = np.cumsum(ratios)
    counts = np.arange(1, len(ratios) + 1)
    ax = axes_or_new(ax)
    ax.plot(counts, cumulative, marker=".", color=CLASS_COLORS[0])
    for threshold in thresholds:
        reached = cumulative >= threshold - 1e-12
        ax.axhline(threshold, color="0.45", linestyle="--", linewidth=1)
        if reached.any():
            count = int(counts[reached.argmax()])
            ax.plot(
                count,
                cumulative[count - 1],
                marker="o",
                markersize=9,
                color=CLASS_COLORS[1],
            )
            ax.annotate(
                f"{count} reach {100 * threshold:.6g}%",
                (count, cumulative[count - 1]),
                xytext=(10, -22),
                textcoords="offset points",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
            )
    ax.set(
        xlabel="number of components",
        ylabel="share of variance kept",
        ylim=(0, 1.05),
        xlim=(0, len(ratios) + 1),
    )
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return ax


def plot_loss_surface(w, b, losses, *, paths=None, minimum=None, ax=None):
    """Draw a loss over the plane of two parameters as contour lines, with the paths that training took.

    ``w``        ``(columns,)``, values of the first parameter, along the horizontal axis
    ``b``        ``(rows,)``, values of the second, along the vertical axis
    ``losses``   ``(rows, columns)``, positive: ``losses[i, j]`` belongs to ``w[j]`` and ``b[i]``
    ``paths``    mapping from a name to the points ``(steps, 2)`` that were visited, in order
    ``minimum``  the point ``(2,)`` to mark as the lowest

    Paths differ in colour, marker and line style. Parts outside the plane are cut off.
    Returns the Axes. Used in chapter 1.
    """
    w, b = as_numbers(w, "w", ("columns",)), as_numbers(b, "b", ("rows",))
    for name, axis in {"w": w, "b": b}.items():
        if len(axis) < 2 or np.diff(axis).min() <= 0:
            raise ValueError(
                f"{name} must hold at least two values that rise, got shape {axis.shape}: {axis}"
            )
    losses = as_numbers(losses, "losses", (len(b), len(w)))
    if (losses <= 0).any():
        raise ValueError(
            f"losses must be positive, for contours in equal ratios, got {losses.min()}"
        )
    if losses.min() == losses.max():
        raise ValueError(
            f"losses must differ, for there to be contours, got {losses.min()} everywhere"
        )
    paths = {} if paths is None else paths
    if not isinstance(paths, Mapping):
        raise TypeError(f"paths must map names to points, got {type(paths).__name__}")
    paths = {
        name: as_numbers(path, f"paths[{name!r}]", ("steps", 2))
        for name, path in paths.items()
    }
    if minimum is not None:
        minimum = as_numbers(minimum, "minimum", (2,))
    ax = axes_or_new(ax, figsize=(7, 5))
    levels = np.unique(
        np.geomspace(losses.min(), losses.max(), 16)
    )  # between neighbouring floats there are fewer
    ax.contourf(w, b, losses, levels=levels, norm=LogNorm(), cmap="Greys", alpha=0.55)
    ax.contour(
        w, b, losses, levels=levels, norm=LogNorm(), colors="0.6", linewidths=0.7
    )
    for i, (name, path) in enumerate(paths.items()):
        ax.plot(
            path[:, 0],
            path[:, 1],
            label=name,
            color=CLASS_COLORS[i % 10],
            linestyle=LINE_STYLES[i % 4],
            marker=CLASS_MARKERS[i % 10],
            markersize=4,
            linewidth=1.5,
        )
    if minimum is not None:
        ax.plot(
            *minimum,
            marker="*",
            markersize=16,
            color="black",
            linestyle="none",
            label="lowest point",
        )
    ax.set(
        xlabel="slope w",
        ylabel="intercept b",
        xlim=(w.min(), w.max()),
        ylim=(b.min(), b.max()),
    )
    ax.grid(False)
    if ax.get_legend_handles_labels()[0]:
        ax.legend(frameon=True, framealpha=0.9)
    return ax


def plot_line_fit(x, y, *, slope, intercept, x_new=None, y_new=None, ax=None):
    """Draw points, a line, and the vertical error between each point and the line.

    ``x``, ``y``          ``(n,)``, the points that the line was fitted to
    ``slope``             number
    ``intercept``         number
    ``x_new``, ``y_new``  ``(m,)``, points that were not used for fitting, drawn hollow

    Returns the Axes. Used in chapter 1.
    """
    x, y = as_numbers(x, "x", ("n",)), as_numbers(y, "y", ("n",))
    check_same_length(x=x, y=y)
    slope, intercept = as_numbers([slope, intercept], "slope and intercept", (2,))
    if (x_new is None) != (y_new is None):
        raise ValueError("x_new and y_new must be given together, got only one of them")
    groups = [(x, y, "training points", CLASS_COLORS[0])]
    if x_new is not None:
        x_new, y_new = (
            as_numbers(x_new, "x_new", ("m",)),
            as_numbers(y_new, "y_new", ("m",)),
        )
        check_same_length(x_new=x_new, y_new=y_new)
        groups.append((x_new, y_new, "new points", "white"))
    ax = axes_or_new(ax)
    ends = np.array(
        [
            min(group[0].min() for group in groups),
            max(group[0].max() for group in groups),
        ]
    )
    ax.plot(
        ends,
        slope * ends + intercept,
        color=CLASS_COLORS[1],
        label=f"line: y = {slope:.2f}x {'−' if intercept < 0 else '+'} {abs(intercept):.2f}".replace(
            "-", "−"
        ),
    )
    for points_x, points_y, name, fill in groups:
        ax.vlines(
            points_x,
            points_y,
            slope * points_x + intercept,
            color="0.5",
            linestyle=":",
            linewidth=1.5,
        )
        ax.plot(
            points_x,
            points_y,
            "o",
            markersize=8,
            color=CLASS_COLORS[0],
            markerfacecolor=fill,
            label=name,
        )
    ax.set(xlabel="x", ylabel="y")
    ax.legend()
    return ax


def as_text(label):
    """Return a class as text that matplotlib shows as it is, and does not take for a formula."""
    return str(label).replace("$", r"\$")


def axes_or_new(ax, figsize=None):
    """Return ``ax``, or the axes of a new figure when it is None."""
    if ax is None:
        return plt.subplots(figsize=figsize)[1]
    if not isinstance(ax, Axes):
        raise TypeError(
            f"ax must be a matplotlib Axes or None, got {type(ax).__name__}"
        )
    return ax
