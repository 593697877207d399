"""Draw the pictures of the course that no notebook cell computes, beside this script.

Run ``python images/draw_images.py`` from any folder. Running it again gives the same
bytes.
"""

import io
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import (
    Circle,
    FancyArrowPatch,
    FancyBboxPatch,
    Polygon,
    Rectangle,
)
from matplotlib.patheffects import withStroke
from matplotlib.ticker import NullLocator
from PIL import Image, ImageDraw
from scipy.interpolate import splev, splprep
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from helpers.datasets import load_mnist
from helpers.plotting import (
    CLASS_COLORS,
    CLASS_MARKERS,
    plot_line_fit,
    plot_loss_surface,
    use_course_style,
)
from tools.chapters import facts_of, find_chapters
from tools.dependencies import ROOT

FOLDER = Path(__file__).resolve().parent
CHAPTERS = [facts_of(path) for path in find_chapters([], ROOT / "notebooks")]
PNG_DPI = 150
ANIMATION_DPI = 100
SEED = 10
LEARNING_RATE = 0.1
STEPS = 90
FRAME_STEPS = (*range(11), 12, 14, 17, 20, 25, 30, 35, 40, 50, 60, 75, 90)
PROBABILITIES = (
    0.01,
    0.01,
    0.04,
    0.8,
    0.01,
    0.05,
    0.01,
    0.02,
    0.03,
    0.02,
)  # made up, for the digit 3
KERNEL = np.array([[-1, 0, 1]] * 3)  # looks for dark on the right
KERNEL_DIGIT = 4  # of scikit-learn's digits
OWN_DIGIT = (
    (225, 95),
    (258, 72),
    (300, 78),
    (316, 112),
    (292, 150),
    (252, 168),
    (300, 178),
    (328, 215),
    (310, 262),
    (262, 285),
    (218, 268),
)  # places where a pen passes as it writes a 3, in pixels
BLUE, ORANGE, RED, _, PURPLE = CLASS_COLORS[:5]
INK = "0.15"
PALE_BLUE = "#b9d5f2"
WHITE_RIM = [withStroke(linewidth=4, foreground="white")]
WHITE_RIM_AROUND = [withStroke(linewidth=7, foreground="white")]


def main():
    """Draw every picture."""
    matplotlib.use("agg")
    use_course_style()
    draw_gradient_descent(FOLDER / "gradient_descent.png")
    draw_training_loop(FOLDER / "training_loop.png")
    draw_pca_projection(FOLDER / "pca_projection.png")
    draw_network(FOLDER / "network.png")
    draw_backpropagation(FOLDER / "backpropagation.png")
    draw_data_split(FOLDER / "data_split.png")
    draw_convolution(FOLDER / "convolution.png")
    draw_published_network(FOLDER / "published_network.png")
    draw_own_digit(FOLDER / "own_digit.png")
    draw_course_map(FOLDER / "course_map.png")
    for chapter in CHAPTERS:
        draw_place(FOLDER / f"you_are_here_{chapter.number}.png", chapter.number)


def save_png(figure, path):
    """Write a figure as a PNG with a palette, close it, and say so."""
    drawn = render(figure, PNG_DPI)
    plt.close(figure)
    drawn.quantize(256, dither=Image.Dither.NONE).save(
        path, optimize=True, dpi=(PNG_DPI, PNG_DPI)
    )
    report(path)


def render(figure, dpi):
    """Return a figure as an RGB image."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return Image.open(buffer).convert("RGB")


def report(path):
    """Print a file's name and size."""
    print(f"{path.name}  {path.stat().st_size / 1000:.0f} kB")


# ---- Chapter 1: gradient descent on y = x + 1 ----


def draw_gradient_descent(path):
    """Draw the animation: a line is fitted while its parameters walk down the loss."""
    x = np.arange(5.0)
    y = x + 1
    parameters, losses = descend(
        x, y, start=np.random.default_rng(1).uniform(-1, 0, size=2)
    )
    frames = [draw_frame(x, y, parameters, losses, step) for step in FRAME_STEPS]
    durations = [
        1200,
        *(600 for _ in FRAME_STEPS[1:6]),
        *(350 for _ in FRAME_STEPS[6:-1]),
        2500,
    ]
    save_animation(frames, durations, path)


def descend(x, y, *, start):
    """Return parameters ``(STEPS + 1, 2)`` and losses ``(STEPS + 1,)`` of descent."""
    w, b = start
    parameters, losses = [], []
    for _ in range(STEPS + 1):
        error = w * x + b - y
        parameters.append((w, b))
        losses.append(np.mean(error**2))
        gradient_w = 2 / len(x) * np.sum(error * x)  # of the loss, with respect to w
        gradient_b = 2 / len(x) * np.sum(error)  # of the loss, with respect to b
        w, b = w - LEARNING_RATE * gradient_w, b - LEARNING_RATE * gradient_b
    return np.array(parameters), np.array(losses)


def draw_frame(x, y, parameters, losses, step):
    """Return the frame of one step as an image."""
    w, b = parameters[step]
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 4.2), layout="none")
    figure.subplots_adjust(left=0.08, right=0.985, bottom=0.145, top=0.845, wspace=0.26)
    figure.text(0.08, 0.91, f"step {step}", fontsize=16, fontweight="bold")
    figure.text(0.23, 0.91, f"loss {losses[step]:.4f}", fontsize=16)

    plot_line_fit(x, y, slope=w, intercept=b, ax=left)
    left.set(xlim=(-0.3, 4.3), ylim=(-3, 9.5), yticks=range(-2, 9, 2))
    left.legend(loc="upper left", fontsize=12, borderaxespad=0.1)

    w_grid, b_grid = np.linspace(-0.8, 2.4, 160), np.linspace(-0.8, 1.6, 121)
    predictions = w_grid[None, :, None] * x + b_grid[:, None, None]
    surface = np.mean((predictions - y) ** 2, axis=2)
    walked = {"path": parameters[: step + 1]}
    plot_loss_surface(w_grid, b_grid, surface, paths=walked, minimum=(1, 1), ax=right)
    right.plot(
        w, b, "o", markersize=10, color=ORANGE, markeredgecolor="black", label="now"
    )
    right.legend(loc="lower right", fontsize=12, frameon=True, framealpha=1)
    image = render(figure, ANIMATION_DPI)
    plt.close(figure)
    return image


def save_animation(frames, durations, path):
    """Write frames as an animated PNG that plays three times, in one palette for all.

    The last frame is also the still picture in LaTeX and other programs that know
    nothing of animations.
    """
    width, height = frames[0].size
    film = Image.new("RGB", (width, height * 3))
    for row, frame in enumerate((frames[0], frames[len(frames) // 2], frames[-1])):
        film.paste(frame, (0, row * height))
    palette = film.quantize(128, dither=Image.Dither.NONE)
    palette.putpalette(
        [255 if level >= 250 else level for level in palette.getpalette()]
    )  # paper is white
    drawn = [
        frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames
    ]
    drawn[-1].save(
        path,
        save_all=True,
        default_image=True,
        append_images=drawn,
        duration=durations,
        loop=3,
        optimize=True,
    )
    report(path)


# ---- Chapter 1: the training loop ----


def draw_training_loop(path):
    """Draw the loop of training: predict, loss, gradient, update, and round again."""
    figure, ax = blank_figure(9, 5.4)
    width, height = 3.5, 1.75
    # centre, colour, formulas as pairs: what is left and right of the place they
    # line up at
    stations = {
        "1  predict": ((2.0, 4.3), BLUE, [(r"$\hat{y}$", r"$=\, w\,x + b$")]),
        "2  loss": (
            (7.0, 4.3),
            RED,
            [(r"$L$", r"$=\, \mathrm{mean}\,(\hat{y} - y)^2$")],
        ),
        "3  gradient": (
            (7.0, 1.1),
            PURPLE,
            [
                (
                    r"$\dfrac{\partial L}{\partial w}\,,\;$",
                    r"$\dfrac{\partial L}{\partial b}$",
                )
            ],
        ),
        "4  update": (
            (2.0, 1.1),
            ORANGE,
            [
                (r"$w$", r"$\leftarrow\, w - \eta\;\partial L / \partial w$"),
                (r"$b$", r"$\leftarrow\, b - \eta\;\partial L / \partial b$"),
            ],
        ),
    }
    places = {
        "1  predict": -0.68,
        "2  loss": -1.2,
        "3  gradient": 0.06,
        "4  update": -0.94,
    }
    for title, ((x, y), color, formulas) in stations.items():
        draw_box(ax, (x - width / 2, y - height / 2), width, height, color=color)
        ax.text(
            x,
            y + 0.56,
            title,
            fontsize=20,
            fontweight="bold",
            ha="center",
            va="center",
            color=INK,
        )
        for row, (left, right) in enumerate(formulas):
            line = y - (0.33 if len(formulas) == 1 else 0.12 + 0.48 * row)
            style = {"fontsize": 23, "va": "baseline", "color": INK}
            ax.text(x + places[title] - 0.04, line, left, ha="right", **style)
            ax.text(x + places[title] + 0.04, line, right, ha="left", **style)
    for start, end in (
        ((3.85, 4.3), (5.15, 4.3)),
        ((7, 3.32), (7, 2.08)),
        ((5.15, 1.1), (3.85, 1.1)),
        ((2, 2.08), (2, 3.32)),
    ):
        draw_arrow(ax, start, end)
    ax.text(
        4.5,
        2.7,
        "once round\n= one step",
        fontsize=17,
        ha="center",
        va="center",
        color=INK,
    )
    save_png(figure, path)


# ---- Chapter 2: PCA ----


def draw_pca_projection(path):
    """Draw PCA in the plane: mean, two directions, projection onto the first."""
    points = tilted_cloud()
    pca = PCA(2).fit(points)
    first, second = (
        np.where(pca.components_[:, :1] < 0, -1, 1) * pca.components_
    )  # both point to the right
    if second[1] < 0:
        second = -second
    spread = np.sqrt(pca.explained_variance_)
    figure, panels = plt.subplots(
        1, 3, figsize=(10, 3.75), sharex=True, sharey=True, layout="none"
    )
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.02, top=0.9, wspace=0.04)
    titles = ("a  points and mean", "b  two directions", "c  drop onto the first")
    for ax, title in zip(panels, titles, strict=True):
        ax.set_title(title, fontsize=16, fontweight="bold")
        ax.set(aspect="equal", xlim=(-3.9, 3.9), ylim=(-3.9, 3.9), xticks=[], yticks=[])
        ax.spines[:].set(visible=True, color="0.8")
    draw_cloud(panels[0], points, pca.mean_)
    draw_directions(panels[1], points, pca.mean_, (first, second), spread)
    draw_drop(panels[2], points, pca.mean_, first, pca.explained_variance_ratio_[0])
    save_png(figure, path)


def tilted_cloud():
    """Return points ``(30, 2)``: standard deviations 1.6 along a slope, 0.75 across."""
    points = np.random.default_rng(SEED).normal(size=(30, 2))
    points = PCA(whiten=True).fit_transform(points) * (1.6, 0.75)
    angle = np.deg2rad(36)
    return points @ [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]


def draw_cloud(ax, points, mean):
    """Draw the points and mark their mean."""
    ax.plot(*points.T, "o", color=BLUE, markersize=8)
    draw_mean(ax, mean)
    write_in_corners(ax, "each dot: one sample,\ntwo numbers", "cross: the mean")


def draw_directions(ax, points, mean, directions, spread):
    """Draw the principal directions as arrows, two standard deviations long."""
    ax.plot(*points.T, "o", color=PALE_BLUE, markersize=8)
    for number, direction, deviation, color in zip(
        "12", directions, spread, (RED, PURPLE), strict=True
    ):
        draw_arrow(ax, mean, mean + 2 * deviation * direction, color=color, gap=0)
        ax.text(
            *(mean + (2 * deviation + 0.35) * direction),
            number,
            fontsize=17,
            fontweight="bold",
            zorder=6,
            color=color,
            ha="center",
            va="center",
            path_effects=WHITE_RIM,
        )
    draw_right_angle(ax, mean, *directions, size=0.45)
    draw_mean(ax, mean)
    write_in_corners(
        ax, "1: most spread\n2: perpendicular", "arrows: 2 standard\ndeviations long"
    )


def draw_drop(ax, points, mean, direction, share):
    """Draw each point's fall, at a right angle, onto the line through the mean."""
    along = (points - mean) @ direction
    feet = mean + along[:, None] * direction
    ax.plot(
        *np.transpose([mean - 4 * direction, mean + 4 * direction]),
        color=RED,
        linewidth=2,
    )
    for point, foot in zip(points, feet, strict=True):
        ax.plot(*np.transpose([point, foot]), ":", color=INK, linewidth=1.8)
    ax.plot(*points.T, "o", color=PALE_BLUE, markersize=8)
    ax.plot(
        *feet.T,
        "D",
        color="white",
        markeredgecolor=RED,
        markersize=6,
        markeredgewidth=1.6,
    )
    draw_mean(ax, mean)
    write_in_corners(
        ax,
        f"kept: place on the line,\n{share:.0%} of the variance",
        f"lost: dotted part,\n{1 - share:.0%} of the variance",
    )


def write_in_corners(ax, upper_left, lower_right):
    """Write into the two corners that the cloud leaves free."""
    ax.text(
        0.03,
        0.97,
        upper_left,
        transform=ax.transAxes,
        fontsize=14,
        va="top",
        path_effects=WHITE_RIM,
    )
    ax.text(
        0.97,
        0.03,
        lower_right,
        transform=ax.transAxes,
        fontsize=14,
        ha="right",
        va="bottom",
        path_effects=WHITE_RIM,
    )


def draw_right_angle(ax, corner, first, second, *, size):
    """Draw the small square of a right angle."""
    ax.add_patch(
        Polygon(
            [
                corner + size * first,
                corner + size * (first + second),
                corner + size * second,
            ],
            closed=False,
            fill=False,
            edgecolor=INK,
            linewidth=1.5,
            zorder=4,
        )
    )


def draw_mean(ax, mean):
    """Mark the mean with a cross."""
    ax.plot(*mean, "X", color="black", markersize=13, markeredgecolor="white", zorder=5)


# ---- Chapter 3: a neural network ----


def draw_network(path):
    """Draw the network 784–128–10: pixels, hidden units, logits and probabilities."""
    figure, ax = blank_figure(10, 4.9)
    places = (2.85, 5.2, 7.55)
    rows = 4.02 - 0.34 * np.arange(10)
    some, middle = rows[[0, 2, 7, 9]], rows.mean()
    columns = zip(places, (some, some, rows), strict=True)
    draw_layers(
        ax,
        [[(x, y) for y in column] for x, column in columns],
        radius=0.13,
        linewidth=0.7,
    )
    for x in places[:2]:
        ax.plot(
            (x, x, x),
            (middle - 0.26, middle, middle + 0.26),
            "o",
            color=INK,
            markersize=4.5,
        )

    style = {"fontsize": 15, "ha": "center", "va": "center", "color": INK}
    titles = ("784 pixels", "128 hidden units", "10 logits", "softmax:\nprobabilities")
    for x, title in zip((*places, 9.05), titles, strict=True):
        ax.text(x, 4.52, title, fontweight="bold", **style)
    formulas = (
        "W$_1$ (784, 128)\nb$_1$ (128,)",
        "ReLU",
        "W$_2$ (128, 10)\nb$_2$ (10,)",
    )
    for x, formula in zip(
        (np.mean(places[:2]), places[1], np.mean(places[1:])), formulas, strict=True
    ):
        ax.text(x, 0.42, formula, linespacing=1.3, **style)

    left, side = 0.12, 1.75
    digit = axes_at(figure, (left, middle - side / 2), side, side)
    digit.imshow(load_mnist().x_train[7])
    digit.set(xticks=[], yticks=[])
    digit.spines[:].set(visible=True, color="0.6")
    ax.text(left + side / 2, middle - side / 2 - 0.22, "28 × 28", **style)
    draw_arrow(ax, (left + side, middle), (places[0] - 0.13, middle), gap=4)
    ax.text((left + side + places[0] - 0.13) / 2, middle + 0.27, "unroll", **style)

    start, scale = 8.22, 1.75
    for label, (y, probability) in enumerate(zip(rows, PROBABILITIES, strict=True)):
        best = probability == max(PROBABILITIES)
        ax.text(
            start - 0.28,
            y - 0.01,
            str(label),
            fontweight="bold" if best else "normal",
            **style,
        )
        ax.add_patch(
            Rectangle(
                (start, y - 0.1),
                scale * probability,
                0.2,
                facecolor=RED if best else "0.55",
            )
        )
    ax.plot(
        (start, start), (rows[-1] - 0.17, rows[0] + 0.17), color="0.5", linewidth=1.5
    )
    save_png(figure, path)


def draw_backpropagation(path):
    """Draw forward and backward pass of a hidden layer, and the gradients they feed."""
    figure, ax = blank_figure(11, 5.1)
    style = {
        "fontsize": 15,
        "ha": "center",
        "va": "center",
        "color": INK,
        "linespacing": 1.35,
    }
    top, middle, bottom = (
        (4.0, 0.95),
        (1.83, 1.44),
        (0.15, 0.95),
    )  # each row's lower edge and height
    boxes = (  # row, left edge, width, colour, line style, texts below one another
        (top, 1.4, 1.2, BLUE, "-", ["x\n(n, 784)"]),
        (top, 4.1, 1.75, BLUE, "-", ["hidden values\n(n, 128)"]),
        (top, 7.4, 1.2, BLUE, "-", ["logits\n(n, 10)"]),
        (top, 9.35, 1.55, RED, "-", ["loss\none number"]),
        (
            middle,
            1.85,
            3.05,
            PURPLE,
            "-",
            [
                "gradient of W$_1$ (784, 128)\n= x$^\\mathrm{T}$ @ error$_1$",
                "gradient of b$_1$ (128,)\n= column sums of error$_1$",
            ],
        ),
        (
            middle,
            5.3,
            3.05,
            PURPLE,
            "-",
            [
                "gradient of W$_2$ (128, 10)\n= hidden$^\\mathrm{T}$ @ error$_2$",
                "gradient of b$_2$ (10,)\n= column sums of error$_2$",
            ],
        ),
        (
            bottom,
            2.55,
            3.85,
            ORANGE,
            "--",
            [
                "error$_1$ (n, 128)\n"
                "= (error$_2$ @ W$_2{}^\\mathrm{T}$) * ReLU$'$(hidden)"
            ],
        ),
        (
            bottom,
            7.45,
            3.05,
            ORANGE,
            "--",
            ["error$_2$ (n, 10)\n= (softmax − one-hot) / n"],
        ),
    )
    for (low, height), left, width, color, line, texts in boxes:
        draw_box(ax, (left, low), width, height, color=color, linestyle=line)
        for row, text in enumerate(texts):
            ax.text(
                left + width / 2,
                low + height * (1 - (row + 0.5) / len(texts)),
                text,
                **style,
            )
    for start, end in (
        ((2.6, 4.475), (4.1, 4.475)),
        ((5.85, 4.475), (7.4, 4.475)),
        ((8.6, 4.475), (9.35, 4.475)),
        ((2.35, 4.0), (2.35, 3.27)),
        ((5.55, 4.0), (5.55, 3.27)),
        ((5.1, 4.0), (5.1, 1.1)),
    ):
        draw_arrow(ax, start, end, color=BLUE, gap=4)
    for start, end in (
        ((9.83, 4.0), (9.83, 1.1)),
        ((7.45, 0.625), (6.4, 0.625)),
        ((7.75, 1.1), (7.75, 1.83)),
        ((4.2, 1.1), (4.2, 1.83)),
    ):
        draw_dashed_arrow(ax, start, end, color=ORANGE)
    for x, y, text in (
        (3.28, 4.74, "@ W$_1$ + b$_1$"),
        (3.28, 4.22, "ReLU"),
        (6.55, 4.74, "@ W$_2$ + b$_2$"),
    ):
        ax.text(x, y, text, **style)
    for (low, height), text, color, line in (
        (top, "forward", BLUE, "-"),
        (bottom, "backward", ORANGE, "--"),
    ):
        ax.text(
            0.1,
            low + height / 2 + 0.12,
            text,
            fontsize=15,
            fontweight="bold",
            va="center",
            color=INK,
        )
        ax.plot(
            (0.12, 1.2),
            np.full(2, low + height / 2 - 0.16),
            line,
            color=color,
            linewidth=3,
        )
    save_png(figure, path)


def draw_dashed_arrow(ax, start, end, *, color):
    """Draw an arrow with a dashed shaft and a solid head, in inches."""
    start, end = np.array(start), np.array(end)
    inch = (end - start) / np.linalg.norm(end - start)
    ax.plot(
        *np.transpose([start + 0.06 * inch, end - 0.3 * inch]),
        color=color,
        linewidth=3,
        linestyle=(0, (2.4, 1.2)),
        dash_capstyle="butt",
    )
    draw_arrow(ax, end - 0.27 * inch, end, color=color, gap=4)


# ---- Which part of the data may teach ----


def draw_data_split(path):
    """Draw three parts of the digits on their way through PCA and a network."""
    figure, ax = blank_figure(10, 5.4)
    style = {
        "fontsize": 14.5,
        "ha": "center",
        "va": "baseline",
        "color": INK,
    }  # validation's name just fits
    bold = style | {"fontweight": "bold"}
    gap = 0.07
    edges = 0.08 + (9.84 + gap) * np.cumsum([0, 1005, 252, 540]) / 1797
    columns = list(zip(edges[:-1], edges[1:] - gap, strict=True))
    (left, learn_right), (val_left, val_right), (test_left, right) = columns
    learn_middle = (left + learn_right) / 2

    # left, right and lower edge, height, colour, texts and the ends of the stretch each
    # stands amid
    bars = (
        (
            left,
            right,
            4.85,
            0.46,
            "0.5",
            [("8 × 8 digits: 1,797 images × 64 numbers, split at random", left, right)],
        ),
        (
            left,
            val_right,
            4.29,
            0.46,
            "0.5",
            [("training: 1,257 images (70%), split again", left, val_right)],
        ),
        (
            test_left,
            right,
            4.29,
            0.46,
            "0.5",
            [("test: 540 images (30%)", test_left, right)],
        ),
        (
            left,
            right,
            2.17,
            0.52,
            PURPLE,
            [
                ("PCA: mean and 21 directions", left, learn_right),
                ("the same mean and directions", val_left, right),
            ],
        ),
        (
            left,
            right,
            0.1,
            0.52,
            PURPLE,
            [
                ("network: its weights", left, learn_right),
                ("the same weights", val_left, right),
            ],
        ),
    )
    # name, size, colours of the boxes and of the strip, what is done with the part
    parts = (
        ("to learn from", "1,005 images × {} numbers", BLUE, PALE_BLUE, ()),
        ("validation", "252 × {}", ORANGE, "0.92", ("project", "watch")),
        ("test", "540 images × {}", RED, "0.92", ("project", "judge once")),
    )
    for (start, end), (name, size, color, shade, verbs) in zip(
        columns, parts, strict=True
    ):
        middle, width = (start + end) / 2, end - start
        ax.add_patch(Rectangle((start, 0.4), width, 3.2, facecolor=shade))
        draw_box(ax, (start, 3.33), width, 0.86, color=color)
        ax.text(middle, 3.84, name, **bold)
        ax.text(middle, 3.52, size.format(64), **style)
        draw_box(ax, (start, 1.35), width, 0.46, color=color)
        ax.text(middle, 1.51, size.format(21), **style)
        for y, verb in zip((2.94, 0.91), verbs, strict=False):
            ax.text(middle, y, verb, **bold)
    for start, end, low, height, color, texts in bars:
        draw_box(ax, (start, low), end - start, height, color=color)
        for text, *ends in texts:
            ax.text(np.mean(ends), low + height / 2 - 0.07, text, **style)

    # Every arrow starts at the part to learn from, or at what was learned from it: that
    # is the point of the picture.
    for high, low, verb in ((3.33, 2.69, "fit, then project"), (1.35, 0.62, "learn")):
        draw_arrow(ax, (learn_middle, high), (learn_middle, low), gap=4)
        ax.text(
            learn_middle + 0.25, (high + low) / 2 - 0.07, verb, **bold | {"ha": "left"}
        )
        draw_arrow(ax, (4.48, low - 0.26), (6.03, low - 0.26))
    save_png(figure, path)


# ---- Chapter 5: a convolutional network ----


def draw_convolution(path):
    """Draw the animation: a 3 × 3 window slides over a digit and fills a picture."""
    digit = load_digits().images[KERNEL_DIGIT].astype(int)
    windows = np.lib.stride_tricks.sliding_window_view(
        digit, KERNEL.shape
    )  # (6, 6, 3, 3)
    sums = np.sum(windows * KERNEL, axis=(2, 3))
    frames = [draw_window_frame(digit, sums, place) for place in range(sums.size)]
    durations = [
        1500,
        *(900 for _ in range(5)),
        *(300 for _ in range(sums.size - 7)),
        3000,
    ]
    save_animation(frames, durations, path)


def draw_window_frame(digit, sums, place):
    """Return the frame of one place of the window, counted row by row, as an image."""
    figure, panels = plt.subplots(
        1, 3, figsize=(8, 4), width_ratios=[8, 3, 6], layout="none"
    )
    figure.subplots_adjust(left=0.02, right=0.98, bottom=0.13, top=0.88, wspace=0.18)
    row, column = divmod(place, sums.shape[1])
    done = np.where(np.arange(sums.size).reshape(sums.shape) <= place, sums, 0)
    shades = LinearSegmentedColormap.from_list(
        "shades", ["#f0a860", "white", "#a98fd0"]
    )
    draw_cells(panels[0], digit, "gray_r", (0, 32), "picture, 8 × 8")
    draw_cells(panels[1], KERNEL, shades, (-2, 2), "kernel, 3 × 3")
    draw_cells(
        panels[2], done, shades, (-48, 48), "feature map, 6 × 6", known=place + 1
    )
    for ax, corner, side in (
        (panels[0], (column, row), 3),
        (panels[2], (column, row), 1),
    ):
        ax.add_patch(
            Rectangle(
                corner, side, side, fill=False, edgecolor=RED, linewidth=3.5, zorder=3
            )
        )
    window = digit[row : row + 3, column : column + 3]
    left, right = (" + ".join(map(str, window[:, side])) for side in (0, 2))
    result = minus(sums[row, column])
    figure.text(
        0.02,
        0.04,
        f"right column {right},  minus left column {left}:   {result}",
        fontsize=15,
    )
    image = render(figure, ANIMATION_DPI)
    plt.close(figure)
    return image


def draw_cells(ax, values, cmap, limits, title, known=None):
    """Draw an array as squares with numbers, of which the first ``known`` are shown."""
    height, width = values.shape
    ax.imshow(
        values, cmap=cmap, vmin=limits[0], vmax=limits[1], extent=(0, width, height, 0)
    )
    for place, value in enumerate(values.ravel()[:known]):
        row, column = divmod(place, width)
        ax.text(
            column + 0.5,
            row + 0.53,
            minus(value),
            fontsize=11,
            ha="center",
            va="center",
        )
    for line in range(width + 1):
        ax.plot((line, line), (0, height), color="0.75", linewidth=0.8)
        ax.plot((0, width), (line, line), color="0.75", linewidth=0.8)
    ax.set_title(title, fontsize=14, loc="center")
    ax.set_axis_off()


def minus(number):
    """Return a whole number as text, with a proper minus sign."""
    return str(number).replace("-", "−")


def draw_published_network(path):
    """Draw the published network's outputs as blocks, with parameters between them."""
    figure, ax = blank_figure(11, 4.2)
    style = {"fontsize": 14.5, "ha": "center", "va": "baseline", "color": INK}
    middle = 2.3
    # left edge, width, height, layers drawn behind one another, colour, name, shape
    blocks = (
        (0.3, 1.4, 1.4, 1, BLUE, "picture", "28 × 28 × 1"),
        (2.6, 1.3, 1.3, 5, ORANGE, "convolution", "26 × 26 × 32"),
        (5.0, 1.25, 1.25, 5, ORANGE, "pooling, stride 1", "25 × 25 × 32"),
        (7.55, 0.3, 2.6, 1, PURPLE, "flatten", "20,000"),
        (9.1, 0.3, 1.5, 1, PURPLE, "dense", "128"),
        (10.3, 0.3, 0.9, 1, RED, "dense", "10"),
    )
    for left, width, height, layers, color, name, shape in blocks:
        for depth in reversed(range(layers)):
            ax.add_patch(
                Rectangle(
                    (left + 0.09 * depth, middle - height / 2 + 0.09 * depth),
                    width,
                    height,
                    facecolor="white",
                    edgecolor=color,
                    linewidth=2.5,
                )
            )
        center = left + (width + 0.09 * (layers - 1)) / 2
        ax.text(center, 3.85, name, fontweight="bold", **style)
        ax.text(center, 0.62, shape, **style)
    digit = axes_at(figure, (0.35, middle - 0.65), 1.3, 1.3)
    digit.imshow(load_mnist().x_train[2])
    digit.set_axis_off()
    arrows = (
        (1.7, 2.6, "320"),
        (4.26, 5.0, "0"),
        (6.61, 7.55, "0"),
        (7.85, 9.1, "2,560,128"),
        (9.4, 10.3, "1,290"),
    )
    for start, end, parameters in arrows:
        draw_arrow(ax, (start, middle), (end, middle), gap=3)
        large = len(parameters) > 6
        ax.text(
            (start + end) / 2,
            middle - 0.4,
            parameters,
            fontweight="bold" if large else "normal",
            **style | {"color": RED if large else INK},
        )
    ax.text(
        5.5, 0.12, "numbers below the arrows: parameters, 2,561,738 in all", **style
    )
    save_png(figure, path)


def draw_own_digit(path):
    """Draw a 3 as a camera might see it: blue pen, grey paper, a lamp, off centre."""
    rng = np.random.default_rng(SEED)
    width, height, finer = 480, 360, 4
    pen = Image.new("L", (width * finer, height * finer))
    knots, _ = splprep(np.transpose(OWN_DIGIT), s=0)
    canvas = ImageDraw.Draw(pen)
    for x, y in finer * np.transpose(splev(np.linspace(0, 1, 1500), knots)):
        canvas.circle((x, y), finer * 5.5, fill=255)
    ink = np.asarray(pen.resize((width, height), Image.Resampling.BOX))[..., None] / 255
    light = (
        np.linspace(0.9, 0.62, width)[None, :, None]
        + np.linspace(0.02, -0.05, height)[:, None, None]
    )
    paper, blue = np.array([1.0, 0.98, 0.94]), np.array([0.16, 0.2, 0.5])
    photo = light * (paper * (1 - 0.92 * ink) + blue * 0.92 * ink) + rng.normal(
        0, 0.012, (height, width, 1)
    )
    Image.fromarray(np.uint8(255 * photo.clip(0, 1))).quantize(64).save(
        path, optimize=True
    )
    report(path)


# ---- The course map ----


def draw_course_map(path):
    """Draw the chapters as a path, with a small figure for each that has one."""
    small = {
        1: draw_small_line,
        2: draw_small_pca,
        3: draw_small_network,
        4: draw_small_curves,
        5: draw_small_window,
    }
    box, gap, bottom, top = 1.84, 0.33, 0.07, 3.03
    figure, ax = blank_figure(0.14 + len(CHAPTERS) * (box + gap) - gap, 3.1)
    for index, chapter in enumerate(CHAPTERS):
        left = 0.07 + index * (box + gap)
        draw_box(
            ax,
            (left, bottom),
            box,
            top - bottom,
            color="0.6",
            linewidth=1.8,
            rounding=0.12,
        )
        ax.add_patch(
            Circle((left + 0.34, top - 0.46), 0.23, facecolor=INK, edgecolor="none")
        )
        ax.text(
            left + 0.34,
            top - 0.47,
            str(chapter.number),
            fontsize=18,
            fontweight="bold",
            color="white",
            ha="center",
            va="center",
        )
        ax.text(
            left + 0.65,
            top - 0.46,
            chapter.short_name.replace(" ", "\n"),
            fontsize=15,
            fontweight="bold",
            color=INK,
            va="center",
            linespacing=1.1,
        )
        if index:
            draw_arrow(
                ax, (left - gap, (top + bottom) / 2), (left, (top + bottom) / 2), gap=1
            )
        if draw := small.get(chapter.number):
            draw(axes_at(figure, (left + 0.1, bottom + 0.12), box - 0.2, 1.85))
    save_png(figure, path)


def draw_place(path, here):
    """Draw the chapters as a row of signs, the one numbered ``here`` in dark."""
    signs = [f"{chapter.number}  {chapter.short_name}" for chapter in CHAPTERS]
    widths = [0.82 + 0.084 * len(sign) for sign in signs]
    gap, height, bottom = 0.33, 0.56, 0.34
    figure, ax = blank_figure(0.14 + sum(widths) + gap * (len(signs) - 1), 0.97)
    left = 0.07
    for number, (sign, width) in enumerate(zip(signs, widths, strict=True), start=1):
        color, background, edge = (
            ("white", INK, INK) if number == here else (INK, "white", "0.6")
        )
        draw_box(
            ax,
            (left, bottom),
            width,
            height,
            color=edge,
            linewidth=1.8,
            rounding=0.12,
            facecolor=background,
        )
        ax.text(
            left + width / 2,
            bottom + height / 2 - 0.01,
            sign,
            fontsize=14,
            fontweight="bold",
            color=color,
            ha="center",
            va="center",
        )
        if number == here:
            ax.text(
                left + width / 2,
                0.15,
                "you are here",
                fontsize=13,
                color=INK,
                ha="center",
                va="center",
            )
        if number < len(signs):
            draw_arrow(
                ax,
                (left + width, bottom + height / 2),
                (left + width + gap, bottom + height / 2),
                gap=1,
            )
        left += width + gap
    save_png(figure, path)


def draw_small_line(ax):
    """Draw the points of chapter 1 and the line of three steps of descent."""
    x = np.arange(5.0)
    parameters, _ = descend(x, x + 1, start=(-0.5, 0.5))
    ends = np.array([-0.2, 4.4])
    for (w, b), color, style in zip(
        parameters[[0, 2, STEPS]],
        ("0.65", "0.65", ORANGE),
        ("--", "-.", "-"),
        strict=True,
    ):
        ax.plot(ends, w * ends + b, color=color, linestyle=style, linewidth=2.5)
    ax.plot(x, x + 1, "o", color=BLUE, markersize=9)
    leave_frame(ax)
    ax.set(xlim=(-0.4, 4.6), ylim=(-1.9, 5.7))


def draw_small_pca(ax):
    """Draw scikit-learn's digits in the plane of two principal components."""
    pixels, labels = load_digits(return_X_y=True)
    plane = PCA(2, svd_solver="full").fit_transform(pixels)
    for digit in range(10):
        members = plane[labels == digit]
        ax.plot(
            *members.T,
            CLASS_MARKERS[digit],
            color=CLASS_COLORS[digit],
            markersize=2.6,
            alpha=0.7,
            markeredgewidth=0,
        )
        ax.text(
            *np.median(members, axis=0),
            str(digit),
            fontsize=14,
            fontweight="bold",
            ha="center",
            va="center",
            path_effects=WHITE_RIM,
        )
    leave_frame(ax)


def draw_small_network(ax):
    """Draw a small network: input, hidden and output circles, all joined."""
    layers = [
        [(x, 2 * (row - (count - 1) / 2)) for row in range(count)]
        for x, count in ((0, 4), (4, 5), (8, 3))
    ]
    draw_layers(ax, layers, radius=0.66)
    ax.set(xlim=(-1, 9), ylim=(-5.2, 5.2), aspect="equal")
    ax.set_axis_off()


def draw_small_curves(ax):
    """Draw the training and validation loss of a small network on digits."""
    pixels, labels = load_digits(return_X_y=True)
    x_train, x_val, y_train, y_val = train_test_split(
        pixels / 16, labels, test_size=0.3, random_state=11
    )
    network = MLPClassifier(
        (64,), learning_rate_init=0.002, batch_size=64, random_state=SEED
    )
    losses = []
    for _ in range(60):
        network.partial_fit(x_train, y_train, classes=np.arange(10))
        losses.append(
            [
                log_loss(y_train, network.predict_proba(x_train)),
                log_loss(y_val, network.predict_proba(x_val)),
            ]
        )
    epochs = np.arange(1, len(losses) + 1)
    train, val = np.transpose(losses)
    ax.plot(epochs, val, "--", color=ORANGE, linewidth=2.8)
    ax.plot(epochs, train, color=BLUE, linewidth=2.8)
    leave_frame(ax)
    ax.set(yscale="log", ylim=(train[-1] / 3, train[0] * 1.4))
    ax.yaxis.set_major_locator(NullLocator())
    ax.yaxis.set_minor_locator(NullLocator())
    ax.text(60, val[-1] * 1.2, "validation", fontsize=14, ha="right", va="bottom")
    ax.text(44, train[43] / 1.2, "training", fontsize=14, ha="right", va="top")
    ax.text(0.1, 0.97, "loss", fontsize=14, ha="left", va="top", transform=ax.transAxes)


def draw_small_window(ax):
    """Draw a digit with a window of 3 × 3 pixels sliding over it."""
    digit = load_digits().images[0]
    ax.imshow(digit, extent=(0, 8, 8, 0), cmap="gray_r")
    for place in range(9):
        ax.plot((place, place), (0, 8), color="0.8", linewidth=0.8)
        ax.plot((0, 8), (place, place), color="0.8", linewidth=0.8)
    for color, width in (("white", 6), (RED, 3.5)):
        ax.add_patch(
            Rectangle(
                (1, 1), 3, 3, fill=False, edgecolor=color, linewidth=width, zorder=3
            )
        )
    draw_arrow(ax, (4, 2.5), (7.6, 2.5), color=RED, gap=0).set_path_effects(
        WHITE_RIM_AROUND
    )
    ax.set(xlim=(-0.2, 8.2), ylim=(8.2, -0.2))
    ax.set_axis_off()


def leave_frame(ax):
    """Keep only the two axis lines."""
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    ax.spines[["left", "bottom"]].set(color="0.5", linewidth=1.5)


# ---- Shared parts ----


def blank_figure(width, height):
    """Return a figure and a plane that fills it, in inches from the lower left."""
    figure = plt.figure(figsize=(width, height), layout="none")
    ax = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, height))
    ax.set_axis_off()
    return figure, ax


def axes_at(figure, corner, width, height):
    """Return new axes in a figure, in inches from their lower left ``corner``."""
    return figure.add_axes(
        np.array((*corner, width, height)) / np.tile(figure.get_size_inches(), 2)
    )


def draw_box(
    ax,
    corner,
    width,
    height,
    *,
    color,
    linewidth=3.5,
    rounding=0.15,
    facecolor="white",
    **style,
):
    """Draw a box with round corners from its lower left ``corner``."""
    ax.add_patch(
        FancyBboxPatch(
            corner,
            width,
            height,
            boxstyle=f"round,pad=0,rounding_size={rounding}",
            facecolor=facecolor,
            edgecolor=color,
            linewidth=linewidth,
            **style,
        )
    )


def draw_layers(ax, layers, *, radius, linewidth=1):
    """Draw the circles of three layers, given by their centres, and join them all."""
    for left, right in zip(layers, layers[1:], strict=False):
        for start in left:
            for end in right:
                ax.plot(*np.transpose([start, end]), color="0.7", linewidth=linewidth)
    for layer, color in zip(layers, (BLUE, ORANGE, RED), strict=True):
        for center in layer:
            ax.add_patch(
                Circle(
                    center,
                    radius,
                    facecolor=color,
                    edgecolor=INK,
                    linewidth=1.2,
                    zorder=3,
                )
            )


def draw_arrow(ax, start, end, *, color=INK, gap=2):
    """Draw a straight arrow and return it; ``gap`` points stay free at either end."""
    arrow = FancyArrowPatch(
        start,
        end,
        arrowstyle="-|>,head_length=0.5,head_width=0.3",
        mutation_scale=22,
        linewidth=3,
        color=color,
        shrinkA=gap,
        shrinkB=gap,
        joinstyle="miter",
        capstyle="butt",
        zorder=4,
    )
    return ax.add_patch(arrow)


if __name__ == "__main__":
    main()
