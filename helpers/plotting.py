"""The figures of the course. Used in chapters 1 to 5.

Each plotting function takes its data by position and everything else by name, draws on
``ax`` or, when that is None, on the axes of a new figure, touches nothing outside those
axes, and returns them. Nothing here fits a model. Wrong input raises ``TypeError`` or
``ValueError`` with the argument's name, what was given and what is expected.
"""

import base64
import io
import math
from collections.abc import Mapping
from html import escape

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib import color_sequences
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, LogNorm, to_rgb, to_rgba_array
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from PIL import Image

from helpers._arguments import (
    as_array,
    as_labels,
    as_numbers,
    as_whole_number,
    check_same_length,
)

# Ten colours that colour-blind readers can tell apart: M. A. Petroff, "Accessible Color
# Sequences for Data Visualization" (2021), https://arxiv.org/abs/2107.02270. Markers
# and line styles go with them, so that no figure relies on colour alone.
CLASS_COLORS = color_sequences["petroff10"]
CLASS_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">")
LINE_STYLES = ("-", "--", "-.", ":")
# Stronger colours for the dots of a map: P. Tol, "Colour Schemes" (2021),
# https://personal.sron.nl/~pault, scheme "muted", with a violet as the tenth and four
# made stronger, so that single dots show on white. Digits that lie next to each other,
# most of all 1, 5 and 8, are far apart for colour-blind readers, too.
MAP_COLORS = (
    "#117733",
    "#882255",
    "#44AA99",
    "#332288",
    "#808000",
    "#8040FF",
    "#AA4499",
    "#4AA3DF",
    "#D69F1B",
    "#CC6677",
)

# For `path_effects`: a white rim, with which letters can be read on top of data.
HALO = (withStroke(linewidth=4, foreground="white"),)

# For numbers below and above zero: yellow, grey, blue. It darkens all the way, so that
# signs can be told apart in a grey print and by colour-blind readers.
SIGN_COLORS = LinearSegmentedColormap.from_list(
    "signs", ["#fff04d", "#f0d000", "#bcbfc4", "#3f6ea8", "#081d4d"]
)

_PNG_DPI = 150  # shown at 100 pixels to the inch: sharp on a projector

_STYLE = {
    "figure.figsize": (7, 4),
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",  # all colours are set: an editor's theme may be dark
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
    """Give the figures that follow the look of the course.

    Sets matplotlib's ``rcParams`` for the rest of the session; ``plt.rcdefaults()``
    goes back to matplotlib's own. Used in chapters 1 to 5.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from helpers.plotting import use_course_style
    >>> use_course_style()
    >>> plt.rcParams["font.size"]
    12.0
    """
    plt.rcParams.update(_STYLE)


def show_figure(alt, *, figure=None):
    """Show a figure with a description for readers who cannot see it, and close it.

    The description becomes the image's ``alt`` metadata, which web pages made from the
    notebook pass on, and the plain-text form of the output, for readers without images.
    Used in chapters 1 to 5.

    Parameters
    ----------
    alt : str
        What the figure shows, in a sentence or two.
    figure : matplotlib.figure.Figure, default=None
        The figure to show. None means the current one.

    Raises
    ------
    TypeError
        If ``figure`` is not a Figure.
    ValueError
        If ``alt`` is no sentence, or ``figure`` is None and no figure is open.

    Examples
    --------
    >>> from helpers.plotting import plot_curves, show_figure
    >>> ax = plot_curves({"loss": [3, 2, 1]})
    >>> show_figure("The loss falls from three to one.")  # doctest: +ELLIPSIS
    {'image/png': '...', 'text/plain': 'Figure: The loss falls from three to one.'}
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
    """Show a slider above a figure that is drawn again whenever the slider moves.

    A menu beside the slider has its name, shows the value and sets it as well. Where no
    kernel is running, on a web page for instance, only the description remains. Used in
    chapters 1 and 2.

    Parameters
    ----------
    draw : callable
        Function of one of the ``values`` that draws on the current figure, which is new
        and empty.
    name : str
        What the slider sets.
    values : iterable
        The values to choose from.
    start : object
        The value to begin with, one of ``values``.
    alt : str
        What the figure shows, in a sentence.

    Raises
    ------
    ValueError
        If ``start`` is not among ``values``, or ``alt`` is no sentence.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from helpers.plotting import show_slider
    >>> def draw_line(height):
    ...     plt.plot([0, height])
    >>> show_slider(
    ...     draw_line, name="height", values=[1, 2], start=1, alt="a line that rises"
    ... )  # doctest: +ELLIPSIS
    {'text/plain': 'Slider for height, to be moved in a running notebook: a line ...
    """
    from IPython.display import display
    from ipywidgets import HTML, Dropdown, HBox, SelectionSlider, VBox, link

    _check_alt(alt)
    values = list(values)
    if start not in values:
        raise ValueError(f"start must be one of values {values}, got {start!r}")

    def image_of(value):
        figure = plt.figure()
        try:
            draw(value)
            picture = _as_png(figure)
        finally:
            plt.close(figure)
        return (
            f'<img alt="{escape(f"{name} {value}: {alt}")}" '
            f'width="{_width_on_page(picture)}" '
            f'src="data:image/png;base64,{base64.b64encode(picture).decode()}">'
        )

    image = HTML(image_of(start))
    # To a screen reader, a slider of ipywidgets has no name, and its value is an index.
    # A menu is labelled and reads out the value, so it replaces the slider's readout.
    menu = Dropdown(
        options=values,
        value=start,
        description=name,
        style={"description_width": "initial"},
        layout={"width": "max-content"},
    )
    slider = SelectionSlider(options=values, value=start, readout=False)
    link((menu, "index"), (slider, "index"))
    menu.observe(
        lambda change: setattr(image, "value", image_of(change["new"])), names="value"
    )
    bundle = VBox([HBox([menu, slider]), image])._repr_mimebundle_()
    bundle["text/plain"] = (
        f"Slider for {name}, to be moved in a running notebook: {alt}"
    )
    display(bundle, raw=True)


def _check_alt(alt):
    if not isinstance(alt, str) or len(alt.split()) < 4:
        raise ValueError(f"alt must describe the figure in a sentence, got {alt!r}")


def _as_png(figure):
    """Return the figure as PNG bytes, in few colours to save two thirds of them.

    In as many as it takes to change hardly any pixel visibly, at most 256.
    """
    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", bbox_inches="tight", dpi=_PNG_DPI)
    picture = Image.open(drawn).convert("RGB")
    for colors in (64, 128, 256):
        reduced = picture.quantize(colors, kmeans=2, dither=Image.Dither.NONE)
        change = np.abs(np.subtract(reduced.convert("RGB"), picture, dtype=int))
        if np.percentile(change, 99.9) <= 20:  # of 255
            break
    reduced.save(small, format="png", optimize=True)
    return small.getvalue()


def _width_on_page(picture):
    """Return the width in CSS pixels of PNG bytes: 100 to an inch of the figure."""
    return round(Image.open(io.BytesIO(picture)).width * 100 / _PNG_DPI)


def plot_images(
    images,
    *,
    labels=None,
    predictions=None,
    row_labels=None,
    ncols=10,
    vmin=None,
    vmax=None,
    cmap="gray_r",
    colorbar=None,
    ax=None,
):
    """Draw images as a grid, row by row, with labels or predictions above them.

    Used in chapters 2 to 5.

    Parameters
    ----------
    images : array-like of shape (n, rows, columns)
        Brightness of the pixels, of any numeric dtype.
    labels : array-like of shape (n,), default=None
        What each image shows, integers or strings.
    predictions : array-like of shape (n,), default=None
        What a model takes each image for. With ``labels``, mistakes are marked
        ``true→predicted ✗``.
    row_labels : array-like of shape (rows of the grid,), default=None
        What stands at the left of each row, integers or strings.
    ncols : int, default=10
        Number of images in a row.
    vmin, vmax : float, default=None
        The values that get the first and the last colour of ``cmap``, in all images
        alike. None means the smallest and the largest value in ``images``.
    cmap : str or matplotlib.colors.Colormap, default="gray_r"
        Colour map; the default draws large values dark. For values with a sign, use
        ``SIGN_COLORS`` and ``vmin=-vmax``.
    colorbar : str, default=None
        Label of a scale of the colours at the right. None means no scale.
    ax : matplotlib.axes.Axes, default=None
        Where to draw. None means a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    TypeError
        If an argument has a wrong type.
    ValueError
        If shapes or lengths do not fit, values are not finite, ``ncols`` is below 1, or
        ``vmin`` is not below ``vmax``.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from helpers.plotting import plot_images
    >>> digits = load_digits()
    >>> ax = plot_images(digits.images[:3], labels=digits.target[:3])
    >>> [text.get_text() for text in ax.texts]
    ['0', '1', '2']
    """
    images = as_array(images, "images", "shape (n, rows, columns)")
    advice = _advice_on_images(images.shape)
    images = as_numbers(images, "images", ("n", "rows", "columns"), advice)
    ncols = as_whole_number(ncols, "ncols", 1)
    captions = _captions(images, labels, predictions)
    low = images.min() if vmin is None else as_numbers(vmin, "vmin", ())
    high = images.max() if vmax is None else as_numbers(vmax, "vmax", ())
    if low >= high and not (vmin is None and vmax is None):
        low = f"{low:g}" + (" (the smallest value)" if vmin is None else "")
        high = f"{high:g}" + (" (the largest value)" if vmax is None else "")
        raise ValueError(f"vmin must be below vmax, got {low} and {high}")
    n, height, width = images.shape
    ncols = min(ncols, n)
    nrows = -(-n // ncols)
    if row_labels is not None:
        row_labels = as_labels(row_labels, "row_labels")
        check_same_length(rows=range(nrows), row_labels=row_labels)
    gap_x, gap_y = width * 0.15, height * (0.15 if captions is None else 0.5)
    text_color = plt.rcParams["text.color"]
    dark_text = sum(to_rgb(text_color)) < 1.5
    mistake_color = CLASS_COLORS[2 if dark_text else 1]
    ax = _axes_or_new(
        ax, figsize=(0.85 * ncols, 0.85 * nrows * (height + gap_y) / (width + gap_x))
    )
    for i, image in enumerate(images):
        left, top = (i % ncols) * (width + gap_x), (i // ncols) * (height + gap_y)
        shown = ax.imshow(
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
                _as_text(text),
                ha="center",
                va="bottom",
                color=mistake_color if wrong else text_color,
                fontweight="bold" if wrong else "normal",
            )
    for i, text in enumerate(() if row_labels is None else row_labels):
        middle = i * (height + gap_y) + height / 2
        ax.text(-gap_x, middle, _as_text(text), ha="right", va="center")
    ax.set(
        xlim=(-gap_x, ncols * (width + gap_x)),
        ylim=(nrows * (height + gap_y) - gap_y * 0.8, -gap_y),
        aspect="equal",
    )
    ax.set_axis_off()
    if colorbar is not None:
        beside = ax.inset_axes([1.01, 0.05, 0.02, 0.9])
        ax.figure.colorbar(shown, cax=beside, label=colorbar)
    return ax


def _advice_on_images(shape):
    """Return how to get shape (n, rows, columns) from another, or "" if unknown."""
    if len(shape) == 4 and shape[-1] == 1:
        return ": use images[..., 0]"
    if len(shape) != 2:
        return ""
    side = math.isqrt(shape[1])
    if side >= 8 and side**2 == shape[1] != shape[0]:
        return f": use images.reshape(-1, {side}, {side})"
    return ": use images[None] for a single image"


def _captions(images, labels, predictions):
    """Return (text, is it a mistake) for each image, or None for no captions."""
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
    if array.ndim == 1 and array.dtype.kind == "f" and array.size:
        finite = np.flatnonzero(np.isfinite(array))
        if not len(finite):
            return np.empty(0)
        array = array[: finite[-1] + 1]
    return as_numbers(array, name, ("n",))


def plot_curves(
    series, *, xlabel="epoch", ylabel="", first=1, x=None, logy=False, ax=None
):
    """Draw curves of loss, accuracy or anything else that changes from epoch to epoch.

    Lines differ in colour and style, and the legend names each. A curve that ends in
    NaN or infinity, as in training that diverged, is drawn up to there, and its name in
    the legend says so. Used in chapters 1 to 5.

    Parameters
    ----------
    series : mapping of str to array-like of shape (n,), or keras.callbacks.History
        Each curve's name and its values; lengths may differ. Of what Keras's ``fit``
        returns, the attribute ``history`` is taken.
    xlabel, ylabel : str, default="epoch" and ""
        Labels of the axes.
    first : int, default=1
        Where the first value is on the horizontal axis; the others follow at 1 each.
    x : array-like of shape (n,), default=None
        Where the values are on the horizontal axis, in place of ``first``. Every curve
        must then have ``n`` values.
    logy : bool, default=False
        Whether the vertical axis is logarithmic. Values must then be positive.
    ax : matplotlib.axes.Axes, default=None
        Where to draw. None means a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    TypeError
        If ``series`` is no mapping, or an argument has another wrong type.
    ValueError
        If there is no curve, or one has a wrong shape, is empty, is not finite before
        its end, is not positive with ``logy``, or has another length than ``x``.

    Examples
    --------
    >>> from helpers.plotting import plot_curves
    >>> ax = plot_curves({"training": [2, 1], "validation": [3, 2]}, ylabel="loss")
    >>> [line.get_label() for line in ax.lines]
    ['training', 'validation']
    """
    series = getattr(series, "history", series)
    if not isinstance(series, Mapping):
        raise TypeError(
            'series must map names to values, as in {"loss": [3, 2, 1]}, '
            f"got {type(series).__name__}"
        )
    if not series:
        raise ValueError("series must hold at least one curve, got none")
    curves = {
        name: _until_diverged(values, f"series[{name!r}]")
        for name, values in series.items()
    }
    for name, values in curves.items():
        if logy and (values <= 0).any():
            raise ValueError(
                f"series[{name!r}] must be positive when logy is True, "
                f"got {values.min():g}"
            )
    first = as_whole_number(first, "first")
    longest = max(len(values) for values in series.values())
    places = np.arange(first, first + longest)
    if x is not None:
        places = as_numbers(x, "x", ("n",))
        for name, values in series.items():
            check_same_length(x=places, **{f"series[{name!r}]": values})
    ax = _axes_or_new(ax)
    lines, names = [], []
    for i, (name, values) in enumerate(curves.items()):
        lines += ax.plot(
            places[: len(values)],
            values,
            label=name,
            color=CLASS_COLORS[i % 10],
            linestyle=LINE_STYLES[i % 4],
            marker="o" if len(values) == 1 else None,
        )
        diverged = len(values) < len(series[name])
        names.append(_as_text(name) + " (diverged)" * diverged)
        if diverged and len(values):
            last = places[len(values) - 1], values[-1]
            ax.plot(*last, "X", color=CLASS_COLORS[i % 10], markersize=9)
    ax.set(xlabel=xlabel, ylabel=ylabel, yscale="log" if logy else "linear")
    if x is None:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend(lines, names)  # else it would leave out names such as _a
    return ax


def plot_classes(
    points,
    labels,
    *,
    xlabel="first coordinate",
    ylabel="second coordinate",
    medians=True,
    ax=None,
):
    """Draw points of up to ten classes, each class with its own colour and marker.

    Used in chapter 2.

    Parameters
    ----------
    points : array-like of shape (n, 2)
        Coordinates, of any numeric dtype.
    labels : array-like of shape (n,)
        The class of each point, integers or strings. Classes are taken in sorted order.
    xlabel, ylabel : str, default="first coordinate" and "second coordinate"
        Labels of the axes.
    medians : bool, default=True
        Whether each class's name is written at the median of its points.
    ax : matplotlib.axes.Axes, default=None
        Where to draw. None means a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    TypeError
        If an argument has a wrong type.
    ValueError
        If shapes or lengths do not fit, coordinates are not finite, or there are more
        than ten classes.

    Examples
    --------
    >>> from helpers.plotting import plot_classes
    >>> ax = plot_classes([[0, 0], [1, 2], [1, 3]], ["cat", "dog", "dog"])
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['cat', 'dog']
    """
    import seaborn as sns  # takes a second, and only some chapters need it

    points = as_numbers(points, "points", ("n", 2))
    labels = as_labels(labels, "labels")
    check_same_length(points=points, labels=labels)
    classes, numbers = _numbered(labels)
    ax = _axes_or_new(ax, figsize=(7.5, 6))
    # Indices instead of names, since seaborn's legend leaves out names such as _a.
    text = [str(index) for index in numbers]
    order = [str(index) for index in range(len(classes))]
    sns.scatterplot(
        x=points[:, 0],
        y=points[:, 1],
        hue=text,
        style=text,
        hue_order=order,
        style_order=order,
        palette=list(MAP_COLORS[: len(order)]),
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
            _as_text(label),
            ha="center",
            va="center",
            color="black",
            fontsize=16,
            fontweight="bold",
            path_effects=HALO,
        )
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.legend(
        ax.get_legend().legend_handles,
        [_as_text(label) for label in classes],
        title="class",
        loc="upper left",
        bbox_to_anchor=(1, 1),
    )
    return ax


def _numbered(labels):
    """Return the sorted classes, at most ten, and the place of each label in them."""
    classes, numbers = np.unique(labels, return_inverse=True)
    if len(classes) > len(CLASS_MARKERS):
        raise ValueError(
            f"labels must have at most {len(CLASS_MARKERS)} classes, got {len(classes)}"
        )
    return classes, numbers


def plot_thumbnails(
    points,
    images,
    labels,
    *,
    size=0.042,
    xlabel="first coordinate",
    ylabel="second coordinate",
    ax=None,
):
    """Draw points, and small images at as many of them as fit without overlapping.

    Each image is drawn at its point in the colour of its class, in the order given,
    unless it would overlap with an earlier one: then only a dot is drawn. Used in
    chapter 2.

    Parameters
    ----------
    points : array-like of shape (n, 2)
        Coordinates, of any numeric dtype.
    images : array-like of shape (n, rows, columns)
        The image of each point, of any numeric dtype, large values dark.
    labels : array-like of shape (n,)
        The class of each point, integers or strings. Classes are taken in sorted order.
    size : float, default=0.042
        Side of an image, as a share of the longer side of the cloud of points.
    xlabel, ylabel : str, default="first coordinate" and "second coordinate"
        Labels of the axes.
    ax : matplotlib.axes.Axes, default=None
        Where to draw. None means a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    TypeError
        If an argument has a wrong type.
    ValueError
        If shapes or lengths do not fit, values are not finite, ``size`` is not
        positive, or there are more than ten classes.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from helpers.plotting import plot_thumbnails
    >>> digits = load_digits()
    >>> places = [[0, 0], [0, 0.01], [1, 1]]
    >>> ax = plot_thumbnails(places, digits.images[:3], digits.target[:3])
    >>> len(ax.images)
    2
    """
    points = as_numbers(points, "points", ("n", 2))
    images = as_numbers(images, "images", ("n", "rows", "columns"))
    labels = as_labels(labels, "labels")
    check_same_length(points=points, images=images, labels=labels)
    colors = to_rgba_array(MAP_COLORS)[_numbered(labels)[1], :3]
    size = as_numbers(size, "size", ())
    if size <= 0:
        raise ValueError(f"size must be positive, got {size:g}")
    side = size * (np.ptp(points, axis=0).max() or 1)
    low, high = images.min(), images.max()
    ax = _axes_or_new(ax, figsize=(7, 6.4))
    ax.scatter(*points.T, s=8, c=colors, alpha=0.4, linewidth=0)
    shown = np.empty((0, 2))
    for point, image, color in zip(points, images, colors, strict=True):
        if (np.abs(shown - point).max(axis=1) < side).any():
            continue
        shown = np.vstack([shown, point])
        ink = (image - low)[..., None] / (high - low if high > low else 1)
        ax.imshow(
            # on paper that hides most of the dots below
            np.dstack([1 - ink * (1 - 0.75 * color), np.maximum(0.85, ink)]),
            interpolation="nearest",
            extent=np.ravel(point[:, None] + [-side / 2, side / 2]),
            zorder=2,
        )
    (left, bottom), (right, top) = points.min(axis=0) - side, points.max(axis=0) + side
    ax.set(
        xlabel=xlabel,
        ylabel=ylabel,
        xlim=(left, right),
        ylim=(bottom, top),
        aspect="equal",
    )
    ax.grid(False)
    return ax


def plot_explained_variance(ratios, *, thresholds=(0.9,), ax=None):
    """Draw the share of variance that the first 1, 2, 3, … components explain together.

    The horizontal axis counts components from 1. Used in chapter 2.

    Parameters
    ----------
    ratios : array-like of shape (n,)
        Each component's share of the total variance, from 0 to 1, such as
        ``explained_variance_ratio_`` of scikit-learn's PCA.
    thresholds : float or array-like of shape (k,), default=(0.9,)
        Shares to mark: a dashed line for each, and a dot at the smallest number of
        components that reaches it. A share that all components together do not reach
        gets the line alone.
    ax : matplotlib.axes.Axes, default=None
        Where to draw. None means a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    TypeError
        If an argument has a wrong type.
    ValueError
        If ``ratios`` are empty, negative, not finite, or sum to more than 1, or a
        threshold is not above 0 and at most 1.

    Examples
    --------
    >>> from helpers.plotting import plot_explained_variance
    >>> ax = plot_explained_variance([0.6, 0.35, 0.05])
    >>> ax.texts[0].get_text()
    '2 reach 90%'
    """
    kind = as_array(ratios, "ratios").dtype
    ratios = as_numbers(ratios, "ratios", ("n",))
    rounding = max(1e-12, 4 * np.finfo(kind).eps if kind.kind == "f" else 0)
    if ratios.min() < 0 or ratios.sum() > 1 + max(1e-6, rounding):
        raise ValueError(
            "ratios must be at least 0 and sum to at most 1, "
            f"got smallest {ratios.min():.4g}, sum {ratios.sum():.4g}"
        )
    thresholds = np.atleast_1d(as_array(thresholds, "thresholds"))
    if thresholds.ndim > 1:
        raise ValueError(
            f"thresholds must be a number or have shape (k,), got {thresholds.shape}"
        )
    if len(thresholds):
        thresholds = as_numbers(thresholds, "thresholds", ("k",))
    for threshold in thresholds:
        if not 0 < threshold <= 1:
            raise ValueError(
                f"thresholds must lie above 0 and at most at 1, got {threshold:g}"
            )
    cumulative = np.cumsum(ratios)
    counts = np.arange(1, len(ratios) + 1)
    ax = _axes_or_new(ax)
    ax.plot(counts, cumulative, marker=".", color=CLASS_COLORS[0])
    for threshold in thresholds:
        reached = cumulative >= threshold - rounding
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
                f"{count} reach{'es' if count == 1 else ''} {100 * threshold:.6g}%",
                (count, cumulative[count - 1]),
                xytext=(8, -3),  # just below its line, where the curve has left
                textcoords="offset points",
                va="top",
                color="black",
                path_effects=HALO,
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
    """Draw the contour lines of a loss over two parameters, and the paths of training.

    Paths differ in colour, marker and line style. What lies outside the plane is cut
    off. Used in chapter 1.

    Parameters
    ----------
    w : array-like of shape (columns,)
        Rising values of the first parameter, along the horizontal axis.
    b : array-like of shape (rows,)
        Rising values of the second parameter, along the vertical axis.
    losses : array-like of shape (rows, columns)
        Positive: ``losses[i, j]`` is the loss at ``w[j]`` and ``b[i]``.
    paths : mapping of str to array-like of shape (steps, 2), default=None
        Names and the points ``(w, b)`` that were visited, in order.
    minimum : array-like of shape (2,), default=None
        The point ``(w, b)`` to mark as the lowest.
    ax : matplotlib.axes.Axes, default=None
        Where to draw. None means a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    TypeError
        If an argument has a wrong type.
    ValueError
        If shapes do not fit, values are not finite, ``w`` or ``b`` does not rise, or
        ``losses`` are not positive or all equal.

    Examples
    --------
    >>> import numpy as np
    >>> from helpers.plotting import plot_loss_surface
    >>> w, b = np.linspace(0, 2, 21), np.linspace(-1, 1, 11)
    >>> losses = 1 + (w - 1) ** 2 + b[:, None] ** 2
    >>> ax = plot_loss_surface(w, b, losses, paths={"descent": [[0, 0], [0.5, 0]]})
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('slope w', 'intercept b')
    """
    w, b = as_numbers(w, "w", ("columns",)), as_numbers(b, "b", ("rows",))
    for name, axis in {"w": w, "b": b}.items():
        if len(axis) < 2 or np.diff(axis).min() <= 0:
            raise ValueError(
                f"{name} must hold at least two values that rise, "
                f"got shape {axis.shape}: {axis}"
            )
    losses = as_numbers(losses, "losses", (len(b), len(w)))
    if (losses <= 0).any():
        raise ValueError(
            f"losses must be positive, for contours in equal ratios, got {losses.min()}"
        )
    if losses.min() == losses.max():
        raise ValueError(
            "losses must differ, for there to be contours, "
            f"got {losses.min()} everywhere"
        )
    paths = {} if paths is None else paths
    if not isinstance(paths, Mapping):
        raise TypeError(
            'paths must map names to points, as in {"descent": [[0, 0], [1, 2]]}, '
            f"got {type(paths).__name__}"
        )
    paths = {
        name: as_numbers(path, f"paths[{name!r}]", ("steps", 2))
        for name, path in paths.items()
    }
    if minimum is not None:
        minimum = as_numbers(minimum, "minimum", (2,))
    ax = _axes_or_new(ax, figsize=(7, 5))
    # Fewer than 13 where the smallest and the largest loss are neighbouring floats.
    levels = np.unique(np.geomspace(losses.min(), losses.max(), 13))
    ax.contourf(
        w, b, losses, levels=levels, norm=LogNorm(), cmap="YlGnBu", alpha=0.35, zorder=1
    )
    ax.contour(
        w,
        b,
        losses,
        levels=levels,
        norm=LogNorm(),
        colors="0.6",
        linewidths=0.7,
        zorder=1,
    )
    lines, names = [], [_as_text(name) for name in paths]
    for i, (name, path) in enumerate(paths.items()):
        lines += ax.plot(
            path[:, 0],
            path[:, 1],
            label=name,
            color=CLASS_COLORS[(2 * i + 2) % 10],  # red, purple: dark on the map
            linestyle=LINE_STYLES[i % 4],
            marker=CLASS_MARKERS[i % 10],
            markersize=4 if len(path) <= 40 else 2.5,
            linewidth=1.5,
        )
    if minimum is not None:
        names.append("lowest point")
        lines += ax.plot(
            *minimum,
            marker="*",
            markersize=13,
            zorder=1.9,  # below the paths
            color="black",
            linestyle="none",
            label=names[-1],
        )
    ax.set(
        xlabel="slope w",
        ylabel="intercept b",
        xlim=(w.min(), w.max()),
        ylim=(b.min(), b.max()),
    )
    ax.grid(False)
    if lines:
        # The star is black, so its background is white even in a dark style.
        colors = {"facecolor": "white", "labelcolor": "black"}
        ax.legend(lines, names, frameon=True, framealpha=0.9, **colors)
    return ax


def plot_bowl(
    path, *, curvature, lowest=0.0, xlabel="parameter", ylabel="loss", ax=None
):
    """Draw a loss that is a parabola of one parameter, and the steps of a descent.

    The first dot is hollow. Used in chapter 1.

    Parameters
    ----------
    path : array-like of shape (steps,)
        The values of the parameter, in the order in which they were visited.
    curvature : float
        Positive: the loss at a distance ``d`` from its lowest point is
        ``curvature / 2 * d ** 2``.
    lowest : float, default=0.0
        Where the loss is 0. A star marks it.
    xlabel, ylabel : str, default="parameter" and "loss"
        Labels of the axes.
    ax : matplotlib.axes.Axes, default=None
        Where to draw. None means a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    TypeError
        If an argument has a wrong type.
    ValueError
        If ``path`` has a wrong shape or is not finite, or ``curvature`` is not
        positive.

    Examples
    --------
    >>> from helpers.plotting import plot_bowl
    >>> ax = plot_bowl([4.0, 2.0, 1.0], curvature=2.0)
    >>> ax.lines[1].get_ydata().tolist()
    [16.0, 4.0, 1.0]
    """
    path = as_numbers(path, "path", ("steps",))
    curvature, lowest = as_numbers([curvature, lowest], "curvature and lowest", (2,))
    if curvature <= 0:
        raise ValueError(f"curvature must be positive, got {curvature:g}")
    ax = _axes_or_new(ax)
    reach = 1.15 * (abs(path - lowest).max() or 1)
    places = np.linspace(lowest - reach, lowest + reach, 201)
    ax.plot(places, curvature / 2 * (places - lowest) ** 2, color="0.6")
    losses = curvature / 2 * (path - lowest) ** 2
    ax.plot(path, losses, "o-", color=CLASS_COLORS[2], linewidth=1)
    ax.plot(path[0], losses[0], "o", color=CLASS_COLORS[2], markerfacecolor="white")
    ax.plot(lowest, 0, "*", color="black", markersize=13, zorder=1.9)  # below the dots
    ax.set(xlabel=xlabel, ylabel=ylabel)
    return ax


def plot_line_fit(x, y, *, slope, intercept, x_new=None, y_new=None, ax=None):
    """Draw points, a line, and the vertical error between each point and the line.

    Used in chapter 1.

    Parameters
    ----------
    x, y : array-like of shape (n,)
        The points that the line was fitted to.
    slope, intercept : float
        The line ``y = slope * x + intercept``.
    x_new, y_new : array-like of shape (m,), default=None
        Points that were not used for fitting, drawn hollow. Give both or none.
    ax : matplotlib.axes.Axes, default=None
        Where to draw. None means a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    TypeError
        If an argument has a wrong type.
    ValueError
        If shapes or lengths do not fit, values are not finite, or only one of ``x_new``
        and ``y_new`` is given.

    Examples
    --------
    >>> from helpers.plotting import plot_line_fit
    >>> ax = plot_line_fit([0, 1, 2], [1, 2, 4], slope=1.5, intercept=-0.5)
    >>> ax.lines[0].get_label()
    'line: y = 1.50x − 0.50'
    """
    x, y = as_numbers(x, "x", ("n",)), as_numbers(y, "y", ("n",))
    check_same_length(x=x, y=y)
    slope, intercept = as_numbers([slope, intercept], "slope and intercept", (2,))
    if (x_new is None) != (y_new is None):
        raise ValueError("x_new and y_new must be given together, got only one of them")
    groups = [(x, y, "training points", CLASS_COLORS[0])]
    if x_new is not None:
        x_new = as_numbers(x_new, "x_new", ("m",))
        y_new = as_numbers(y_new, "y_new", ("m",))
        check_same_length(x_new=x_new, y_new=y_new)
        groups.append((x_new, y_new, "new points", "white"))
    ax = _axes_or_new(ax)
    every_x = np.concatenate([group[0] for group in groups])
    ends = np.array([every_x.min(), every_x.max()])
    sign = "−" if intercept < 0 else "+"
    equation = f"y = {slope:.2f}x {sign} {abs(intercept):.2f}".replace("-", "−")
    ax.plot(
        ends, slope * ends + intercept, color=CLASS_COLORS[1], label=f"line: {equation}"
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


def _as_text(label):
    """Return a label as text in which dollar signs are no formula to matplotlib."""
    return str(label).replace("$", r"\$")


def _axes_or_new(ax, figsize=None):
    """Return ``ax``, or when it is None, new axes with enough space for labels."""
    if ax is None:
        return plt.subplots(figsize=figsize, layout="constrained")[1]
    if not isinstance(ax, Axes):
        raise TypeError(
            f"ax must be a matplotlib Axes or None, got {type(ax).__name__}"
        )
    return ax
