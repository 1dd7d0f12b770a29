"""Draws the noise of a sample: one kind, its amounts and its place in the noise bank."""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from docclf.augment.draws.draw import Draw
from docclf.augment.draws.params import NOISES, Values
from docclf.augment.draws.part import Part, Share, Weights, Within
from docclf.imaging.effect.noise import BANK


@dataclass(eq=False)
class Noise(Part):
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
    """

    group = "noise"
    p: Share
    kinds: Annotated[dict[str, float], Weights(NOISES[1:])]
    variance: Annotated[list[float], Within(0.0, 65025.0)]
    factor: Annotated[list[float], Within(0.0, 10.0)]
    hue: Annotated[list[float], Within(0.0, 0.25)]
    intensity: Annotated[list[float], Within(0.0, 2.0)]
    read: Annotated[list[float], Within(0.0, 100.0)]
    shot: Annotated[list[float], Within(0.0, 10.0)]

    def draw(self, draw: Draw, out: Values, image_size: int) -> None:
        """Writes the fields noise, amount and noise_at."""
        drawn, chosen = draw.chance(self.p), draw.choice(self.kinds)
        out["noise"][:] = np.array([NOISES.index(kind) for kind in self.kinds])[chosen] * drawn
        out["noise_at"][:] = draw.integer(0, BANK - 1) * drawn
        first, second = draw.random(), draw.random()
        for place, kind in enumerate(self.kinds):
            rows = drawn & (chosen == place)
            out["amount"][rows] = np.stack(self._amounts(kind, first[rows], second[rows]), axis=1)

    def _amounts(self, kind: str, first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if kind == "gaussian":
            return np.sqrt(_within(self.variance, first)), 0.0 * second
        if kind == "multiplicative":
            return self.factor[0] + 0.0 * first, self.factor[1] + 0.0 * second
        if kind == "iso":
            return 2.0 * math.pi * _within(self.hue, first), _within(self.intensity, second)
        return _within(self.read, first), _within(self.shot, second)


def _within(bounds: list[float], share: np.ndarray) -> np.ndarray:
    return bounds[0] + (bounds[1] - bounds[0]) * share
