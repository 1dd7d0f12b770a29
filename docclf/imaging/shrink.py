"""Reading an image file straight to a small square, decoding no more pixels than that needs."""

import cv2
import numpy as np
import torch

from docclf.imaging.file.container.bare import Bare
from docclf.imaging.file.container.jpeg import START, bare_jpeg
from docclf.imaging.file.orientation import turned
from docclf.imaging.read import MAX_PIXELS, read_image

# libjpeg leaves out the high frequencies of each 8 x 8 block: the image comes out at 1/2, 1/4 or 1/8.
_REDUCED = {
    8: cv2.IMREAD_REDUCED_COLOR_8,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    1: cv2.IMREAD_COLOR,
}
METHOD = "JPEG decoded at the smallest of 1, 1/2, 1/4, 1/8 that keeps both sides, then antialiased bicubic"


def read_squashed(data: bytes, side: int, max_pixels: int = MAX_PIXELS, name: str = "the given bytes") -> np.ndarray:
    """Returns the image of a file stretched to a square, turned as the file says.

    The pixels are those of Pillow's antialiased bicubic resize; only the JPEGs that are decoded at a fraction differ
    from it. Faster than `read_image` and Pillow, because OpenCV decodes ordinary JPEGs and torch resizes.
    OpenCV passes over damage in silence: give only bytes that `read_image` has decoded before.

    Args:
        data: the bytes of the file.
        side: wanted side, pixels.
        max_pixels: refuse larger images by the size in the header.
        name: what an error should call the image.

    Returns:
        uint8 [side,side,3] RGB.

    Raises:
        InputError: naming the file, when it cannot be read.
    """
    found = _plain(data)
    if found is None or found.plain[0] * found.plain[1] > max_pixels:  # read_image decodes it, or says what is wrong
        return shrunk(read_image(data, max_pixels, name=name), side)
    scale = next((s for s in _REDUCED if min(found.plain) >= s * side), 1)
    try:
        flags = _REDUCED[scale] | cv2.IMREAD_IGNORE_ORIENTATION
        pixels = cv2.imdecode(np.frombuffer(found.data, np.uint8), flags)
    except cv2.error:
        pixels = None
    if pixels is None:  # a JPEG of a kind that only Pillow knows
        return shrunk(read_image(data, max_pixels, name=name), side)
    return turned(shrunk(pixels, side, swap=True), found.orientation)


def _plain(data: bytes) -> Bare | None:
    """Returns a grey or colour JPEG of 8 bit without its metadata; None for anything else, read_image says why."""
    found = bare_jpeg(data) if data[:2] == START else None
    return found if found is not None and found.plain else None


def shrunk(image: np.ndarray, side: int, swap: bool = False) -> np.ndarray:
    """Returns the image stretched to a square by antialiased bicubic interpolation, as Pillow does it.

    Args:
        image: uint8 [H,W,3].
        side: wanted side, pixels.
        swap: exchange the first and the third channel.

    Returns:
        uint8 [side,side,3].
    """
    if image.shape[:2] == (side, side):
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGB) if swap else image
    planes = torch.from_numpy(np.require(image, requirements="W")).permute(2, 0, 1)[None]
    planes = torch.nn.functional.interpolate(planes, size=(side, side), mode="bicubic", antialias=True)
    planes = list(planes[0].contiguous().numpy())
    return cv2.merge(planes[::-1] if swap else planes)
