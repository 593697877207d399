"""Watched kernels: no network, no pale text, no array that contradicts a comment."""

import re
import socket
import urllib.request

import matplotlib.patheffects
import matplotlib.pyplot as plt
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.rules import watch
from tools.run_course import execute

OUTSIDE = "192.0.2.1"  # reserved for documentation: no machine has it
DATAGRAM = (socket.AF_INET, socket.SOCK_DGRAM)


@pytest.mark.parametrize(
    "call",
    [
        lambda: socket.create_connection((OUTSIDE, 80), timeout=1),
        lambda: socket.getaddrinfo(b"example.org", 80),
        lambda: socket.gethostbyname("example.org"),
        lambda: socket.gethostbyname("127.example.org"),
        lambda: socket.socket(*DATAGRAM).connect((OUTSIDE, 9)),
        lambda: socket.socket(*DATAGRAM).sendto(b"", (OUTSIDE, 9)),
        lambda: urllib.request.urlopen("https://example.org", timeout=1),
    ],
)
def test_this_process_cannot_reach_another_machine(call):
    with pytest.raises(watch.Refused, match="without a network"):
        call()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_can_be_reached(host):
    with socket.create_server((host, 0)) as server:
        socket.create_connection((host, server.getsockname()[1])).close()


# ---- kernels

START = """
names = set(globals())
assert not {"sys", "watch", "plotting", "np"} & names
import socket
import matplotlib.pyplot as plt
import numpy as np
from helpers.plotting import show_figure, show_slider
def draw(gray):
    plt.text(0.5, 0.5, "word", color=str(gray))
def slide(*values):
    alt = "A word in an empty plot."
    show_slider(draw, name="gray", values=values, start=0, alt=alt)
"""
CELLS = {  # source: what is wrong with it
    START: "",
    "draw(0.3)\nshow_figure('A word in an empty plot.')": "",
    "draw(0.7)\nshow_figure('A word in an empty plot.')": "'word' has a contrast of 2.",
    "slide(0, 0.3, 0.3)": "",
    "slide(0, 0.3, 0.7)": "'word' has a contrast of 2.",
    "slide(0.7, 0.3, 0)": "'word' has a contrast of 2.",
    "x = np.zeros((2, 3))  # (2, 3)": "",
    "x = np.zeros((2, 3))  # (3, 2): no": "x has shape (3, 2), but it has (2, 3)",
    f"try:\n    socket.create_connection(({OUTSIDE!r}, 80), timeout=1)\n"
    "except BaseException:\n    pass": "",
    "print('the next cell')": f"without a network, but something asked for {OUTSIDE}",
}


def test_kernels_are_watched(tmp_path):
    cells = [new_code_cell(source) for source in CELLS]
    for cell in cells:
        cell.metadata.tags = ["raises-exception"]
    nbformat.write(new_notebook(cells=cells), tmp_path / "01_watched.ipynb")
    executed, _ = execute(tmp_path / "01_watched.ipynb")
    for cell, fault in zip(executed.cells, CELLS.values(), strict=True):
        errors = [one.evalue for one in cell.outputs if one.output_type == "error"]
        assert len(errors) == bool(fault), cell.source
        assert fault in "".join(errors)


# ---- figures


@pytest.mark.parametrize(
    "paper, ink, size, weight, readable",
    [
        ("white", "black", 12, "normal", True),
        ("white", "0.45", 12, "normal", True),  # 4.7
        ("white", "0.48", 12, "normal", False),  # 4.3
        ("white", "0.48", 18, "normal", True),
        ("white", "0.48", 14, "normal", False),
        ("white", "0.48", 14, "bold", True),
        ("black", "black", 30, "normal", False),
        ("black", "white", 12, "normal", True),
        ("#7ab8dd", "black", 12, "normal", True),
        ("#7ab8dd", "white", 12, "normal", False),
        ("white", (0, 0, 0, 0.4), 12, "normal", False),
    ],
)
def test_text_is_compared_with_what_is_behind_it(paper, ink, size, weight, readable):
    figure, ax = plt.subplots()
    ax.axis("off")
    ax.axvspan(0, 1, color=paper)
    text = ax.text(0.4, 0.4, "word", color=ink, fontsize=size, fontweight=weight)
    faults = watch.unreadable_texts(figure)
    assert [fault.split("'")[1] for fault in faults] == ([] if readable else ["word"])
    assert text.get_alpha() is None


def test_looking_at_a_figure_moves_nothing_on_it():
    figure, ax = plt.subplots(layout="constrained")
    ax.imshow([[0, 1]], cmap="gray")
    ax.set(xlabel="a long label\nof two lines", title="title")
    figure.canvas.draw()
    before = ax.get_position().bounds
    assert watch.unreadable_texts(figure) == []
    assert ax.get_position().bounds == before


def test_a_rim_around_letters_counts_as_their_background():
    figure, ax = plt.subplots()
    ax.set_facecolor("black")
    rim = matplotlib.patheffects.withStroke(linewidth=3, foreground="white")
    ax.text(0.4, 0.4, "word", path_effects=[rim, matplotlib.patheffects.Normal()])
    assert watch.unreadable_texts(figure) == []


def test_contrast_agrees_with_the_published_examples():
    assert watch._contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21)
    assert watch._contrast((1, 0, 0), (1, 1, 1)) == pytest.approx(3.998, abs=1e-3)
    assert watch._contrast((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)) == 1


# ---- shapes

# lines of a cell, with ⏎ between them, and what is wrong with the last one
COMMENTS = """
x = np.zeros((2, 3))  # (2, 3): two rows
x = np.zeros((2, 3))  # (3, 2)
    → x has shape (3, 2), but it has (2, 3)
x = np.zeros(n + 1)  # (n + 1,)
x = np.zeros(n)  # (n + 1,), one too few
    → x has shape (n + 1,), but it has (5,)
x, y = np.zeros(2), np.zeros((n, 1))  # (2,), (n, 1)
x, y = np.zeros(2), np.zeros((n, 1))  # (2,), (n, 2)
    → y has shape (n, 2), but it has (5, 1)
x = np.ones((2, 3)) @ np.ones((3, 4))  # (2, 3) @ (3, 4) = (2, 4)
x = np.ones((2, 3)) @ np.ones((3, 4))  # (2, 3) @ (3, 4) = (4, 2)
    → x has shape (4, 2), but it has (2, 4)
x = 2 * np.ones((2, 3)) @ np.ones((3, 4))  # (2, 4) @ (4, 4) = (2, 4)
    → 2 * np.ones((2, 3)) has shape (2, 4), but
x = 1 - np.ones((2, 3)) @ np.ones((3, 2)) @ np.ones((2, n))  # (2, 3) @ (3, 2) @ (2, 4)
    → np.ones((2, n)) has
x = np.ones((2, 3)) @ np.ones((3, 2)) @ np.ones((2, n))  # (2, 3) @ (3, n) = (2, n)
x = np.zeros(3) @ np.zeros(3)  # (3,) @ (3,): a number
x = np.zeros((2, 3))⏎x = x @ np.zeros((3, 4))  # (2, 3) @ (3, 4) = (2, 4)
x = iter([np.zeros((2, 3))])⏎x = next(x) @ np.zeros((3, 4))  # (2, 3) @ (3, 4) = (2, 4)
x, y = np.zeros(2), np.zeros((3, 2)) @ np.zeros((2, 4))  # (2,), (3, 4)
x = {1: np.zeros(5), 2: np.zeros(4)}  # (n,) each
    → x has shape (n,), but it has (4,)
x, y = np.zeros(2), np.zeros(3)  # (2,) each
    → y has shape (2,), but it has (3,)
x = [np.zeros(3) for _ in range(4)]  # (3,) each
x = [[1, 2], [3, 4]]  # (2, 2)
x = np.array([⏎    1, 2])  # (3,)
    → x has shape (3,), but it has (2,)
x = np.zeros((3, 2))  # (…, 2)
x = np.zeros((3, 2))  # (..., 2)
x = np.zeros((3, 2))  # (samples, 2)
x = np.zeros((3, 2))  # (samples, 3)
    → x has shape (samples, 3), but it has (3, 2)
x = np.zeros((3, 2))  # (samples,)
    → x has shape (samples,), but it has (3, 2)
x = '# (3, 3)'
x = np.zeros((2, 3))  # (3, 2), all >= 0
    → x has shape (3, 2), but it has (2, 3)
m = np.int64(3)⏎x = np.zeros((2, 3))  # (2, m + 1)
    → x has shape (2, m + 1), but it has (2, 3)
y = 1; x = np.ones((2, 3)) @ np.ones((3, y))  # (2, 3) @ (3, 1)
x = {"äöüß": np.zeros(3)}["äöüß"]  # (2,)
    → x has shape (2,), but it has (3,)
images = np.zeros((3, 3))  # (images, 3)
x, *rest = np.zeros(2), 1, 2  # (2,), (2,)
"""


@pytest.mark.parametrize("row", re.split(r"\n(?! )", COMMENTS.strip()))
def test_shapes_are_held_to_what_comments_say(row):
    code, _, fault = row.partition("\n    → ")
    code = code.replace("⏎", "\n")
    lines = f"import numpy as np\nn = 5\n{code}\nlast = n".splitlines(True)
    names = {}
    try:
        exec("".join(watch.with_shapes_checked(lines)), names)
    except AssertionError as error:
        assert fault and fault in str(error)
    else:
        assert not fault and names["last"] == 5
