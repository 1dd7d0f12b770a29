"""A 64-bit fingerprint of what an image looks like, equal or nearly so for resized and recompressed copies."""

import cv2
import numpy as np

_SIDE = 32  # grey image that is transformed
_KEPT = 8  # lowest frequencies of each axis
_FLAT = 2.0  # grey levels; what varies less has no look, only noise
NONE = 0


def perceptual_hash(image: np.ndarray) -> int:
    """Returns the signs of the lowest 8 x 8 DCT coefficients against their median, row by row, first bit highest.

    The usual DCT hash ("pHash", Zauner 2010, section 3.2.1, with the constant term among the 64): grey, area average to
    32 x 32. Flat images return `NONE`: they would all look alike.

    Args:
        image: uint8 [H,W,3] RGB.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    height, width = grey.shape
    if height > _SIDE or width > _SIDE:
        grey = cv2.resize(grey, (min(width, _SIDE), min(height, _SIDE)), interpolation=cv2.INTER_AREA)
    if grey.shape != (_SIDE, _SIDE):
        grey = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_LINEAR)
    grey = grey.astype(np.float32)
    if grey.std() < _FLAT:
        return NONE
    low = cv2.dct(grey)[:_KEPT, :_KEPT].ravel()
    return int.from_bytes(np.packbits(low > np.median(low)).tobytes(), "big")
