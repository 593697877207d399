"""Readers' own pictures: ink on paper, and a clear message for a bad file."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from helpers import pictures
from helpers.pictures import read_ink

SHAPE = np.zeros((120, 160))
SHAPE[30:90, 60:75] = SHAPE[80:90, 60:110] = 1  # an L shows when it is turned
RNG = np.random.default_rng(0)
GRAIN = RNG.normal(size=SHAPE.shape)
NOISE = RNG.random((200, 200))


def grey(brightness):
    """Return an image of brightness 0 to 1, ``(rows, columns)``."""
    return Image.fromarray(np.uint8(np.round(255 * brightness.clip(0, 1))))


def file_of(image, kind="png", **options):
    """Return the bytes of an image file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.fixture
def read(tmp_path):
    """Return a function that reads an image, or bytes, from a file."""

    def read(content, kind="png", **options):
        if isinstance(content, Image.Image):
            content = file_of(content, kind, **options)
        (tmp_path / "a.png").write_bytes(content)
        return read_ink(tmp_path / "a.png")

    return read


def agrees(ink, shape=SHAPE):
    """Tell whether ink is where it should be; edges may be soft."""
    return ink.shape == shape.shape and np.mean((ink > 0.5) != (shape > 0.5)) < 0.002


# Ink on paper


@pytest.mark.parametrize("kind", ["png", "jpeg", "bmp", "gif", "webp", "tiff"])
@pytest.mark.parametrize(
    "brightness",
    [1 - SHAPE, SHAPE, 0.8 - 0.3 * SHAPE, 0.3 + 0.12 * SHAPE],
    ids=["dark on light", "light on dark", "grey on light", "faint on dark"],
)
def test_ink_is_found_in_any_contrast_and_format(read, kind, brightness):
    ink = read(grey(brightness), kind, quality=92)
    assert ink.dtype == np.float64
    assert ink.min() == 0 and ink.max() == 1
    assert agrees(ink)


LIGHT = np.linspace(1, 0.55, 160) * np.linspace(0.9, 1, 120)[:, None]
RED_ON_CREAM = np.where(SHAPE[..., None] == 1, (200, 30, 30), (240, 235, 200))
ON_TRANSPARENT = np.dstack([np.zeros((120, 160, 3)), 255 * SHAPE])
IMAGES = {
    "red on cream": Image.fromarray(np.uint8(RED_ON_CREAM)),
    "black on transparent": Image.fromarray(np.uint8(ON_TRANSPARENT)),
    "16 bits": Image.fromarray(np.uint16(4000 - 3000 * SHAPE + 30 * GRAIN)),
    "uneven light and grain": grey(LIGHT * (1 - 0.8 * SHAPE) + 0.012 * GRAIN),
} | {
    mode: grey(1 - SHAPE).convert(mode)
    for mode in ("1", "L", "P", "RGB", "RGBA", "LA", "CMYK")
}


@pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES)
def test_ink_is_found_in_any_colours_and_light(read, image):
    assert agrees(read(image, "tiff"))


def test_ink_that_nearly_fills_the_picture_is_found(read):
    shape = np.zeros((120, 160))
    shape[3:-3, 80:-3] = shape[3:60, 3:80] = 1
    light = np.linspace(1, 0.7, 160)
    assert agrees(read(grey(light * (1 - 0.9 * shape))), shape)


def test_dust_is_removed(read):
    dusty = 1 - SHAPE
    dusty[5, 5] = dusty[110:112, 150:152] = 0
    ink = read(grey(dusty))
    assert agrees(ink)
    assert np.all(ink[dusty == 1] == 0) and ink[5, 5] == ink[110, 150] == 0


@pytest.mark.parametrize("share, kept", [(0.04, 0), (0.06, 1)])
def test_patches_below_a_twentieth_of_the_largest_are_dust(read, share, kept):
    patched = 1 - SHAPE
    patched[2:12, 100 : 100 + round(share * SHAPE.sum() / 10)] = 0
    assert np.all(read(grey(patched))[3:11, 101:102] == kept)


def test_other_strokes_are_no_dust(read):
    shape = SHAPE.copy()
    slanting = np.arange(5, 30), np.arange(35, 60)  # touches the L's corner
    shape[slanting] = shape[20:40, 90:95] = 1
    ink = read(grey(1 - shape))
    assert agrees(ink, shape)
    assert np.all(ink[slanting] == 1)


def test_a_photo_held_sideways_is_turned(read):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown after a quarter turn clockwise
    ink = read(grey(1 - SHAPE), "jpeg", exif=exif, quality=92)
    assert agrees(ink, np.rot90(SHAPE, -1))


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_a_large_photo_is_shrunk(read, kind):
    ink = read(grey(1 - np.kron(SHAPE, np.ones((20, 20)))), kind)
    assert ink.shape == (300, 400)
    assert ink.sum() / ink.size == pytest.approx(SHAPE.mean(), rel=0.05)


def test_the_sample_of_chapter_5_is_a_3(pytestconfig):
    ink = read_ink(pytestconfig.rootpath / "images" / "own_digit.png")
    rows, columns = np.flatnonzero(ink.max(axis=1)), np.flatnonzero(ink.max(axis=0))
    assert 0.01 < np.mean(ink > 0.5) < 0.1
    assert np.ptp(rows) > np.ptp(columns)  # taller than wide


# Bad files


def png_that_claims(side):
    """Return a PNG file of a square picture of any size, with hardly any data in it."""
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    file = b"\x89PNG\r\n\x1a\n"
    for kind, data in (
        (b"IHDR", header),
        (b"IDAT", zlib.compress(b"")),
        (b"IEND", b""),
    ):
        checksum = zlib.crc32(kind + data)
        file += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)
    return file


def floats(value):
    return Image.fromarray(np.where(SHAPE == 1, value, 0).astype(np.float32))


PNG, JPEG = file_of(grey(NOISE)), file_of(grey(NOISE), "jpeg")
EMPTY = r"a\.png looks empty: .*Use a darker pen"
NO_PICTURE = r"a\.png is no picture.*Save it as PNG or JPEG"
DAMAGED = r"a\.png is damaged and cannot be read.*Save it again"
LARGE = r"a\.png is too large: more than 50,000,000 pixels. Save a smaller copy"
BAD = {
    "one pixel": (grey(np.ones((1, 1))), EMPTY),
    "one row": (grey(np.ones((1, 50))), EMPTY),
    "black": (grey(np.zeros((50, 50))), EMPTY),
    "shadow": (grey(np.linspace(0.2, 0.9, 50) * np.ones((50, 1))), EMPTY),
    "grain": (grey(0.8 + 0.01 * GRAIN), EMPTY),
    "grain of 16 bits": (Image.fromarray(np.uint16(4000 + 30 * GRAIN)), EMPTY),
    "no bytes": (b"", NO_PICTURE),
    "text": (b"no picture", NO_PICTURE),
    "archive": (b"PK\x03\x04" + bytes(100), NO_PICTURE),
    "half a PNG": (PNG[: len(PNG) // 2], DAMAGED),
    "half a JPEG": (JPEG[: len(JPEG) // 2], DAMAGED),
    "altered PNG": (PNG[:60] + bytes([PNG[60] ^ 255]) + PNG[61:], DAMAGED),
    "NaN": (file_of(floats(np.nan), "tiff"), DAMAGED),
    "infinity": (file_of(floats(np.inf), "tiff"), DAMAGED),
    "50.4 million pixels": (png_that_claims(7_100), LARGE),
    "100 million pixels": (png_that_claims(10_000), LARGE),  # Pillow warns
    "400 million pixels": (png_that_claims(20_000), LARGE),  # Pillow raises
}


@pytest.mark.parametrize("content, message", BAD.values(), ids=BAD)
def test_a_bad_file_is_refused_with_a_remedy(read, content, message, recwarn):
    with pytest.raises(ValueError, match=message):
        read(content)
    assert not recwarn


def test_a_picture_at_the_limit_is_read(read, monkeypatch):
    monkeypatch.setattr(pictures, "_MOST_PIXELS", SHAPE.size)
    assert agrees(read(grey(1 - SHAPE)))
    monkeypatch.setattr(pictures, "_MOST_PIXELS", SHAPE.size - 1)
    with pytest.raises(ValueError, match="too large"):
        read(grey(1 - SHAPE))


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "three.png", tmp_path):
        with pytest.raises(FileNotFoundError, match=f"{path.name}: there is no such f"):
            read_ink(path)
