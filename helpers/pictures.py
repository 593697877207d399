"""Readers' own pictures of digits, read from files. Used in chapter 5."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from scipy.ndimage import label, sum_labels

_MOST_PIXELS = 50_000_000  # photos taken with phones usually have 12 to 48 million
_SIDE = 400  # pixels of the longer side, far more than the 20 that a network sees
_FAINTEST = 0.1  # contrast of ink and paper, as a share of the range of brightness
_SPECK = 0.05  # patches below this share of the largest patch are dust


def read_ink(path):
    """Read a drawing or a photo of one digit, and separate the ink from the paper.

    Uneven light is evened out by subtracting the plane that fits the picture's border
    best, and specks are removed. Used in chapter 5.

    Parameters
    ----------
    path : str or pathlib.Path
        An image file in any format that Pillow reads, such as PNG or JPEG: dark on
        light or light on dark, of any size and colour, transparent or not.

    Returns
    -------
    ndarray of float64 of shape (rows, columns)
        0 for paper, up to 1 for ink. The longer side has at most 400 pixels.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is no picture, damaged, larger than 50 million pixels, or empty. The
        message names the file and says what to do.

    Examples
    --------
    >>> from pathlib import Path
    >>> import helpers
    >>> from helpers.pictures import read_ink
    >>> course = Path(helpers.__file__).parents[1]
    >>> ink = read_ink(course / "images" / "own_digit.png")
    >>> ink.shape
    (300, 400)
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: there is no such file. Looked in {path.absolute().parent}"
        )
    grey = _read_grey(path)
    ink = grey - _paper(grey)
    # Dark or light ink: whichever stands out more.
    ink = np.maximum(0, ink if ink.max() > -ink.min() else -ink)
    if ink.max() < _FAINTEST:
        raise ValueError(
            f"{path.name} looks empty: nothing on it stands out from the paper. "
            "Use a darker pen, leave a margin around the digit"
        )
    # The grain of the paper becomes 0, the middle of a stroke 1.
    ink = np.clip((ink / ink.max() - 0.3) / 0.4, 0, 1)
    return _without_specks(ink)


def _read_grey(path):
    """Return the picture's brightness from 0 to 1, shrunk to the size to work with."""
    try:
        with warnings.catch_warnings():
            # What Pillow warns of is an error below.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                if image.width * image.height > _MOST_PIXELS:
                    raise Image.DecompressionBombError
                # Pillow can read a large JPEG at a fraction of its size.
                image.draft("RGB", (2 * _SIDE, 2 * _SIDE))
                return _grey(ImageOps.exif_transpose(image))
    except Image.DecompressionBombError as error:
        raise ValueError(
            f"{path.name} is too large: more than {_MOST_PIXELS:,} pixels. "
            "Save a smaller copy, 1,000 pixels wide, say"
        ) from error
    except UnidentifiedImageError as error:
        raise ValueError(
            f"{path.name} is no picture that can be read. Save it as PNG or JPEG"
        ) from error
    except Exception as error:  # Pillow raises errors of many kinds for damaged files
        raise ValueError(
            f"{path.name} is damaged and cannot be read ({error}). Save it again"
        ) from error


def _grey(image):
    if image.mode.startswith(("I", "F")):  # 16 or 32 bits to a pixel, of any range
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
    """Return the brightness of the paper, the plane that fits the border best."""
    rows, columns = np.indices(grey.shape)
    places = np.stack([rows, columns, np.ones(grey.shape)], axis=-1)
    border = np.ones(grey.shape, dtype=bool)
    border[1:-1, 1:-1] = False
    plane, *_ = np.linalg.lstsq(places[border], grey[border], rcond=None)
    return places @ plane


def _without_specks(ink):
    patches, count = label(ink > 0, structure=np.ones((3, 3)))
    sizes = sum_labels(ink > 0, patches, np.arange(count + 1))
    return np.where((sizes >= _SPECK * sizes.max())[patches], ink, 0)
