"""The fields of blur kernels, kept: drawing a kernel costs more than filtering with it.

Rounded to a tenth of a pixel there are few enough of them.
"""

import functools
import math

import numpy as np

from docclf.augment.draws.params import BLURS, KERNEL, Values
from docclf.imaging.effect.blur import disc_kernel, gaussian_kernel, motion_kernel, shake_kernel

ANGLES = 32  # of a shake


@functools.lru_cache(maxsize=4096)
def disc(radius: float, soft: float) -> dict[str, object]:
    """Of a lens out of focus."""
    return _fields(disc_kernel(odd(2 * radius + 3), radius, soft))


@functools.lru_cache(maxsize=4096)
def shake(length: float, angle: int) -> dict[str, object]:
    """Of a hand that moves along one of `ANGLES` directions."""
    return _fields(shake_kernel(odd(length + 3), length, math.pi * angle / ANGLES))


@functools.lru_cache(maxsize=16384)
def line(size: int, x0: int, y0: int, x1: int, y1: int) -> dict[str, object]:
    """Of a line between two points of a window."""
    return _fields(motion_kernel(size, (x0, y0), (x1, y1)))


@functools.lru_cache(maxsize=16)
def _of_window(size: int) -> dict[str, object]:
    # cv2.getGaussianKernel's rule for a kernel without a standard deviation.
    sigma = 0.3 * ((size - 1) * 0.5 - 1) + 0.8
    return {**_fields(gaussian_kernel(size, sigma)), "sigma": sigma}


def gaussian(window: int, sigma: float | None) -> dict[str, object]:
    """Of a standard deviation, or of the window's own where there is none."""
    if sigma is None:
        return _of_window(window)
    return {**_fields(gaussian_kernel(odd(6 * sigma + 1), sigma)), "sigma": sigma}


def odd(size: float) -> int:
    """The odd whole number nearest to size, at most the stored side."""
    return min(KERNEL, 2 * math.floor(size / 2.0) + 1)


def write(out: Values, rows: np.ndarray, kernels: list[dict[str, object]]) -> None:
    """Writes each sample's kernel into its row."""
    for row, kernel in zip(rows.tolist(), kernels, strict=True):
        for name, value in kernel.items():
            out[name][row] = value


def _fields(kernel: np.ndarray) -> dict[str, object]:
    size = kernel.shape[0]
    stored, start = np.zeros((KERNEL, KERNEL), dtype=np.float32), (KERNEL - size) // 2
    stored[start : start + size, start : start + size] = kernel
    stored.flags.writeable = False
    return {"blur": BLURS.index("kernel"), "kernel": stored, "kernel_size": size}
