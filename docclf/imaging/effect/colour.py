"""One colour matrix and one gamma curve on a uint8 image."""

import cv2
import numpy as np

LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601, as cv2.cvtColor's grey
_LEVELS = np.arange(256, dtype=np.float64) / 255.0


def apply_matrix(image: np.ndarray, matrix: np.ndarray, pivot: np.ndarray | None = None) -> np.ndarray:
    """uint8 [H,W,3] = matrix[:, :3] @ RGB + matrix[:, 3] + pivot @ (mean RGB of the image), clipped to 0..255.

    Args:
        image: uint8 [H,W,3].
        matrix: [3,4]; the last column in 0..255.
        pivot: [3,3] or None for none.
    """
    if pivot is not None and pivot.any():
        matrix = matrix.copy()
        matrix[:, 3] += pivot @ np.array(cv2.mean(image)[:3])
    return cv2.transform(image, matrix)


def apply_gamma(image: np.ndarray, gamma: float) -> np.ndarray:
    """uint8 [H,W,3] = 255 * (image / 255) ** gamma, by table."""
    return cv2.LUT(image, np.rint(255.0 * _LEVELS**gamma).astype(np.uint8))


def hue_rotation(angle: float) -> np.ndarray:
    """[3,3] rotation of RGB about the grey axis, keeping the luma, as a rotation of the chroma plane of YIQ.

    Args:
        angle: radians.
    """
    return hue_matrix(np.cos(angle), np.sin(angle))


def hue_matrix(cos: float | np.ndarray, sin: float | np.ndarray) -> np.ndarray:
    """[...,3,3] rotation of the hue by the angle of that cosine and sine, numbers or [...,1,1]."""
    return _LUMA_PART + cos * _COS_PART + sin * _SIN_PART


def saturation(factor: float | np.ndarray) -> np.ndarray:
    """[...,3,3] mix of the colour (factor) and its own grey (1 - factor); 0 is grey, 1 the identity.

    Args:
        factor: a number or [...,1,1].
    """
    return factor * np.eye(3) + (1.0 - factor) * GREY


GREY = np.outer(np.ones(3), LUMA)  # [3,3] RGB to its grey
# FCC NTSC; the first row is LUMA, so that hue and grey agree.
_TO_YIQ = np.array([[0.299, 0.587, 0.114], [0.595716, -0.274453, -0.321263], [0.211456, -0.522591, 0.311135]])
_FROM_YIQ = np.linalg.inv(_TO_YIQ)
# FROM_YIQ diag(1, rotation) TO_YIQ, sorted by what its parts are multiplied with.
_LUMA_PART = np.outer(_FROM_YIQ[:, 0], _TO_YIQ[0])
_COS_PART = np.outer(_FROM_YIQ[:, 1], _TO_YIQ[1]) + np.outer(_FROM_YIQ[:, 2], _TO_YIQ[2])
_SIN_PART = np.outer(_FROM_YIQ[:, 2], _TO_YIQ[1]) - np.outer(_FROM_YIQ[:, 1], _TO_YIQ[2])
