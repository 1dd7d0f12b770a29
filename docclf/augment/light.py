"""Draws the light of a sample: a slope, a vignette, a shadow, a glare."""

import math

import numpy as np

from docclf.augment.draws.batch import BatchDraw, each
from docclf.augment.draws.draw import Draw, check_probability, check_range

_HALF_PLANE = 4.0  # a band wider than the image is a half plane


class Light:
    """Uneven light, shadow and glare, each with its own probability; lengths are fractions of the side.

    Args:
        uneven: probability of uneven light.
        slope: change of brightness from the centre to the rim, in a random direction.
        cast: largest further change per channel: two lamps of different colour.
        vignette: loss of brightness in the corners.
        shadow: probability of a shadow with a straight soft edge.
        dark: share of the light it takes.
        soft: half width of its edge.
        band: probability that it is a band (an arm, a bar) rather than a half plane.
        band_width: of the band.
        glare: probability of a bright elliptical spot.
        strength: share of white in its centre.
        radius: standard deviations along its two axes.

    Raises:
        InputError: a probability or a range is not one.
    """

    def __init__(
        self,
        uneven: float,
        slope: list[float],
        cast: float,
        vignette: list[float],
        shadow: float,
        dark: list[float],
        soft: list[float],
        band: float,
        band_width: list[float],
        glare: float,
        strength: list[float],
        radius: list[float],
    ):
        self.uneven = check_probability("light.uneven", uneven)
        self.slope = check_range("light.slope", slope, 0.0, 1.0)
        self.cast = check_range("light.cast", [0.0, cast], 0.0, 0.5)[1]
        self.vignette = check_range("light.vignette", vignette, 0.0, 1.0)
        self.shadow = check_probability("light.shadow", shadow)
        self.dark = check_range("light.dark", dark, 0.0, 1.0)
        self.soft = check_range("light.soft", soft, 0.04, 1.0)
        self.band = check_probability("light.band", band)
        self.band_width = check_range("light.band_width", band_width, 0.05, 1.0)
        self.glare = check_probability("light.glare", glare)
        self.strength = check_range("light.strength", strength, 0.0, 1.0)
        self.radius = check_range("light.radius", radius, 0.03, 1.0)

    def draw(self, draw: Draw) -> dict[str, object]:
        """The fields gradient, vignette, shadow and glare of Params."""
        drawn: dict[str, object] = {}
        if draw.chance(self.uneven):
            angle, slope = 2.0 * math.pi * draw.random(), draw.uniform(self.slope)
            casts = [[draw.uniform([-self.cast, self.cast]) for _ in range(2)] for _ in range(3)]
            drawn["gradient"] = np.array(casts) + slope * np.array([math.cos(angle), math.sin(angle)])
            drawn["vignette"] = draw.uniform(self.vignette)
        if draw.chance(self.shadow):
            direction, offset, soft = 2.0 * math.pi * draw.random(), draw.uniform([-0.4, 0.4]), draw.uniform(self.soft)
            dark, width = draw.uniform(self.dark), draw.uniform(self.band_width)
            drawn["shadow"] = np.array(
                [direction, offset, soft, dark, width if draw.chance(self.band) else _HALF_PLANE]
            )
        if draw.chance(self.glare):
            centre, radii = [draw.random(), draw.random()], [draw.uniform(self.radius), draw.uniform(self.radius)]
            drawn["glare"] = np.array([*centre, *radii, math.pi * draw.random(), draw.uniform(self.strength)])
        return drawn

    def draw_batch(self, draw: BatchDraw, out: dict[str, np.ndarray]) -> None:
        """Writes what `draw` gives for each sample into the arrays of the batch."""
        some = draw.where(draw.chance(self.uneven))
        angle, slope = 2.0 * math.pi * some.random(), some.uniform(self.slope)
        casts = np.stack([some.uniform([-self.cast, self.cast]) for _ in range(6)], axis=1).reshape(-1, 3, 2)
        way = np.stack([each(math.cos, angle), each(math.sin, angle)], axis=1)
        out["gradient"][some.rows] = casts + (slope[:, None] * way)[:, None, :]
        out["vignette"][some.rows] = some.uniform(self.vignette)
        some = draw.where(draw.chance(self.shadow))
        direction, offset, soft = 2.0 * math.pi * some.random(), some.uniform([-0.4, 0.4]), some.uniform(self.soft)
        dark, width = some.uniform(self.dark), some.uniform(self.band_width)
        width = np.where(some.chance(self.band), width, _HALF_PLANE)
        out["shadow"][some.rows] = np.stack([direction, offset, soft, dark, width], axis=1)
        some = draw.where(draw.chance(self.glare))
        spot = [some.random(), some.random(), some.uniform(self.radius), some.uniform(self.radius)]
        spot += [math.pi * some.random(), some.uniform(self.strength)]
        out["glare"][some.rows] = np.stack(spot, axis=1)
