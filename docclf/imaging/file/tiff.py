"""TIFF pictures of every arrangement of samples: in planes, of 12 to 32 bit, with white as zero."""

from collections.abc import Callable

import numpy as np
from PIL import Image, UnidentifiedImageError

from docclf.errors import InputError
from docclf.imaging.file.container.tiff import HEIGHT, PHOTOMETRIC, WIDTH, Tiff
from docclf.imaging.file.samples import eight_bit, grey_values, rgb

_WHITE_IS_ZERO, _GREY, _RGB, _CMYK = 0, 1, 2, 5


def tiff_pixels(tiff: Tiff, opened: Callable[[bytes], Image.Image], check: Callable[[int, int], None]) -> np.ndarray:
    """Returns the pixels of the first picture as they lie in the file, uint8 [H,W,3].

    Args:
        tiff: its directory.
        opened: opens and loads a file by Pillow.
        check: is told width and height before anything is decoded; raises where they are too many.

    Raises:
        InputError: the samples are of a kind that is not read.
    """
    check(tiff.number(WIDTH, 0), tiff.number(HEIGHT, 0))
    try:
        return _pixels(tiff, opened)
    except UnidentifiedImageError as error:
        raise InputError(_rare(tiff)) from error


def _pixels(tiff: Tiff, opened: Callable[[bytes], Image.Image]) -> np.ndarray:
    photometric = tiff.number(PHOTOMETRIC, _GREY)
    mixed = tiff.samples == 2 and (tiff.bits > 8 or photometric == _WHITE_IS_ZERO)
    wide = tiff.samples > 1 and (tiff.bits > 16 or tiff.form == 3 or mixed)
    if tiff.planes > 1 or wide:
        if photometric not in (_WHITE_IS_ZERO, _GREY, _RGB, _CMYK):
            raise InputError(_rare(tiff))
        return _of_samples(tiff, _samples(tiff, opened), photometric)
    deep = tiff.bits > 8 and tiff.samples == 1
    inverted = deep and photometric == _WHITE_IS_ZERO
    image = opened(tiff.file(t262=_GREY) if inverted else tiff.file())
    return rgb(image, inverted, tiff.white if deep and tiff.bits <= 16 else None, tiff.form == 1)


def _rare(tiff: Tiff) -> str:
    kind = {2: "signed ", 3: "float "}.get(tiff.form, "")
    return (
        f"is a TIFF of {tiff.samples} x {tiff.bits} bit {kind}samples of a kind that is not read; save it as 8-bit RGB"
    )


def _samples(tiff: Tiff, opened: Callable[[bytes], Image.Image]) -> np.ndarray:
    """Returns the numbers [H,W,C] as they are stored."""
    unsigned = tiff.form == 1
    if tiff.planes > 1:
        return np.stack([grey_values(opened(tiff.plane(k)), unsigned) for k in range(tiff.planes)], axis=2)
    values = grey_values(opened(tiff.widened()), unsigned)
    values = values.reshape(len(values), -1, tiff.samples)
    if tiff.differences:
        values = np.cumsum(values.astype(np.uint64), axis=1) % 2**tiff.bits
    return values


def _of_samples(tiff: Tiff, values: np.ndarray, photometric: int) -> np.ndarray:
    top = 1 if tiff.form == 3 else 2**tiff.bits - 1 if tiff.bits <= 16 else 65535
    pixels = eight_bit(values, top)
    modes = {_RGB: "RGB", _CMYK: "CMYK"}
    mode = modes.get(photometric, "L")
    bands = len(mode)
    if pixels.shape[2] < bands:
        raise InputError(f"is a TIFF of {pixels.shape[2]} samples where its colours need {bands}; it is damaged")
    if photometric == _WHITE_IS_ZERO:
        pixels[..., 0] = 255 - pixels[..., 0]
    if tiff.alpha and pixels.shape[2] > bands and photometric != _CMYK:
        mode, bands = mode + ("a" if tiff.alpha == 1 else "A"), bands + 1
    planes = [Image.fromarray(np.ascontiguousarray(pixels[..., k])) for k in range(bands)]
    if mode in ("La", "RGBa"):  # Pillow merges no premultiplied bands, but takes their bytes
        return rgb(Image.frombytes(mode, planes[0].size, np.ascontiguousarray(pixels[..., :bands]).tobytes()))
    return rgb(Image.merge(mode, planes) if bands > 1 else planes[0])
