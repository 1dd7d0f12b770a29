"""Draws the one colour matrix of a sample, and its gamma."""

import math
from collections.abc import Callable

import numpy as np

from docclf.augment.draws.batch import BatchDraw, each
from docclf.augment.draws.draw import Draw, check_probability, check_range, check_weights
from docclf.imaging.colour import GREY, LUMA, hue_matrix, saturation

_KINDS = ("jitter", "grey", "sepia", "shuffle", "drop", "shift", "invert", "camera")
_ORDERS = np.array([(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
# The matrix of "sepia" in albumentations 1.3.1 and in Microsoft's colour matrix samples before it.
_SEPIA = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])
_FIXED = {
    "grey": np.concatenate([saturation(0.0), np.zeros((3, 1))], axis=1),
    "sepia": np.concatenate([_SEPIA, np.zeros((3, 1))], axis=1),
    "invert": np.concatenate([-np.eye(3), np.full((3, 1), 255.0)], axis=1),
}


class Colour:
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

    Raises:
        InputError: a probability, range or name is not one.
    """

    def __init__(
        self,
        p: float,
        kinds: dict[str, float],
        brightness: list[float],
        contrast: list[float],
        saturation: list[float],
        hue: float = 0.0,
        shift: float = 0.0,
        white_balance: float = 0.0,
        tint: float = 0.0,
        gamma: list[float] | None = None,
    ):
        self.p = check_probability("colour.p", p)
        self.kinds = check_weights("colour.kinds", kinds, _KINDS)
        self.brightness = check_range("colour.brightness", brightness, 0.0, 4.0)
        self.contrast = check_range("colour.contrast", contrast, 0.0, 4.0)
        self.saturation = check_range("colour.saturation", saturation, 0.0, 4.0)
        self.hue = check_range("colour.hue", [0.0, hue], 0.0, 0.5)[1]
        self.shift = check_range("colour.shift", [0.0, shift], 0.0, 255.0)[1]
        self.white_balance = check_range("colour.white_balance", [0.0, white_balance], 0.0, 0.9)[1]
        self.tint = check_range("colour.tint", [0.0, tint], 0.0, 0.9)[1]
        self.gamma = check_range("colour.gamma", [1.0, 1.0] if gamma is None else gamma, 0.1, 10.0)

    def draw(self, draw: Draw) -> dict[str, object]:
        """The fields colour, pivot and gamma of Params."""
        if not draw.chance(self.p):
            return {}
        kind = draw.name(self.kinds)
        if kind == "jitter":
            return self._jitter(draw)
        if kind == "camera":
            return self._camera(draw)
        matrix = np.eye(3, 4)
        if kind in _FIXED:
            matrix = _FIXED[kind]
        elif kind == "shuffle":
            matrix = matrix[_ORDERS[draw.integer([0, 5])]]
        elif kind == "drop":
            matrix[draw.integer([0, 2])] = 0.0
        elif kind == "shift":
            matrix[:, 3] = [draw.uniform([-self.shift, self.shift]) for _ in range(3)]
        return {"colour": matrix}

    def draw_batch(self, draw: BatchDraw, out: dict[str, np.ndarray]) -> None:
        """Writes what `draw` gives for each sample into the arrays of the batch."""
        draw = draw.where(draw.chance(self.p))
        chosen = draw.name(self.kinds)
        for place, kind in enumerate(self.kinds):
            some = draw.where(chosen == place)
            rows, colour = some.rows, out["colour"]
            if kind in ("jitter", "camera") and len(rows):
                drawn = self._jitter(some, each) if kind == "jitter" else self._camera(some)
                for name, values in drawn.items():
                    out[name][rows] = values
            elif kind in _FIXED:
                colour[rows] = _FIXED[kind]
            elif kind == "shuffle":
                colour[rows] = np.eye(3, 4)[_ORDERS[some.integer(0, 5)]]
            elif kind == "drop":
                colour[rows, some.integer(0, 2)] = 0.0
            elif kind == "shift":
                colour[rows, :, 3] = np.stack([some.uniform([-self.shift, self.shift]) for _ in range(3)], axis=1)

    def _jitter(self, draw: Draw | BatchDraw, call: Callable = lambda function, value: function(value)) -> dict:
        bright, contrast = _lift(draw.uniform(self.brightness)), _lift(draw.uniform(self.contrast))
        saturate, turn = _lift(draw.uniform(self.saturation)), 2 * math.pi * draw.uniform([-self.hue, self.hue])
        # Contrast about the mean luma and the linear operations commute up to clipping (brightness scales the mean,
        # saturation and hue keep the luma), so the order the original draws does not change the unclipped result.
        # A hue rotation maps grey to itself, so rotation times saturation mixes the rotation with the grey.
        hue = hue_matrix(_lift(call(math.cos, turn)), _lift(call(math.sin, turn)))
        return _about_mean(bright * (saturate * hue + (1.0 - saturate) * GREY), contrast)

    def _camera(self, draw: Draw | BatchDraw) -> dict[str, object]:
        warm, green = draw.uniform([-self.white_balance, self.white_balance]), draw.uniform([-self.tint, self.tint])
        gains = np.stack([1.0 + warm, 1.0 + green, 1.0 - warm], axis=-1)[..., None] * _lift(
            draw.uniform(self.brightness)
        )
        contrast = _lift(draw.uniform(self.contrast))
        drawn = _about_mean(gains * saturation(_lift(draw.uniform(self.saturation))), contrast)
        return {**drawn, "gamma": draw.uniform(self.gamma)}


def _lift(value: float | np.ndarray) -> float | np.ndarray:
    """A number, or numbers [n] as [n,1,1] beside matrices [n,3,3]."""
    return value[:, None, None] if isinstance(value, np.ndarray) else value


def _about_mean(linear: np.ndarray, contrast: float | np.ndarray) -> dict[str, object]:
    """Fields for contrast * y + (1 - contrast) * luma(mean y), y = linear @ x; mean y is linear @ mean x."""
    colour = np.concatenate([contrast * linear, np.zeros((*linear.shape[:-1], 1))], axis=-1)
    # Spelt out: a matrix product may round otherwise for one sample than for many.
    luma = LUMA[0] * linear[..., :1, :] + LUMA[1] * linear[..., 1:2, :] + LUMA[2] * linear[..., 2:, :]
    return {"colour": colour, "pivot": (1.0 - contrast) * luma * np.ones((3, 1))}
