"""Reading an image file straight to a small square, decoding no more pixels than that needs."""

import io

import cv2
import numpy as np
import torch
from PIL import Image

from docclf.imaging.header import ordinary_jpeg
from docclf.imaging.read import FORMATS, MAX_PIXELS, orientation, read_image, turned

# libjpeg leaves out the high frequencies of each 8 x 8 block: the image comes out at 1/2, 1/4 or 1/8.
_REDUCED = {
    8: cv2.IMREAD_REDUCED_COLOR_8,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    1: cv2.IMREAD_COLOR,
}
METHOD = "JPEG decoded at the smallest of 1, 1/2, 1/4, 1/8 that keeps both sides, then antialiased bicubic"


def read_squashed(data: bytes, side: int, max_pixels: int = MAX_PIXELS, name: str = "the given bytes") -> np.ndarray:
    """Returns the image of a file stretched to a square, turned by EXIF.

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
    size, turn = _jpeg(data) or ((0, 0), None)
    if not 0 < size[0] * size[1] <= max_pixels:  # read_image decodes it, or says what is wrong
        return shrunk(read_image(data, max_pixels, name=name), side)
    scale = next((s for s in _REDUCED if min(size) >= s * side), 1)
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), _REDUCED[scale] | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        pixels = None
    if pixels is None:  # a JPEG of a kind that only Pillow knows
        return shrunk(read_image(data, max_pixels, name=name), side)
    return turned(shrunk(pixels, side, swap=True), turn)


def _jpeg(data: bytes) -> tuple[tuple[int, int], int | None] | None:
    """Returns (width, height) and EXIF orientation of a grey or colour JPEG of one picture; None for anything else."""
    if size := ordinary_jpeg(data):
        return size, None
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.format == "JPEG" and image.mode in ("RGB", "L"):
                return image.size, orientation(image) if "exif" in image.info else None
    except Exception:  # read_image says what is wrong
        pass
    return None


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
