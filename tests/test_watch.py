"""The watch over test runs: it refuses the network, sees text that is hard to read, and kernels start with it."""

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


@pytest.mark.parametrize(
    "call",
    [
        lambda: socket.create_connection((OUTSIDE, 80), timeout=1),
        lambda: socket.getaddrinfo("example.org", 80),
        lambda: socket.gethostbyname("example.org"),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(
            b"", (OUTSIDE, 9)
        ),
        lambda: urllib.request.urlopen("https://example.org", timeout=1),
    ],
)
def test_this_process_cannot_reach_another_machine(call):
    with pytest.raises(watch.Refused, match="without a network"):
        call()


def test_this_machine_can_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
    with socket.create_server(("localhost", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1])).close()


def failure_of(tmp_path, *sources):
    path = tmp_path / "01_watched.ipynb"
    nbformat.write(
        new_notebook(cells=[new_code_cell(source) for source in sources]), path
    )
    return execute(path)[1].failure


DRAW = """
import matplotlib.pyplot as plt
from helpers.plotting import show_figure
plt.text(0.5, 0.5, "pale", color={color!r})
show_figure("One word in the middle of an empty plot.")
"""


def test_a_kernel_cannot_reach_another_machine(tmp_path):
    failure = failure_of(
        tmp_path,
        f"import socket\ntry:\n    socket.create_connection(({OUTSIDE!r}, 80), timeout=1)\n"
        "except BaseException:\n    pass",
        "print('the next cell')",
    )
    assert (
        f"Refused: The course runs without a network, but something asked for {OUTSIDE}"
        in failure
    )


def test_a_kernel_notices_text_that_is_hard_to_read(tmp_path):
    assert (
        "Text in a figure is hard to read: 'pale' has a contrast of 2."
        in failure_of(tmp_path, DRAW.format(color="0.7"))
    )


@pytest.mark.parametrize("values", [[0, 0.3, 0.7], [0.7, 0.3, 0]])
def test_a_kernel_moves_each_slider_to_both_its_ends(tmp_path, values):
    assert "'gray' has a contrast of 2." in failure_of(
        tmp_path,
        f"""
import matplotlib.pyplot as plt
from helpers.plotting import show_slider
show_slider(lambda value: plt.text(0.5, 0.5, "gray", color=str(value)), name="gray", values={values}, start=0,
            alt="One word in the middle of an empty plot.")
""",
    )


def test_a_kernel_lets_good_text_pass_and_finds_no_names_that_are_not_its_own(tmp_path):
    assert failure_of(tmp_path, DRAW.format(color="0.3")) == ""
    assert (
        failure_of(
            tmp_path, "assert not {'sys', 'watch', 'plotting', 'np'} & set(globals())"
        )
        == ""
    )


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
def test_contrast_of_text_is_measured_against_what_is_behind_it(
    paper, ink, size, weight, readable
):
    figure, ax = plt.subplots()
    ax.axis("off")
    ax.axvspan(0, 1, color=paper)
    text = ax.text(0.4, 0.4, "word", color=ink, fontsize=size, fontweight=weight)
    faults = watch.unreadable_texts(figure)
    assert [fault.split("'")[1] for fault in faults] == ([] if readable else ["word"])
    assert text.get_alpha() is None


def test_looking_at_a_figure_does_not_move_what_is_on_it():
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


@pytest.mark.parametrize(
    "line, fault",
    [
        ("x = np.zeros((2, 3))  # (2, 3): two rows", None),
        ("x = np.zeros((2, 3))  # (3, 2)", "x has shape (3, 2), but it has (2, 3)"),
        ("x = np.zeros(n + 1)  # (n + 1,)", None),
        (
            "x = np.zeros(n)  # (n + 1,), one too few",
            "x has shape (n + 1,), but it has (5,)",
        ),
        ("x, y = np.zeros(2), np.zeros((n, 1))  # (2,), (n, 1)", None),
        (
            "x, y = np.zeros(2), np.zeros((n, 1))  # (2,), (n, 2)",
            "y has shape (n, 2), but it has (5, 1)",
        ),
        ("x = np.zeros((2, 3)) @ np.zeros((3, 4))  # (2, 3) @ (3, 4) = (2, 4)", None),
        (
            "x = np.zeros((2, 3)) @ np.zeros((3, 4))  # (2, 3) @ (3, 4) = (4, 2)",
            "x has shape (4, 2), but it has (2, 4)",
        ),
        (
            "x = 2 * np.zeros((2, 3)) @ np.zeros((3, 4))  # (2, 4) @ (4, 4) = (2, 4)",
            "2 * np.zeros((2, 3)) has shape (2, 4), but it has (2, 3)",
        ),
        (
            "x = 1 - np.zeros((2, 3)) @ np.ones((3, 2)) @ np.ones((2, n))  # (2, 3) @ (3, 2) @ (2, 4)",
            "np.ones((2, n)) has shape (2, 4), but it has (2, 5)",
        ),
        ("x = np.zeros(3) @ np.zeros(3)  # (3,) @ (3,): a number", None),
        (
            "x = np.zeros((2, 3))\nx = x @ np.zeros((3, 4))  # (2, 3) @ (3, 4) = (2, 4)",
            None,
        ),
        (
            "x, y = np.zeros(2), np.zeros((3, 2)) @ np.zeros((2, 4))  # (2,), (3, 4)",
            None,
        ),
        (
            "x = {1: np.zeros(5), 2: np.zeros(4)}  # (n,) each",
            "x has shape (n,), but it has (4,)",
        ),
        ("x = [[1, 2], [3, 4]]  # (2, 2)", None),
        ("x = np.array([\n    1, 2])  # (3,)", "x has shape (3,), but it has (2,)"),
        ("x = np.zeros((3, 2))  # (…, 2)", None),
        ("x = np.zeros((3, 2))  # (samples, 2)", None),
        (
            "x = np.zeros((3, 2))  # (samples, 3)",
            "x has shape (samples, 3), but it has (3, 2)",
        ),
        (
            "x = np.zeros((3, 2))  # (samples,)",
            "x has shape (samples,), but it has (3, 2)",
        ),
        ("x = '# (3, 3)'", None),
        (
            "x = np.zeros((2, 3))  # (3, 2), all >= 0",
            "x has shape (3, 2), but it has (2, 3)",
        ),
        (
            "m = np.int64(3)\nx = np.zeros((2, 3))  # (2, m + 1)",
            "x has shape (2, m + 1), but it has (2, 3)",
        ),
        (
            "x, y = np.zeros(2), np.zeros(3)  # (2,) each",
            "y has shape (2,), but it has (3,)",
        ),
        ("x = [np.zeros(3) for _ in range(4)]  # (3,) each", None),
        ("y = 1; x = np.zeros((2, 3))  # (2, 3)", None),
        (
            "x = iter([np.zeros((2, 3))])\nx = next(x) @ np.zeros((3, 4))  # (2, 3) @ (3, 4) = (2, 4)",
            None,
        ),
        ("images = np.zeros((3, 3))  # (images, 3)", None),
        ("x, *rest = np.zeros(2), 1, 2  # (2,), (2,)", None),
        ("x = np.zeros((3, 2))  # (..., 2)", None),
    ],
)
def test_shapes_in_comments_are_held_to_what_they_say(line, fault):
    source = f"import numpy as np\nn = 5\n{line}\nlast = n"
    names = {}
    checked = "".join(watch.with_shapes_checked(source.splitlines(keepends=True)))
    if fault:
        with pytest.raises(AssertionError) as caught:
            exec(checked, names)
        assert fault in str(caught.value)
    else:
        exec(checked, names)
        assert names["last"] == 5


def test_a_kernel_holds_shapes_to_their_comments(tmp_path):
    source = "import numpy as np\nx = np.zeros((2, 3))    # (3, 2): transposed\nprint(x.shape)"
    assert "A comment says that x has shape (3, 2), but it has (2, 3)" in failure_of(
        tmp_path, source
    )
