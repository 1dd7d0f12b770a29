"""Draws the one colour matrix of a sample, and its gamma."""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from docclf.augment.draws.draw import Draw
from docclf.augment.draws.params import Values
from docclf.augment.draws.part import Part, Share, UpTo, Weights, Within
from docclf.imaging.effect.colour import GREY, LUMA, hue_matrix, saturation

_KINDS = ("jitter", "grey", "sepia", "shuffle", "drop", "shift", "invert", "camera")
_ORDERS = np.array([(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
# The matrix of "sepia" in albumentations 1.3.1 and in Microsoft's colour matrix samples before it.
_SEPIA = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])
_FIXED = {
    "grey": np.concatenate([saturation(0.0), np.zeros((3, 1))], axis=1),
    "sepia": np.concatenate([_SEPIA, np.zeros((3, 1))], axis=1),
    "invert": np.concatenate([-np.eye(3), np.full((3, 1), 255.0)], axis=1),
}


@dataclass(eq=False)
class Colour(Part):
    """With probability p one change of colour; all are 3x4 matrices, "camera" has a gamma curve after it.

    Args:
        p: probability of a change.
        kinds: weights of "jitter" (brightness, contrast, saturation, hue, in random order), "grey", "sepia", "shuffle"
            (channels in one of 6 orders), "drop" (one channel to 0), "shift" (an offset per channel), "invert",
            "camera" (white balance, exposure, contrast, saturation, gamma).
        brightness: factor of "jitter" and "camera".
        contrast: factor about the mean luma, of "jitter" and "camera".
        saturation: factor, of "jitter" and "camera".
        hue: largest turn of the hue of "jitter", in turns (0.5 is the opposite colour).
        shift: largest offset of "shift", in 0..255.
        white_balance: largest relative gain of red against blue of "camera", up or down.
        tint: largest relative gain of green against the others of "camera", up or down.
        gamma: exponent of "camera".
    """

    group = "colour"
    p: Share
    kinds: Annotated[dict[str, float], Weights(_KINDS)]
    brightness: Annotated[list[float], Within(0.0, 4.0)]
    contrast: Annotated[list[float], Within(0.0, 4.0)]
    saturation: Annotated[list[float], Within(0.0, 4.0)]
    hue: Annotated[float, UpTo(0.5)] = 0.0
    shift: Annotated[float, UpTo(255.0)] = 0.0
    white_balance: Annotated[float, UpTo(0.9)] = 0.0
    tint: Annotated[float, UpTo(0.9)] = 0.0
    gamma: Annotated[list[float] | None, Within(0.1, 10.0)] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.gamma = [1.0, 1.0] if self.gamma is None else self.gamma

    def draw(self, draw: Draw, out: Values, image_size: int) -> None:
        """Writes the fields colour, pivot and gamma."""
        drawn, chosen = draw.chance(self.p), draw.choice(self.kinds)
        for place, kind in enumerate(self.kinds):
            rows, some = drawn & (chosen == place), draw.fork()
            colour = np.tile(np.eye(3, 4), (draw.count, 1, 1))
            if kind in ("jitter", "camera"):
                linear, contrast = self._jitter(some) if kind == "jitter" else self._camera(some, out, rows)
                colour[..., :3] = contrast * linear
                out["pivot"][rows] = ((1.0 - contrast) * (LUMA @ linear)[:, None, :] * np.ones((3, 1)))[rows]
            elif kind in _FIXED:
                colour[:] = _FIXED[kind]
            elif kind == "shuffle":
                colour = colour[np.arange(draw.count)[:, None], _ORDERS[some.integer(0, 5)]]
            elif kind == "drop":
                colour[np.arange(draw.count), some.integer(0, 2)] = 0.0
            else:
                colour[:, :, 3] = some.uniform(-self.shift, self.shift, 3)
            out["colour"][rows] = colour[rows]

    def _jitter(self, draw: Draw) -> tuple[np.ndarray, np.ndarray]:
        """[B,3,3] linear part before the contrast, and the contrast [B,1,1]."""
        bright, contrast = draw.uniform(*self.brightness, 1, 1), draw.uniform(*self.contrast, 1, 1)
        saturate, turn = draw.uniform(*self.saturation, 1, 1), 2 * math.pi * draw.uniform(-self.hue, self.hue, 1, 1)
        # Contrast about the mean luma and the linear operations commute up to clipping (brightness scales the mean,
        # saturation and hue keep the luma), so the order the original draws does not change the unclipped result.
        # A hue rotation maps grey to itself, so rotation times saturation mixes the rotation with the grey.
        return bright * (saturate * hue_matrix(np.cos(turn), np.sin(turn)) + (1.0 - saturate) * GREY), contrast

    def _camera(self, draw: Draw, out: Values, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        warm, green = draw.uniform(-self.white_balance, self.white_balance), draw.uniform(-self.tint, self.tint)
        gains = np.stack([1.0 + warm, 1.0 + green, 1.0 - warm], axis=1)[..., None]
        linear = gains * draw.uniform(*self.brightness, 1, 1)
        contrast = draw.uniform(*self.contrast, 1, 1)
        linear = linear * saturation(draw.uniform(*self.saturation, 1, 1))
        out["gamma"][rows] = draw.uniform(*self.gamma)[rows]
        return linear, contrast
