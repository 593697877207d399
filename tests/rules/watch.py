"""Watch the course while tests run it.

No call leaves the machine, text in figures can be read, and arrays have the shapes that
the comments beside them say. Not seen are other processes, sockets opened by compiled
code, and comments inside functions, loops and ifs. The test process calls
:func:`refuse_network` itself. Kernels call :func:`start` before their first cell,
because :func:`watch_kernels` makes that an IPython start-up file.
"""

import ast
import os
import re
import sys
import tempfile
from numbers import Integral
from pathlib import Path

# least contrast of text, at level AA of the Web Content Accessibility Guidelines 2.2
READABLE, READABLE_LARGE = 4.5, 3.0
LARGE, LARGE_BOLD = 18, 14  # points
SHAPE = re.compile(r"\(([^()]*,[^()]*)\)")
# how a cell reaches this module without a name that the chapter could see
WATCH = "__import__('sys').modules['tests.rules.watch']"
THIS_MACHINE = re.compile(r"localhost|127(\.\d+){3}|0\.0\.0\.0|::1?|")


# ---- the network


class Refused(BaseException):
    """Something asked for another machine. No ``Exception``, which many would catch."""


# what was raised; the next cell raises it again where a chapter or a library caught it
refused = []


def refuse_network():
    """Make every attempt of this process to reach another machine fail, for good."""
    sys.addaudithook(_refuse)


def _refuse(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        # an address that is no tuple, such as a path, stays on the machine
        host = arguments[1][0] if isinstance(arguments[1], tuple) else None
    else:
        return
    host = host.decode(errors="replace") if isinstance(host, bytes) else host
    if isinstance(host, str) and not THIS_MACHINE.fullmatch(host):
        asked = f"something asked for {host} ({event})"
        refused.append(Refused(f"The course runs without a network, but {asked}"))
        raise refused[-1]


def raise_refused():
    """Raise again what has been refused in this process, if anything."""
    if refused:
        raise refused[0]


# ---- kernels


def watch_kernels(folder):
    """Have every kernel of this process call :func:`start`, by a file in ``folder``."""
    startup = Path(folder) / "profile_default" / "startup"
    startup.mkdir(parents=True)
    # one expression: a statement would leave names to the chapter
    call = "__import__('tests.rules.watch', fromlist=['start']).start()\n"
    (startup / "watch.py").write_text(call, encoding="utf-8")
    os.environ["IPYTHONDIR"] = str(folder)


def watch_test_run(config):
    """Have every kernel of this run of pytest watched, until it ends."""
    folder = tempfile.TemporaryDirectory(prefix="watch-", ignore_cleanup_errors=True)
    config.add_cleanup(folder.cleanup)
    watch_kernels(Path(folder.name) / "ipython")


def start():
    """Refuse the network; check the figures that are shown, and shapes in comments."""
    from IPython import get_ipython

    from helpers import plotting

    refuse_network()
    get_ipython().input_transformers_post += [
        with_shapes_checked,
        lambda lines: [f"{WATCH}.raise_refused()\n", *lines],
    ]
    as_png, show_slider = plotting._as_png, plotting.show_slider

    def checked_png(figure):
        if faults := unreadable_texts(figure):
            words = "; ".join(faults)
            raise AssertionError(f"Text in a figure is hard to read: {words}")
        return as_png(figure)

    def checked_slider(draw, **settings):
        values = settings["values"] = list(settings["values"])
        for value in (values[0], values[-1]):
            figure = plotting.plt.figure()
            draw(value)
            checked_png(figure)
            plotting.plt.close(figure)
        show_slider(draw, **settings)

    plotting._as_png, plotting.show_slider = checked_png, checked_slider


# ---- shapes


def with_shapes_checked(lines):
    """Return the lines of a cell, with a check after each shape in a comment.

    ``x, y = load()   # (60000, 28, 28), (60000,)`` makes two claims, ``z = x @ w   #
    (5, 2) @ (2, 3) = (5, 3)`` three.
    """
    try:
        body = ast.parse("".join(lines)).body
    except SyntaxError:
        return lines
    checked = list(lines)
    for statement in reversed(body):
        first, end = statement.lineno - 1, statement.end_lineno
        rest = lines[end - 1].encode()[statement.end_col_offset :].decode()
        comment = re.match(r"\s*#\s*(\([^:]*)", rest)
        if comment and isinstance(statement, ast.Assign) and statement.col_offset == 0:
            product, _, result = comment[1].rpartition("=")
            if "@" not in product:
                product, result = comment[1], comment[1]
            source = "".join(lines[first:end]).rstrip("\n")
            factors, shapes = factors_of(statement.value), SHAPE.findall(product)
            if "@" in product and len(factors) == len(shapes):
                source = with_factors_checked(statement, factors, shapes)
            target = statement.targets[0]
            parts = target.elts if isinstance(target, ast.Tuple) else [target]
            names = [ast.unparse(part).lstrip("*") for part in parts]
            values = ", ".join(f"{name!r}: {name}" for name in names)
            check = f"{WATCH}.check_shapes({{{values}}}, {result!r}, globals())"
            checked[first:end] = [f"{source}\n", f"{check}\n"]
    return checked


def with_factors_checked(statement, factors, shapes):
    """Return the source of a statement with a check around each factor of a product."""

    class Checked(ast.NodeTransformer):
        def visit(self, node):
            if node not in factors:
                return self.generic_visit(node)
            claim = f"({shapes[factors.index(node)]})"
            check = f"{WATCH}.checked(0, {ast.unparse(node)!r}, {claim!r}, globals())"
            call = ast.parse(check, mode="eval").body
            call.args[0] = node
            return call

    return ast.unparse(Checked().visit(statement))


def factors_of(value):
    """Return the factors of the outermost matrix product, from left to right."""

    def parts(node):
        product = isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)
        return [*parts(node.left), node.right] if product else [node]

    found = (parts(node) for node in ast.walk(value))
    return next((factors for factors in found if len(factors) > 1), [])


def check_shapes(values, claim, names):
    """Raise ``AssertionError`` unless values have the shapes that a comment names.

    Lengths are computed from numbers and names of the chapter; other words fit any
    length. A comment with more or fewer shapes than values claims nothing, but one
    shape ``each`` is meant for all values, and for all entries of a list or dictionary.
    """
    import numpy as np

    shapes, each = SHAPE.findall(claim), " each" in claim
    if each and len(shapes) == 1:
        shapes *= len(values)
    if len(shapes) != len(values):
        return
    for (name, value), shape in zip(values.items(), shapes, strict=True):
        parts = [part.strip() for part in shape.split(",") if part.strip()]
        lengths = [_length(part, names) for part in parts]
        several = each and isinstance(value, dict | list | tuple)
        arrays = value if several else [value]
        for array in arrays.values() if isinstance(arrays, dict) else arrays:
            found = array.shape if hasattr(array, "shape") else np.shape(array)
            fits = len(found) == len(lengths) and all(
                wanted in (None, length)
                for wanted, length in zip(lengths, found, strict=True)
            )
            if not fits:
                claimed = f"A comment says that {name} has shape ({shape})"
                raise AssertionError(f"{claimed}, but it has {tuple(found)}")


def _length(part, names):
    """Return a length that a comment names, None for one that nothing says."""
    try:
        length = eval(part, names)
    except Exception:  # whatever a word that is no length may raise
        return None
    return length if isinstance(length, Integral) else None


def checked(value, name, claim, names):
    """Return a value after :func:`check_shapes` has compared it with a comment."""
    check_shapes({name: value}, claim, names)
    return value


# ---- figures


def unreadable_texts(figure):
    """Return, in words, which texts of a figure have too little contrast."""
    import numpy as np
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
        pixels = np.asarray(figure.canvas.buffer_rgba())[::-1] / 255  # from the bottom
    finally:
        for text, _, alpha in texts:
            text.set_alpha(alpha)
    behind = pixels[..., :3] * pixels[..., 3:] + 1 - pixels[..., 3:]  # on white
    return [fault for text, place, _ in texts if (fault := _fault(text, place, behind))]


def _fault(text, place, behind):
    """Return what is wrong with a text, "" if it can be read or is not shown."""
    import numpy as np
    from matplotlib.colors import to_rgba

    rows, columns = (
        slice(max(0, int(low)), max(0, int(high)) + 1)
        for low, high in ((place.y0, place.y1), (place.x0, place.x1))
    )
    pixels = behind[rows, columns].reshape(-1, 3)
    if len(pixels) == 0:  # outside the figure, or of an axis that is not drawn
        return ""
    background = np.median(pixels, axis=0)
    for effect in text.get_path_effects():  # a rim around letters is their background
        rim = getattr(effect, "_gc", {}).get("foreground", background)
        background = np.array(to_rgba(rim)[:3])
    *color, opacity = to_rgba(text.get_color(), text.get_alpha())
    color = opacity * np.array(color) + (1 - opacity) * background
    contrast = _contrast(color, background)
    bold = text.get_fontweight() in ("bold", "heavy", "black", 700)
    large = text.get_fontsize() >= (LARGE_BOLD if bold else LARGE)
    needed = READABLE_LARGE if large else READABLE
    if contrast >= needed:
        return ""
    return f"{text.get_text()!r} has a contrast of {contrast:.1f}, {needed} is needed"


def luminance(color):
    """Return the relative luminance of an sRGB colour ``(3,)``, from 0 to 1."""
    import numpy as np

    color = np.asarray(color)
    linear = np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def _contrast(one, other):
    """Return the contrast ratio of two colours, 1 to 21."""
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)
