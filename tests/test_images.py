"""The pictures that no cell computes: a script draws each, none is left over, and their words can be read."""

import runpy

import matplotlib.pyplot as plt
import pytest
from PIL import Image, ImageChops, ImageSequence, ImageStat

from tests.rules.watch import unreadable_texts
from tools.run_course import ROOT

STORED = {path.name: path for path in (ROOT / "images").glob("*.png")}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Draw all pictures into another folder; return it, and what is hard to read on them."""
    folder, faults = tmp_path_factory.mktemp("images"), []
    with plt.rc_context():
        script = runpy.run_path(str(ROOT / "images" / "draw_images.py"))
        names = script["main"].__globals__
        render = names["render"]

        def looked_at(figure, dpi):
            faults.extend(unreadable_texts(figure))
            return render(figure, dpi)

        names.update(FOLDER=folder, render=looked_at)
        script["main"]()
    plt.close("all")
    return folder, faults


def test_the_script_draws_exactly_the_pictures_that_are_kept(drawn):
    assert {path.name for path in drawn[0].iterdir()} == set(STORED)


@pytest.mark.parametrize("name", STORED)
def test_a_picture_drawn_anew_is_the_one_that_is_kept(drawn, name):
    with Image.open(STORED[name]) as kept, Image.open(drawn[0] / name) as new:
        assert (kept.size, getattr(kept, "n_frames", 1)) == (
            new.size,
            getattr(new, "n_frames", 1),
        )
        for one, other in zip(
            ImageSequence.Iterator(kept), ImageSequence.Iterator(new), strict=True
        ):
            difference = ImageChops.difference(one.convert("RGB"), other.convert("RGB"))
            assert (
                max(ImageStat.Stat(difference).mean) < 2
            )  # of 255: another release may draw letters otherwise


def test_words_in_pictures_can_be_read(drawn):
    assert sorted(set(drawn[1])) == []


def test_nothing_else_is_kept_among_the_pictures():
    assert {path.name for path in (ROOT / "images").iterdir() if path.is_file()} == {
        *STORED,
        "draw_images.py",
    }
