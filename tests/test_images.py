"""The pictures in images/: a script draws them all, and their text can be read."""

import runpy

import matplotlib.pyplot as plt
import pytest
from PIL import Image, ImageChops, ImageSequence, ImageStat

from tests.rules.watch import unreadable_texts
from tools.dependencies import ROOT

FOLDER = ROOT / "images"
STORED = sorted(path.name for path in FOLDER.glob("*.png"))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Draw all pictures into another folder; return it, and which texts are pale."""
    folder, faults = tmp_path_factory.mktemp("images"), []
    with plt.rc_context():
        main = runpy.run_path(str(FOLDER / "draw_images.py"))["main"]
        render = main.__globals__["render"]

        def looked_at(figure, dpi):
            faults.extend(unreadable_texts(figure))
            return render(figure, dpi)

        main.__globals__.update(FOLDER=folder, render=looked_at)
        main()
    plt.close("all")
    return folder, faults


def test_the_script_draws_exactly_the_stored_pictures(drawn):
    fresh = sorted(path.name for path in drawn[0].iterdir())
    assert fresh == STORED, "run `make images`"


def frames(picture):
    return [frame.convert("RGB") for frame in ImageSequence.Iterator(picture)]


@pytest.mark.parametrize("name", STORED)
def test_a_stored_picture_is_what_the_script_draws(drawn, name):
    with Image.open(FOLDER / name) as stored, Image.open(drawn[0] / name) as fresh:
        assert stored.size == fresh.size, "run `make images`"
        for one, other in zip(frames(stored), frames(fresh), strict=True):
            difference = ImageChops.difference(one, other)
            # of 255: another release may draw letters otherwise
            assert max(ImageStat.Stat(difference).mean) < 2


def test_words_in_pictures_can_be_read(drawn):
    assert sorted(set(drawn[1])) == []


def test_nothing_else_is_among_the_pictures():
    files = {path.name for path in FOLDER.iterdir() if path.is_file()}
    assert files == {*STORED, "draw_images.py"}
