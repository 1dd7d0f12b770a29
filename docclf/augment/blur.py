"""Draws the blur of a sample: one kind and its kernel."""

import functools
import math

import numpy as np

from docclf.augment.draws.batch import BatchDraw
from docclf.augment.draws.draw import Draw, check_probability, check_range, check_weights
from docclf.augment.draws.params import BLURS, KERNEL
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
        self._sides = [(self.window[0] - 1) // 2, (self.window[1] - 1) // 2]
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
        window = max(3, _odd((2 * draw.integer(self._sides) + 1) * scale))
        if kind == "median":
            return {"blur": BLURS.index("median"), "kernel_size": window}
        if kind == "gaussian":
            return _gaussian(window, None if self.sigma is None else draw.uniform(self.sigma) * scale)
        ends = [draw.integer([0, window - 1]) for _ in range(4)]
        if ends[0] == ends[2] and ends[1] == ends[3]:
            ends[3] = (ends[1] + draw.integer([1, window - 1])) % window  # two different points
        return _line(window, *ends)

    def draw_batch(self, draw: BatchDraw, out: dict[str, np.ndarray], image_size: int) -> np.ndarray:
        """Writes what `draw` gives for each sample into the arrays of the batch; bool [B]: where JPEG was chosen."""
        jpeg, scale = np.zeros(len(out["blur"]), dtype=bool), image_size / _REFERENCE
        draw = draw.where(draw.chance(self.p))
        chosen = draw.name(self.kinds)
        for place, kind in enumerate(self.kinds):
            some = draw.where(chosen == place)
            rows = some.rows
            if not len(rows):
                continue
            if kind == "jpeg":
                jpeg[rows] = True
            elif kind == "zoom":
                out["blur"][rows], out["zoom"][rows] = BLURS.index("zoom"), some.uniform(self.zoom)
            elif kind == "defocus":
                discs = (some.uniform(self.radius) * scale).tolist(), some.uniform(self.soft).tolist()
                _write(out, rows, [_disc(round(r, 1), round(s, 1)) for r, s in zip(*discs, strict=True)])
            elif kind == "shake":
                lines = (some.uniform(self.length) * scale).tolist(), some.integer(0, _ANGLES - 1).tolist()
                _write(out, rows, [_shake(round(length, 1), angle) for length, angle in zip(*lines, strict=True)])
            else:
                self._draw_windows(kind, some, out, scale)
        return jpeg

    def _draw_windows(self, kind: str, draw: BatchDraw, out: dict[str, np.ndarray], scale: float) -> None:
        sides = {side: max(3, _odd((2 * side + 1) * scale)) for side in range(self._sides[0], self._sides[1] + 1)}
        window = np.array([sides[side] for side in draw.integer(*self._sides).tolist()])
        if kind == "median":
            out["blur"][draw.rows], out["kernel_size"][draw.rows] = BLURS.index("median"), window
        elif kind == "gaussian":
            sigmas = [None] * len(window) if self.sigma is None else (draw.uniform(self.sigma) * scale).tolist()
            _write(out, draw.rows, [_gaussian(w, s) for w, s in zip(window.tolist(), sigmas, strict=True)])
        else:
            ends = np.stack([window, *(draw.integer(0, window - 1) for _ in range(4))], axis=1)
            point = (ends[:, 1] == ends[:, 3]) & (ends[:, 2] == ends[:, 4])
            size = window[point]
            ends[point, 4] = (ends[point, 2] + draw.where(point).integer(1, size - 1)) % size
            _write(out, draw.rows, [_line(*line) for line in ends.tolist()])


def _write(out: dict[str, np.ndarray], rows: np.ndarray, kernels: list[dict[str, object]]) -> None:
    for row, kernel in zip(rows.tolist(), kernels, strict=True):
        for name, value in kernel.items():
            out[name][row] = value


# Drawing a kernel costs more than filtering with it; rounded to a tenth of a pixel there are few enough to keep.
@functools.lru_cache(maxsize=4096)
def _disc(radius: float, soft: float) -> dict[str, object]:
    return _kernel(disc_kernel(_odd(2 * radius + 3), radius, soft))


@functools.lru_cache(maxsize=4096)
def _shake(length: float, angle: int) -> dict[str, object]:
    return _kernel(shake_kernel(_odd(length + 3), length, math.pi * angle / _ANGLES))


@functools.lru_cache(maxsize=16384)
def _line(size: int, x0: int, y0: int, x1: int, y1: int) -> dict[str, object]:
    return _kernel(motion_kernel(size, (x0, y0), (x1, y1)))


def _gaussian(window: int, sigma: float | None) -> dict[str, object]:
    if sigma is None:
        return _window_gaussian(window)
    return {**_kernel(gaussian_kernel(_odd(6 * sigma + 1), sigma)), "sigma": sigma}


@functools.lru_cache(maxsize=16)
def _window_gaussian(size: int) -> dict[str, object]:
    # cv2.getGaussianKernel's rule for a kernel without a standard deviation.
    sigma = 0.3 * ((size - 1) * 0.5 - 1) + 0.8
    return {**_kernel(gaussian_kernel(size, sigma)), "sigma": sigma}


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
