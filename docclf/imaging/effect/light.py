"""Uneven light, a shadow and a glare, as smooth fields computed on a coarse grid and enlarged."""

import math

import cv2
import numpy as np

_CELLS = 24  # grid points per side; a shadow's edge is at least two of them wide
_AXIS = (np.arange(_CELLS) + 0.5) / _CELLS - 0.5
_X, _Y = np.meshgrid(_AXIS, _AXIS)
_RADIUS2 = 2.0 * (_X**2 + _Y**2)  # 1 in the corners


def gain_field(gradient: np.ndarray, vignette: float, shadow: np.ndarray) -> np.ndarray:
    """float64 [24,24,3] factors: (1 + gradient . 2 (x, y)) (1 - vignette r^2) (1 - darkness of the shadow), at least 0.

    Args:
        gradient: [3,2]; see docclf.augment.draws.params, as for the others.
        vignette: loss at the corners.
        shadow: [5] direction, offset, half width of the edge, darkness, width of the band.
    """
    direction, offset, soft, dark, band = (float(v) for v in shadow)
    shade = 1.0 - vignette * _RADIUS2
    if dark > 0.0:
        distance = _X * math.cos(direction) + _Y * math.sin(direction) - offset
        inside = np.clip(0.5 + distance / (2 * soft), 0, 1) * np.clip(0.5 + (band - distance) / (2 * soft), 0, 1)
        shade = shade * (1.0 - dark * inside * inside * (3.0 - 2.0 * inside))
    slope = 1.0 + 2.0 * (_X[..., None] * gradient[:, 0] + _Y[..., None] * gradient[:, 1])
    return np.maximum(slope * shade[..., None], 0.0)


def glare_field(glare: np.ndarray) -> np.ndarray:
    """float64 [24,24] share of white, 0 to 1: turned elliptical Gaussians, added and cut off at 1.

    Args:
        glare: [n,6] centre x, y, radii x, y, angle (radians), strength; those of strength 0 are skipped.
    """
    white = np.zeros((_CELLS, _CELLS))
    for x0, y0, rx, ry, angle, strength in glare[glare[:, 5] > 0.0].tolist():
        x, y = _X + 0.5 - x0, _Y + 0.5 - y0
        along = (x * math.cos(angle) + y * math.sin(angle)) / rx
        across = (y * math.cos(angle) - x * math.sin(angle)) / ry
        white += strength * np.exp(-0.5 * (along**2 + across**2))
    return np.minimum(white, 1.0)


def light(
    image: np.ndarray, gradient: np.ndarray, vignette: float, shadow: np.ndarray, glare: np.ndarray
) -> np.ndarray:
    """uint8 [S,S,3] = image * gain * (1 - glare) + 255 * glare, the fields enlarged bilinearly from 24 x 24."""
    size = (image.shape[1], image.shape[0])
    gain = gain_field(gradient, vignette, shadow)
    white = glare_field(glare)[..., None] if glare[:, 5].any() else None
    if white is not None:
        gain = gain * (1.0 - white)
    factor = cv2.resize(gain.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    if white is None:
        return cv2.multiply(image, factor, dtype=cv2.CV_8U)
    veil = cv2.resize((255.0 * white).astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    return cv2.add(
        cv2.multiply(image, factor, dtype=cv2.CV_32F), cv2.cvtColor(veil, cv2.COLOR_GRAY2RGB), dtype=cv2.CV_8U
    )
