"""Does a reader's own picture arrive as ink on paper, and does a bad file get a clear message?"""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from helpers import pictures
from helpers.pictures import read_ink

SHAPE = np.zeros((120, 160))
SHAPE[30:90, 60:75] = 1  # an L, so that turning or mirroring it shows
SHAPE[80:90, 60:110] = 1


def save(path, brightness, mode="L", **options):
    """Write brightness 0 to 1, ``(rows, columns)``, as an image file."""
    Image.fromarray(np.uint8(np.round(255 * brightness.clip(0, 1)))).convert(mode).save(
        path, **options
    )
    return path


def agrees(ink, shape=SHAPE):
    """Tell whether ink is where it should be; edges may be soft."""
    return ink.shape == shape.shape and np.mean((ink > 0.5) != (shape > 0.5)) < 0.002


@pytest.mark.parametrize(
    "name, options",
    [
        ("a.png", {}),
        ("a.jpg", {"quality": 92}),
        ("a.bmp", {}),
        ("a.gif", {}),
        ("a.webp", {"quality": 92}),
        ("a.tif", {}),
    ],
)
@pytest.mark.parametrize(
    "brightness",
    [1 - SHAPE, SHAPE, 0.8 - 0.3 * SHAPE, 0.3 + 0.25 * SHAPE],
    ids=["dark on light", "light on dark", "grey on light", "faint on dark"],
)
def test_ink_is_found_whichever_way_round_and_whatever_the_format(
    tmp_path, name, options, brightness
):
    ink = read_ink(save(tmp_path / name, brightness, **options))
    assert ink.dtype == np.float64
    assert ink.min() == 0 and ink.max() == 1
    assert agrees(ink)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK"])
def test_every_colour_mode(tmp_path, mode):
    assert agrees(
        read_ink(
            save(tmp_path / ("a.tif" if mode == "CMYK" else "a.png"), 1 - SHAPE, mode)
        )
    )


def test_sixteen_bits(tmp_path):
    grain = np.random.default_rng(0).normal(0, 30, SHAPE.shape)
    Image.fromarray(np.uint16(4000 - 3000 * SHAPE + grain)).save(tmp_path / "a.png")
    assert agrees(read_ink(tmp_path / "a.png"))
    Image.fromarray(np.uint16(4000 + grain)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="looks empty"):
        read_ink(tmp_path / "a.png")


def test_a_digit_that_nearly_fills_the_picture(tmp_path):
    shape = np.zeros((120, 160))
    shape[3:-3, 80:-3] = shape[3:60, 3:80] = 1
    light = np.linspace(1, 0.7, 160)
    assert agrees(read_ink(save(tmp_path / "a.png", light * (1 - 0.9 * shape))), shape)


def test_colour_on_colour(tmp_path):
    colours = np.where(SHAPE[..., None] == 1, (200, 30, 30), (240, 235, 200)).astype(
        np.uint8
    )
    Image.fromarray(colours).save(tmp_path / "a.png")
    assert agrees(read_ink(tmp_path / "a.png"))


def test_black_pen_on_a_transparent_ground(tmp_path):
    Image.fromarray(np.uint8(np.dstack([np.zeros((120, 160, 3)), 255 * SHAPE]))).save(
        tmp_path / "a.png"
    )
    assert agrees(read_ink(tmp_path / "a.png"))


def test_uneven_light_and_grain(tmp_path):
    light = np.linspace(1, 0.55, 160) * np.linspace(0.9, 1, 120)[:, None]
    grain = np.random.default_rng(0).normal(0, 0.012, SHAPE.shape)
    assert agrees(read_ink(save(tmp_path / "a.png", light * (1 - 0.8 * SHAPE) + grain)))


def test_dust_is_taken_away(tmp_path):
    dusty = 1 - SHAPE
    dusty[5, 5] = dusty[110:112, 150:152] = 0
    ink = read_ink(save(tmp_path / "a.png", dusty))
    assert agrees(ink)
    assert np.all(ink[dusty == 1] == 0) and ink[5, 5] == ink[110, 150] == 0


def test_a_thin_slanting_stroke_belongs_to_the_digit(tmp_path):
    shape = SHAPE.copy()
    shape[np.arange(5, 30), np.arange(35, 60)] = 1  # touches the L's corner
    assert agrees(read_ink(save(tmp_path / "a.png", 1 - shape)), shape)
    assert np.all(
        read_ink(tmp_path / "a.png")[np.arange(5, 30), np.arange(35, 60)] == 1
    )


def test_a_second_stroke_is_kept(tmp_path):
    shape = SHAPE.copy()
    shape[20:40, 90:95] = 1
    assert agrees(read_ink(save(tmp_path / "a.png", 1 - shape)), shape)


def test_a_phone_held_sideways(tmp_path):
    upright = Image.Exif()
    upright[0x0112] = 6  # to be shown after a quarter turn clockwise
    assert agrees(
        read_ink(save(tmp_path / "a.jpg", 1 - SHAPE, exif=upright, quality=92)),
        np.rot90(SHAPE, -1),
    )


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_a_large_photo_is_shrunk(tmp_path, name):
    ink = read_ink(
        save(tmp_path / name, 1 - SHAPE.repeat(20, axis=0).repeat(20, axis=1))
    )
    assert ink.shape == (300, 400)
    assert ink.sum() / ink.size == pytest.approx(SHAPE.mean(), rel=0.05)


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (2, 2)])
def test_a_tiny_even_picture_is_called_empty(tmp_path, shape):
    with pytest.raises(ValueError, match=r"a\.png looks empty.*darker pen"):
        read_ink(save(tmp_path / "a.png", np.ones(shape)))


@pytest.mark.parametrize(
    "brightness",
    [
        np.ones((50, 50)),
        np.zeros((50, 50)),
        np.full((50, 50), 0.7),
        np.linspace(0.2, 0.9, 50) * np.ones((50, 1)),
        0.8 + np.random.default_rng(0).normal(0, 0.01, (50, 50)),
    ],
    ids=["white", "black", "grey", "shadow", "grain"],
)
def test_an_empty_picture(tmp_path, brightness):
    with pytest.raises(ValueError, match=r"a\.png looks empty"):
        read_ink(save(tmp_path / "a.png", brightness))


@pytest.mark.parametrize(
    "content", [b"", b"no picture", b"%PDF-1.7", b"PK\x03\x04" + bytes(100)]
)
def test_a_file_that_is_no_picture(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.png is no picture.*PNG or JPEG"):
        read_ink(tmp_path / "a.png")


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_a_truncated_picture(tmp_path, name):
    whole = save(
        tmp_path / name, np.random.default_rng(0).random((200, 200))
    ).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        ValueError, match="is damaged and cannot be read.*Save it again"
    ):
        read_ink(tmp_path / name)


def test_an_altered_picture(tmp_path):
    data = bytearray(save(tmp_path / "a.png", 1 - SHAPE).read_bytes())
    data[60] ^= 0xFF
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(ValueError, match=r"a\.png is (damaged|no picture)"):
        read_ink(tmp_path / "a.png")


def png_that_claims(width, height):
    """Return a PNG header for a picture of any size, with hardly any data behind it."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data))
            + kind
            + data
            + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [7_100, 10_000, 20_000, 100_000])
def test_a_huge_picture_is_refused_before_it_is_read(tmp_path, side, recwarn):
    (tmp_path / "a.png").write_bytes(png_that_claims(side, side))
    with pytest.raises(
        ValueError,
        match=r"a\.png is too large: more than 50,000,000 pixels. Save a smaller copy",
    ):
        read_ink(tmp_path / "a.png")
    assert not recwarn


def test_just_below_the_limit_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "_MOST_PIXELS", SHAPE.size)
    assert agrees(read_ink(save(tmp_path / "a.png", 1 - SHAPE)))
    monkeypatch.setattr(pictures, "_MOST_PIXELS", SHAPE.size - 1)
    with pytest.raises(ValueError, match="too large"):
        read_ink(tmp_path / "a.png")


def test_no_file_and_a_folder(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"three\.png: there is no such file. Looked in"
    ):
        read_ink(tmp_path / "three.png")
    with pytest.raises(FileNotFoundError, match="there is no such file"):
        read_ink(tmp_path)


def test_the_sample_of_chapter_5_is_dark_on_light_and_found(pytestconfig):
    ink = read_ink(pytestconfig.rootpath / "images" / "own_digit.png")
    rows, columns = np.flatnonzero(ink.max(axis=1)), np.flatnonzero(ink.max(axis=0))
    assert 0.01 < np.mean(ink > 0.5) < 0.1
    assert np.ptp(rows) > np.ptp(columns)  # a 3 is taller than wide
