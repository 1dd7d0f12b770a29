"""Integer sine, cosine and polar coordinates: rounding of libm or of vector units must not move a pixel.

A turn is 4096 steps; sine and cosine are scaled by 2**14.
"""

import math
from functools import lru_cache

import numpy as np

TURN = 4096
ONE = 1 << 14
SINE = np.array([round(ONE * math.sin(2 * math.pi * k / TURN)) for k in range(TURN)], dtype=np.int32)
_SINE = SINE.tolist()


def sin(angle: int) -> int:
    """Returns 2**14 times the sine of an angle in 1/4096 turns."""
    return _SINE[angle % TURN]


def cos(angle: int) -> int:
    """Returns 2**14 times the cosine of an angle in 1/4096 turns."""
    return _SINE[(angle + TURN // 4) % TURN]


def polar(cx: int, cy: int, radius: int, angle: int) -> tuple[int, int]:
    """Returns the pixel at `radius` from (cx, cy); angle 0 points right, a quarter turn points down."""
    half = ONE // 2
    return cx + (radius * cos(angle) + half) // ONE, cy + (radius * sin(angle) + half) // ONE


@lru_cache(maxsize=16)
def grid(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns x [1,W] and y [H,1] as int32."""
    return np.arange(width, dtype=np.int32)[None, :], np.arange(height, dtype=np.int32)[:, None]


@lru_cache(maxsize=16)
def _unit_polar(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = (axis.astype(np.float64) for axis in grid(height, width))
    # The square root is exact to the last bit everywhere; the angle is rounded to steps far coarser than libm's error.
    radius = np.sqrt(x * x + y * y)
    angle = np.arctan2(y, x) * (TURN / (2 * math.pi))
    return np.rint(radius).astype(np.int32), np.rint(angle).astype(np.int32)


def polar_grid(height: int, width: int, cx: int, cy: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns radius in pixels and angle in [0, 4096] of each pixel about (cx, cy), int32 [H,W] each.

    (cx, cy) must lie in the image.
    """
    radius, angle = _unit_polar(1024, 1024)

    def mirror(quarter: np.ndarray, sign: bool) -> np.ndarray:
        right_down = quarter[: height - cy, : width - cx]
        left_down = quarter[: height - cy, cx:0:-1]
        right_up = quarter[cy:0:-1, : width - cx]
        left_up = quarter[cy:0:-1, cx:0:-1]
        if not sign:
            return np.block([[left_up, right_up], [left_down, right_down]])
        half = TURN // 2
        return np.block([[half + left_up, TURN - right_up], [half - left_down, right_down]])

    return mirror(radius, False), mirror(angle, True)
