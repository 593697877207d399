"""Watches what the course does while tests run it: no call leaves the machine, and text in figures can be read.

The test process calls :func:`refuse_network` itself. Kernels call :func:`start` before their first cell, because
:func:`watch_kernels` leads them to a folder of IPython's that says so.
"""

import os
import sys
import tempfile
from pathlib import Path

READABLE, READABLE_LARGE = 4.5, 3.0   # least contrast of text: Web Content Accessibility Guidelines 2.2, level AA
LARGE, LARGE_BOLD = 18, 14            # points


def refuse_network():
    """Make every attempt of this process to reach another machine fail, for good."""
    sys.addaudithook(_refuse)


def _refuse(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None    # other kinds of address stay on the machine
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    if host and host not in ("localhost", "::1", "0.0.0.0", "::") and not host.startswith("127."):
        # not an OSError, which a library may expect and swallow
        raise RuntimeError(f"The course runs without a network, but something asked for {host} ({event})")


def watch_kernels(config):
    """Have every kernel that this run of pytest starts call :func:`start`, whatever folder it works in."""
    folder = tempfile.TemporaryDirectory(prefix="watch-", ignore_cleanup_errors=True)
    config.add_cleanup(folder.cleanup)
    startup = Path(folder.name) / "profile_default" / "startup"
    startup.mkdir(parents=True)
    path = str(Path(__file__).resolve().parent)
    (startup / "watch.py").write_text(     # one expression: a statement would leave names to the chapter
        f"[__import__('sys').path.insert(0, {path!r}), __import__('watch').start(), "
        f"__import__('sys').path.remove({path!r})]\n", encoding="utf-8")
    os.environ["IPYTHONDIR"] = folder.name


def start():
    """Refuse the network, and have every figure looked at before a chapter shows it."""
    from helpers import plotting

    refuse_network()
    draw = plotting._as_png

    def looked_at(figure):
        if faults := unreadable_texts(figure):
            raise AssertionError("Text in a figure is hard to read: " + "; ".join(faults))
        return draw(figure)

    plotting._as_png = looked_at


def unreadable_texts(figure):
    """Return, in words, which texts of a figure stand out too little from what is behind them."""
    from matplotlib.text import Text

    figure.canvas.draw()                   # sets the places of texts
    texts = [(text, text.get_window_extent(), text.get_alpha()) for text in figure.findobj(Text)
             if text.get_text().strip() and text.get_visible()]
    for text, *_ in texts:
        text.set_alpha(0)                  # an invisible text would give up its place
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

    rows, columns = (slice(max(0, int(low)), max(0, int(high)) + 1)
                     for low, high in ((place.y0, place.y1), (place.x0, place.x1)))
    paper = behind[rows, columns].reshape(-1, 3)
    if len(paper) == 0:                    # outside the figure, or of an axis that is not drawn
        return None
    paper = np.median(paper, axis=0)
    for effect in text.get_path_effects():             # a rim that sets letters apart from what is behind them
        paper = np.array(to_rgba(effect._gc.get("foreground", paper))[:3])
    *color, opacity = to_rgba(text.get_color(), text.get_alpha())
    contrast = _contrast(opacity * np.array(color) + (1 - opacity) * paper, paper)
    bold = text.get_fontweight() in ("bold", "heavy", "black", 700)
    needed = READABLE_LARGE if text.get_fontsize() >= (LARGE_BOLD if bold else LARGE) else READABLE
    return None if contrast >= needed else f"{text.get_text()!r} has a contrast of {contrast:.1f}, {needed} is needed"


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
