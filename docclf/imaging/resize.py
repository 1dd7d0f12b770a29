"""Squashing to a square, and reducing to a longest side, without aliasing."""

import cv2
import numpy as np


def squash(image: np.ndarray, side: int) -> np.ndarray:
    """Returns the image stretched to a square; the aspect ratio is not kept.

    Area averaging where an axis shrinks, linear where it grows. OpenCV's area mode is no average as soon as one of
    the two axes grows, so a mixed case (a narrow strip) takes two steps, the shrinking axis first.

    Args:
        image: uint8 [H,W,3].
        side: wanted side, pixels.

    Returns:
        uint8 [side,side,3]; the input itself when it has that size already.
    """
    height, width = image.shape[:2]
    if height > side or width > side:
        image = cv2.resize(image, (min(width, side), min(height, side)), interpolation=cv2.INTER_AREA)
    if height < side or width < side:
        image = cv2.resize(image, (side, side), interpolation=cv2.INTER_LINEAR)
    return image


def at_most(image: np.ndarray, longest: int) -> np.ndarray:
    """Returns an image [H,W,3] reduced by area until its longer side has ``longest`` pixels; a smaller one as it is."""
    scale = longest / max(image.shape[:2])
    if scale >= 1:
        return image
    size = tuple(max(1, round(side * scale)) for side in image.shape[1::-1])
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)
