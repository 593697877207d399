"""Pictures of one's own, read from files. Used in chapter 5."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from scipy.ndimage import label, sum_labels

_MOST_PIXELS = 50_000_000  # read at most; a photo has 12 to 50 million
# pixels of the longer side to work with, far more than the 20 that a network will see
_SIDE = 400
_FAINTEST = (
    0.1  # ink this much darker than paper (or lighter), as a share of the range, is ink
)
_SPECK = 0.05  # patches below this share of the largest patch are dust


def read_ink(path):
    """Read a drawing or a photo of one digit, and tell ink from paper.

    ``path``  an image file in any format that Pillow reads, PNG and JPEG among them; dark on light or light on
              dark, of any size and colour, with or without transparency

    Returns a float64 array ``(rows, columns)``, the longer side at most 400: 0 for
    paper, up to 1 for ink. Uneven light is evened out by a plane laid through the
    picture's border, and specks are taken away.

    Raises ``FileNotFoundError`` when there is no such file, ``ValueError`` when it is
    no picture, damaged, larger than 50 million pixels, or without anything on it; each
    names the file and the remedy.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: there is no such file. Looked in {path.absolute().parent}"
        )
    grey = _read_grey(path)
    ink = grey - _paper(grey)
    ink = np.maximum(
        0, ink if ink.max() > -ink.min() else -ink
    )  # whichever way it stands out more
    if ink.max() < _FAINTEST:
        raise ValueError(
            f"{path.name} looks empty: nothing on it stands out from the paper. Use a darker pen, "
            "leave a margin around the digit"
        )
    ink = np.clip(
        (ink / ink.max() - 0.3) / 0.4, 0, 1
    )  # paper's grain to 0, the middle of a stroke to 1
    return _without_specks(ink)


def _read_grey(path):
    """Return the picture's brightness from 0 to 1, shrunk to the size to work with."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", Image.DecompressionBombWarning
            )  # below, it is an error
            with Image.open(path) as image:
                if image.width * image.height > _MOST_PIXELS:
                    raise Image.DecompressionBombError
                image.draft(
                    "RGB", (2 * _SIDE, 2 * _SIDE)
                )  # lets a large JPEG be read at a fraction of its size
                return _grey(ImageOps.exif_transpose(image))
    except Image.DecompressionBombError as error:
        raise ValueError(
            f"{path.name} is too large: more than {_MOST_PIXELS:,} pixels. Save a smaller copy, "
            "1,000 pixels wide, say"
        ) from error
    except UnidentifiedImageError as error:
        raise ValueError(
            f"{path.name} is no picture that can be read. Save it as PNG or JPEG"
        ) from error
    except (
        Exception
    ) as error:  # for damaged files, Pillow's readers raise errors of many kinds
        raise ValueError(
            f"{path.name} is damaged and cannot be read ({error}). Save it anew"
        ) from error


def _grey(image):
    if image.mode.startswith(
        ("I", "F")
    ):  # 16 or 32 bits to a pixel: no range that is known
        grey = np.asarray(image, dtype=np.float32)
        if not np.isfinite(grey).all():
            raise ValueError("it holds values that are no numbers")
        grey = grey / max(grey.max(), 1)
    else:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
        grey = np.asarray(image.convert("L"), dtype=np.float32) / 255
    scale = min(1, _SIDE / max(grey.shape))
    height, width = (max(1, round(scale * side)) for side in grey.shape)
    return np.asarray(
        Image.fromarray(grey).resize((width, height), Image.Resampling.BOX),
        dtype=np.float64,
    )


def _paper(grey):
    """Return the brightness that the paper would have without ink: the plane that fits the border best."""
    rows, columns = np.indices(grey.shape)
    places = np.stack(
        [rows, columns, np.ones(grey.shape)], axis=-1
    )  # (rows, columns, 3)
    border = np.ones(grey.shape, dtype=bool)
    border[1:-1, 1:-1] = False
    plane, *_ = np.linalg.lstsq(places[border], grey[border], rcond=None)
    return places @ plane


def _without_specks(ink):
    patches, count = label(ink > 0, structure=np.ones((3, 3)))
    sizes = sum_labels(ink > 0, patches, np.arange(count + 1))
    return np.where((sizes >= _SPECK * sizes.max())[patches], ink, 0)
