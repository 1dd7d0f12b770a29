"""Draws the blur of a sample: one kind and its kernel."""

import functools
import math

import numpy as np

from docclf.augment.draw import Draw, check_probability, check_range, check_weights
from docclf.augment.params import BLURS, KERNEL
from docclf.imaging.blur import disc_kernel, gaussian_kernel, motion_kernel, shake_kernel

_KINDS = ("motion", "median", "gaussian", "zoom", "defocus", "shake", "jpeg")
_ANGLES = 32  # of a shake
_REFERENCE = 128  # sizes in the yaml are pixels of an image of this side; they scale with the image


class Blur:
    """With probability p one blur; sizes are pixels at 128 px and scale with the image.

    Args:
        p: probability of a blur.
        kinds: weights of "motion" (a line between two random points of a window), "median", "gaussian", "zoom",
            "defocus" (a disc), "shake" (a centred line of random length and angle), "jpeg" (no blur: the compression
            part acts in its place, so that the two exclude each other).
        window: side of the window of "motion", "median" and "gaussian", odd.
        zoom: largest magnification of "zoom".
        radius: of the disc of "defocus".
        soft: standard deviation of the softened rim of the disc, pixels.
        length: of the line of "shake".
        sigma: of "gaussian"; null derives it from the window as OpenCV does.

    Raises:
        InputError: a probability, range or name is not one.
    """

    def __init__(
        self,
        p: float,
        kinds: dict[str, float],
        window: list[int],
        zoom: list[float],
        radius: list[float],
        soft: list[float],
        length: list[float],
        sigma: list[float] | None = None,
    ):
        self.p = check_probability("blur.p", p)
        self.kinds = check_weights("blur.kinds", kinds, _KINDS)
        self.window = check_range("blur.window", window, 3, 11)
        self.zoom = check_range("blur.zoom", zoom, 1.0, 2.0)
        self.radius = check_range("blur.radius", radius, 0.0, 8.0)
        self.soft = check_range("blur.soft", soft, 0.0, 2.0)
        self.length = check_range("blur.length", length, 0.0, 16.0)
        self.sigma = None if sigma is None else check_range("blur.sigma", sigma, 0.1, 4.0)

    def draw(self, draw: Draw, image_size: int) -> dict[str, object]:
        """The fields blur, kernel, kernel_size, sigma and zoom of Params; {"jpeg": True} where JPEG was chosen."""
        if not draw.chance(self.p):
            return {}
        kind, scale = draw.name(self.kinds), image_size / _REFERENCE
        if kind == "jpeg":
            return {"jpeg": True}
        if kind == "zoom":
            return {"blur": BLURS.index("zoom"), "zoom": draw.uniform(self.zoom)}
        if kind == "defocus":
            radius, soft = draw.uniform(self.radius) * scale, draw.uniform(self.soft)
            return _disc(round(radius, 1), round(soft, 1))
        if kind == "shake":
            length = draw.uniform(self.length) * scale
            return _shake(round(length, 1), draw.integer([0, _ANGLES - 1]))
        sides = [(self.window[0] - 1) // 2, (self.window[1] - 1) // 2]
        size = max(3, _odd((2 * draw.integer(sides) + 1) * scale))
        if kind == "median":
            return {"blur": BLURS.index("median"), "kernel_size": size}
        if kind == "gaussian":
            # cv2.getGaussianKernel's rule for a kernel without a standard deviation.
            sigma = 0.3 * ((size - 1) * 0.5 - 1) + 0.8 if self.sigma is None else draw.uniform(self.sigma) * scale
            size = size if self.sigma is None else _odd(6 * sigma + 1)
            return {**_kernel(gaussian_kernel(size, sigma)), "sigma": sigma}
        return _kernel(_line(draw, size))


# Drawing a kernel costs more than filtering with it; rounded to a tenth of a pixel there are few enough to keep.
@functools.lru_cache(maxsize=4096)
def _disc(radius: float, soft: float) -> dict[str, object]:
    return _kernel(disc_kernel(_odd(2 * radius + 3), radius, soft))


@functools.lru_cache(maxsize=4096)
def _shake(length: float, angle: int) -> dict[str, object]:
    return _kernel(shake_kernel(_odd(length + 3), length, math.pi * angle / _ANGLES))


def _line(draw: Draw, size: int) -> np.ndarray:
    ends = [draw.integer([0, size - 1]) for _ in range(4)]
    if ends[0] == ends[2] and ends[1] == ends[3]:
        ends[3] = (ends[1] + draw.integer([1, size - 1])) % size  # two different points
    return motion_kernel(size, (ends[0], ends[1]), (ends[2], ends[3]))


def _odd(size: float) -> int:
    """The odd whole number nearest to size, at most the stored side."""
    return min(KERNEL, 2 * math.floor(size / 2.0) + 1)


def _kernel(kernel: np.ndarray) -> dict[str, object]:
    """Fields of a kernel, centred in the stored one."""
    size = kernel.shape[0]
    stored, start = np.zeros((KERNEL, KERNEL), dtype=np.float32), (KERNEL - size) // 2
    stored[start : start + size, start : start + size] = kernel
    stored.flags.writeable = False
    return {"blur": BLURS.index("kernel"), "kernel": stored, "kernel_size": size}
