"""Bytes that a stranger sent, as pixels: sizes come before decoding, and few are decoded at once."""

import threading
from functools import partial

import cv2
import numpy as np

from docclf.errors import InputError
from docclf.imaging.read import read_image

SIDE, QUALITY = 512, 85  # of the picture that is kept
HEAVY = 4_000_000  # pixels from which images are decoded one at a time, so that memory holds
_heavy = threading.Lock()


def decoded(content: bytes, most_pixels: int) -> np.ndarray:
    """Returns uint8 RGB [H,W,3].

    Raises:
        InputError: it is no image, damaged, or has more pixels.
    """
    read = partial(read_image, content, name="the image")
    try:
        return read(max_pixels=min(HEAVY, most_pixels))
    except InputError as error:
        if "more than max_pixels" not in str(error):
            raise
    with _heavy:
        try:
            return read(max_pixels=most_pixels)
        except MemoryError as error:
            raise InputError("the image: it takes more memory than there is; make it smaller.") from error


def kept(pixels: np.ndarray) -> bytes:
    """Returns the JPEG of an image that is kept with its row: at most 512 pixels, no metadata."""
    height, width = pixels.shape[:2]
    scale = SIDE / max(height, width, SIDE)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return jpeg(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if scale < 1 else pixels)


def jpeg(pixels: np.ndarray) -> bytes:
    """Returns an image as JPEG."""
    done, data = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise InputError("the image cannot be kept as JPEG; make it larger than a line.")
    return data.tobytes()
