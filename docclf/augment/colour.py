"""Draws the one colour matrix of a sample, and its gamma."""

import numpy as np

from docclf.augment.draw import Draw, check_probability, check_range, check_weights
from docclf.imaging.colour import LUMA, hue_rotation, saturation

_KINDS = ("jitter", "grey", "sepia", "shuffle", "drop", "shift", "invert", "camera")
_ORDERS = ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))
# The matrix of "sepia" in albumentations 1.3.1 and in Microsoft's colour matrix samples before it.
_SEPIA = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])


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
        if kind == "grey":
            matrix[:, :3] = saturation(0.0)
        elif kind == "sepia":
            matrix[:, :3] = _SEPIA
        elif kind == "shuffle":
            matrix = matrix[list(_ORDERS[draw.integer([0, 5])])]
        elif kind == "drop":
            matrix[draw.integer([0, 2])] = 0.0
        elif kind == "shift":
            matrix[:, 3] = [draw.uniform([-self.shift, self.shift]) for _ in range(3)]
        elif kind == "invert":
            matrix = np.concatenate([-np.eye(3), np.full((3, 1), 255.0)], axis=1)
        return {"colour": matrix}

    def _jitter(self, draw: Draw) -> dict[str, object]:
        bright, contrast = draw.uniform(self.brightness), draw.uniform(self.contrast)
        saturate, turn = draw.uniform(self.saturation), 2 * np.pi * draw.uniform([-self.hue, self.hue])
        # Contrast about the mean luma and the linear operations commute up to clipping (brightness scales the mean,
        # saturation and hue keep the luma), so the order the original draws does not change the unclipped result.
        linear = bright * hue_rotation(turn) @ saturation(saturate)
        return _about_mean(linear, contrast)

    def _camera(self, draw: Draw) -> dict[str, object]:
        warm, green = draw.uniform([-self.white_balance, self.white_balance]), draw.uniform([-self.tint, self.tint])
        gains = np.diag([1.0 + warm, 1.0 + green, 1.0 - warm]) * draw.uniform(self.brightness)
        contrast = draw.uniform(self.contrast)
        drawn = _about_mean(gains @ saturation(draw.uniform(self.saturation)), contrast)
        return {**drawn, "gamma": draw.uniform(self.gamma)}


def _about_mean(linear: np.ndarray, contrast: float) -> dict[str, object]:
    """Fields for contrast * y + (1 - contrast) * luma(mean y), y = linear @ x; mean y is linear @ mean x."""
    colour = np.concatenate([contrast * linear, np.zeros((3, 1))], axis=1)
    return {"colour": colour, "pivot": (1.0 - contrast) * np.outer(np.ones(3), LUMA @ linear)}
