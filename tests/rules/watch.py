"""Watches what the course does while tests run it.

No call leaves the machine, text in figures can be read, and shapes are what comments
beside them say. The test process calls :func:`refuse_network` itself. Kernels call
:func:`start` before their first cell, because :func:`watch_kernels` leads them to a
folder of IPython's that says so.
"""

import ast
import os
import re
import sys
import tempfile
from numbers import Integral
from pathlib import Path

READABLE, READABLE_LARGE = (
    4.5,
    3.0,
)  # least contrast of text: Web Content Accessibility Guidelines 2.2, level AA
LARGE, LARGE_BOLD = 18, 14  # points
SHAPE = re.compile(r"\(([^()]*,[^()]*)\)")
# in the kernel of a chapter, which gets no name for it
WATCH = "__import__('sys').modules['tests.rules.watch']"
THIS_MACHINE = ("localhost", "::1", "0.0.0.0", "::", "")


class Refused(BaseException):
    """Something asked for another machine. No Exception, so that few can swallow it."""


# what was raised; where a chapter or a library swallowed it, the next cell raises it
# again
refused = []


def refuse_network():
    """Make every attempt of this process to reach another machine fail, for good."""
    sys.addaudithook(_refuse)


def _refuse(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        host = (
            address[0] if isinstance(address, tuple) else None
        )  # other kinds of address stay on the machine
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    if (
        isinstance(host, str)
        and host not in THIS_MACHINE
        and not host.startswith("127.")
    ):
        refused.append(
            Refused(
                f"The course runs without a network, but something asked for {host} ({event})"
            )
        )
        raise refused[-1]


def raise_refused():
    """Raise again what has been refused in this process, if anything."""
    if refused:
        raise refused[0]


def watch_kernels(folder):
    """Have every kernel that this process starts call :func:`start`; ``folder`` is made for that, and stays."""
    startup = Path(folder) / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (
        startup / "watch.py"
    ).write_text(  # one expression: a statement would leave names to the chapter
        "__import__('tests.rules.watch', fromlist=['start']).start()\n",
        encoding="utf-8",
    )
    os.environ["IPYTHONDIR"] = str(folder)


def watch_test_run(config):
    """Have every kernel of this run of pytest watched, until it ends."""
    folder = tempfile.TemporaryDirectory(prefix="watch-", ignore_cleanup_errors=True)
    config.add_cleanup(folder.cleanup)
    watch_kernels(Path(folder.name) / "ipython")


def start():
    """Refuse the network, look at every figure that a chapter can show, and hold shapes to their comments."""
    from IPython import get_ipython

    from helpers import plotting

    refuse_network()
    get_ipython().input_transformers_post.append(with_shapes_checked)
    get_ipython().input_transformers_post.append(
        lambda lines: [f"{WATCH}.raise_refused()\n", *lines]
    )
    draw = plotting._as_png

    def looked_at(figure):
        if faults := unreadable_texts(figure):
            raise AssertionError(
                "Text in a figure is hard to read: " + "; ".join(faults)
            )
        return draw(figure)

    show_slider = plotting.show_slider

    def moved(draw, **settings):
        values = settings["values"] = list(settings["values"])
        for value in (values[0], values[-1]):
            figure = plotting.plt.figure()
            draw(value)
            plotting._as_png(figure)
            plotting.plt.close(figure)
        show_slider(draw, **settings)

    plotting._as_png, plotting.show_slider = looked_at, moved


def with_shapes_checked(lines):
    """Return the lines of a cell with a check after each assignment at whose end a comment names shapes.

    ``x, y = load()   # (60000, 28, 28), (60000,)`` makes two claims, ``z = x @ w   #
    (5, 2) @ (2, 3) = (5, 3)`` three.
    """
    try:
        body = ast.parse("".join(lines)).body
    except SyntaxError:
        return lines
    checked = list(lines)
    for statement in reversed(body):
        rest = (
            lines[statement.end_lineno - 1]
            .encode()[statement.end_col_offset :]
            .decode()
        )
        comment = re.match(r"\s*#\s*(\(.*)", rest)
        if isinstance(statement, ast.Assign) and comment and statement.col_offset == 0:
            claim = comment[1].partition(":")[0]
            product, _, result = (
                claim.rpartition("=")
                if "@" in claim and "=" in claim
                else (claim, "", claim)
            )
            target = statement.targets[0]
            targets = [
                ast.unparse(part).lstrip("*")
                for part in (target.elts if isinstance(target, ast.Tuple) else [target])
            ]
            values = ", ".join(f"{name!r}: {name}" for name in targets)
            checked[statement.end_lineno - 1] = (
                checked[statement.end_lineno - 1].rstrip("\n") + "\n"
            )
            checked.insert(
                statement.end_lineno,
                f"{WATCH}.check_shapes({{{values}}}, {result!r}, globals())\n",
            )
            factors, shapes = factors_of(statement.value), SHAPE.findall(product)
            if "@" in product and len(factors) == len(shapes):
                checked[statement.lineno - 1 : statement.end_lineno] = [
                    with_factors_checked(statement, factors, shapes)
                ]
    return checked


def with_factors_checked(statement, factors, shapes):
    """Return the source of a statement in which each factor of a product is checked where it is computed."""

    class Checked(ast.NodeTransformer):
        def visit(self, node):
            if node not in factors:
                return self.generic_visit(node)
            call = ast.parse(
                f"{WATCH}.checked(0, {ast.unparse(node)!r}, '({shapes[factors.index(node)]})', globals())"
            )
            call.body[0].value.args[0] = node
            return call.body[0].value

    return ast.unparse(Checked().visit(statement)) + "\n"


def factors_of(value):
    """Return the factors of the outermost matrix product in an expression, from left to right."""

    def parts(node):
        product = isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)
        return [*parts(node.left), node.right] if product else [node]

    found = (parts(node) for node in ast.walk(value))
    return next((factors for factors in found if len(factors) > 1), [])


def check_shapes(values, claim, names):
    """Raise ``AssertionError`` unless the values have the shapes that a comment names, in this order.

    Lengths are computed from numbers and names of the chapter; others fit anything.
    Other numbers of shapes than of values claim nothing, but one shape ``each`` is
    meant for all values, and for all entries of a list or dictionary.
    """
    import numpy as np

    shapes, each = SHAPE.findall(claim), " each" in claim
    if each and len(shapes) == 1:
        shapes *= len(values)
    if len(shapes) != len(values):
        return
    for (name, value), shape in zip(values.items(), shapes, strict=True):
        wanted = [
            _length(part.strip(), names) for part in shape.split(",") if part.strip()
        ]
        several = value.values() if isinstance(value, dict) else value
        for array in (
            several if each and isinstance(value, dict | list | tuple) else [value]
        ):
            found = array.shape if hasattr(array, "shape") else np.shape(array)
            if len(found) != len(wanted) or any(
                w not in (None, f) for w, f in zip(wanted, found, strict=True)
            ):
                raise AssertionError(
                    f"A comment says that {name} has shape ({shape}), but it has {tuple(found)}"
                )


def _length(part, names):
    """Return a length that a comment names, None for one that nothing says."""
    try:
        length = eval(part, names)
    except Exception:  # whatever a word that is no length may raise
        return None
    return length if isinstance(length, Integral) else None


def checked(value, name, claim, names):
    """Return a value that has the shape that a comment names; see :func:`check_shapes`."""
    check_shapes({name: value}, claim, names)
    return value


def unreadable_texts(figure):
    """Return, in words, which texts of a figure stand out too little from what is behind them."""
    from matplotlib.text import Text

    figure.draw_without_rendering()  # sets the places of texts
    texts = [
        (text, text.get_window_extent(), text.get_alpha())
        for text in figure.findobj(Text)
        if text.get_text().strip() and text.get_visible()
    ]
    for text, *_ in texts:
        text.set_alpha(0)  # an invisible text would give up its place
    try:
        figure.canvas.draw()
        behind = _pixels(figure)
    finally:
        for text, _, alpha in texts:
            text.set_alpha(alpha)
    return [fault for text, place, _ in texts if (fault := _fault(text, place, behind))]


def _pixels(figure):
    """Return what is drawn as floats (rows, columns, 3), the first row at the bottom, on white."""
    import numpy as np

    drawn = np.asarray(figure.canvas.buffer_rgba())[::-1] / 255
    return drawn[..., :3] * drawn[..., 3:] + 1 - drawn[..., 3:]


def _fault(text, place, behind):
    import numpy as np
    from matplotlib.colors import to_rgba

    rows, columns = (
        slice(max(0, int(low)), max(0, int(high)) + 1)
        for low, high in ((place.y0, place.y1), (place.x0, place.x1))
    )
    paper = behind[rows, columns].reshape(-1, 3)
    if len(paper) == 0:  # outside the figure, or of an axis that is not drawn
        return None
    paper = np.median(paper, axis=0)
    for effect in (
        text.get_path_effects()
    ):  # a rim that sets letters apart from what is behind them
        paper = np.array(
            to_rgba(getattr(effect, "_gc", {}).get("foreground", paper))[:3]
        )
    *color, opacity = to_rgba(text.get_color(), text.get_alpha())
    contrast = _contrast(opacity * np.array(color) + (1 - opacity) * paper, paper)
    bold = text.get_fontweight() in ("bold", "heavy", "black", 700)
    needed = (
        READABLE_LARGE
        if text.get_fontsize() >= (LARGE_BOLD if bold else LARGE)
        else READABLE
    )
    return (
        None
        if contrast >= needed
        else f"{text.get_text()!r} has a contrast of {contrast:.1f}, {needed} is needed"
    )


def luminance(color):
    """Return the relative luminance of an sRGB colour ``(3,)``, 0 for black to 1 for white."""
    import numpy as np

    color = np.asarray(color)
    linear = np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def _contrast(one, other):
    """Return the contrast ratio of two colours, 1 to 21."""
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)
