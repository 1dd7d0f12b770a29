"""Draws the blur of a sample: one kind and its kernel."""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from docclf.augment.draws import kernels
from docclf.augment.draws.draw import Draw
from docclf.augment.draws.params import BLURS, Values
from docclf.augment.draws.part import Part, Share, Weights, Within

_KINDS = ("motion", "median", "gaussian", "zoom", "defocus", "shake", "jpeg")
_REFERENCE = 128  # sizes in the yaml are pixels of an image of this side; they scale with the image


@dataclass(eq=False)
class Blur(Part):
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
        depth: probability that a kernel blurs one side of the image only: what is nearer or farther than the focus.
    """

    group = "blur"
    p: Share
    kinds: Annotated[dict[str, float], Weights(_KINDS)]
    window: Annotated[list[int], Within(3, 11)]
    zoom: Annotated[list[float], Within(1.0, 2.0)]
    radius: Annotated[list[float], Within(0.0, 8.0)]
    soft: Annotated[list[float], Within(0.0, 2.0)]
    length: Annotated[list[float], Within(0.0, 16.0)]
    sigma: Annotated[list[float] | None, Within(0.1, 4.0)] = None
    depth: Share = 0.0

    def draw(self, draw: Draw, out: Values, image_size: int) -> None:
        """Writes the fields blur, kernel, kernel_size, sigma, zoom and focus; quality 0 where JPEG was chosen."""
        drawn, chosen, scale = draw.chance(self.p), draw.choice(self.kinds), image_size / _REFERENCE
        for place, kind in enumerate(self.kinds):
            rows, some = np.flatnonzero(drawn & (chosen == place)), draw.fork()
            if kind == "jpeg":
                out["quality"][rows, 1] = 0
            elif kind == "zoom":
                out["blur"][rows], out["zoom"][rows] = BLURS.index("zoom"), some.uniform(*self.zoom)[rows]
            elif kind == "median":
                window = np.array([_side(side, scale) for side in range(12)])[self._window(some)]
                out["blur"][rows], out["kernel_size"][rows] = BLURS.index("median"), window[rows]
            else:
                kernels.write(out, rows, self._kernels(kind, some, rows, scale))
        angle = 2.0 * math.pi * draw.random()
        part = np.stack([angle, draw.uniform(-0.3, 0.3), draw.uniform(0.1, 0.5)], axis=1)
        out["focus"][:] = part * (draw.chance(self.depth) & (out["blur"] == BLURS.index("kernel")))[:, None]

    def _window(self, draw: Draw) -> np.ndarray:
        """int64 [B]: an odd side."""
        return 2 * draw.integer((self.window[0] - 1) // 2, (self.window[1] - 1) // 2) + 1

    def _kernels(self, kind: str, draw: Draw, rows: np.ndarray, scale: float) -> list[dict[str, object]]:
        """Fields of each sample's kernel."""
        if kind == "defocus":
            discs = np.stack([draw.uniform(*self.radius) * scale, draw.uniform(*self.soft)], axis=1)
            return [kernels.disc(round(radius, 1), round(soft, 1)) for radius, soft in discs[rows].tolist()]
        if kind == "shake":
            lengths, angles = draw.uniform(*self.length) * scale, draw.integer(0, kernels.ANGLES - 1)
            lines = zip(lengths[rows].tolist(), angles[rows].tolist(), strict=True)
            return [kernels.shake(round(length, 1), angle) for length, angle in lines]
        windows = [_side(side, scale) for side in self._window(draw)[rows].tolist()]
        if kind == "gaussian":
            sigmas = (draw.uniform(*self.sigma) * scale)[rows].tolist() if self.sigma else [None] * len(rows)
            return [kernels.gaussian(window, sigma) for window, sigma in zip(windows, sigmas, strict=True)]
        shares = zip(windows, draw.random(5)[rows].tolist(), strict=True)
        return [kernels.line(window, *_ends(window, share)) for window, share in shares]


def _side(side: int, scale: float) -> int:
    return max(3, kernels.odd(side * scale))


def _ends(window: int, shares: list[float]) -> tuple[int, int, int, int]:
    """Two different points of a window, x and y of each."""
    x0, y0, x1, y1 = (int(share * window) for share in shares[:4])
    if x0 == x1 and y0 == y1:
        y1 = (y0 + 1 + int(shares[4] * (window - 1))) % window
    return x0, y0, x1, y1
