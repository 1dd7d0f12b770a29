"""Draws the noise of a sample: one kind, its amounts and its place in the noise bank."""

import math

import numpy as np

from docclf.augment.draws.batch import BatchDraw
from docclf.augment.draws.draw import Draw, check_probability, check_range, check_weights
from docclf.augment.draws.params import NOISES
from docclf.imaging.noise import BANK


class Noise:
    """With probability p one noise.

    Args:
        p: probability of noise.
        kinds: weights of "gaussian", "multiplicative", "iso", "sensor".
        variance: of "gaussian", in squared levels of 0..255, uniform.
        factor: the two ends of the factors of "multiplicative".
        hue: standard deviation of the hue of "iso" at intensity 1, in turns.
        intensity: of "iso".
        read: standard deviation of "sensor" in black, in levels of 0..255.
        shot: variance of "sensor" per level of brightness.

    Raises:
        InputError: a probability, range or name is not one.
    """

    def __init__(
        self,
        p: float,
        kinds: dict[str, float],
        variance: list[float],
        factor: list[float],
        hue: list[float],
        intensity: list[float],
        read: list[float],
        shot: list[float],
    ):
        self.p = check_probability("noise.p", p)
        self.kinds = check_weights("noise.kinds", kinds, NOISES[1:])
        self.variance = check_range("noise.variance", variance, 0.0, 65025.0)
        self.factor = check_range("noise.factor", factor, 0.0, 10.0)
        self.hue = check_range("noise.hue", hue, 0.0, 0.25)
        self.intensity = check_range("noise.intensity", intensity, 0.0, 2.0)
        self.read = check_range("noise.read", read, 0.0, 100.0)
        self.shot = check_range("noise.shot", shot, 0.0, 10.0)

    def draw(self, draw: Draw) -> dict[str, object]:
        """The fields noise, amount and noise_at of Params."""
        if not draw.chance(self.p):
            return {}
        kind, at = draw.name(self.kinds), draw.integer([0, BANK - 1])
        if kind == "gaussian":
            amount = [math.sqrt(draw.uniform(self.variance)), 0.0]
        elif kind == "multiplicative":
            amount = self.factor
        elif kind == "iso":
            amount = [2.0 * math.pi * draw.uniform(self.hue), draw.uniform(self.intensity)]
        else:
            amount = [draw.uniform(self.read), draw.uniform(self.shot)]
        return {"noise": NOISES.index(kind), "amount": np.array(amount, dtype=np.float64), "noise_at": at}

    def draw_batch(self, draw: BatchDraw, out: dict[str, np.ndarray]) -> None:
        """Writes what `draw` gives for each sample into the arrays of the batch."""
        draw = draw.where(draw.chance(self.p))
        chosen = draw.name(self.kinds)
        out["noise"][draw.rows] = np.array([NOISES.index(kind) for kind in self.kinds])[chosen]
        out["noise_at"][draw.rows] = draw.integer(0, BANK - 1)
        for place, kind in enumerate(self.kinds):
            some = draw.where(chosen == place)
            first, second = out["amount"][:, 0], out["amount"][:, 1]
            if kind == "gaussian":
                first[some.rows] = np.sqrt(some.uniform(self.variance))
            elif kind == "multiplicative":
                out["amount"][some.rows] = self.factor
            elif kind == "iso":
                first[some.rows] = 2.0 * math.pi * some.uniform(self.hue)
                second[some.rows] = some.uniform(self.intensity)
            else:
                first[some.rows], second[some.rows] = some.uniform(self.read), some.uniform(self.shot)
