"""Draws the light of a sample: a slope, a vignette, a shadow, a glare."""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from docclf.augment.draws.draw import Draw
from docclf.augment.draws.params import GLARES, Values
from docclf.augment.draws.part import Part, Share, UpTo, Within

_HALF_PLANE = 4.0  # a band wider than the image is a half plane


@dataclass(eq=False)
class Light(Part):
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
        glare: probability of a bright elliptical spot, and, where there is one, of a second.
        strength: share of white in its centre; above 1 its middle is white altogether.
        radius: standard deviations along its two axes.
    """

    group = "light"
    uneven: Share
    slope: Annotated[list[float], Within(0.0, 1.0)]
    cast: Annotated[float, UpTo(0.5)]
    vignette: Annotated[list[float], Within(0.0, 1.0)]
    shadow: Share
    dark: Annotated[list[float], Within(0.0, 1.0)]
    soft: Annotated[list[float], Within(0.04, 1.0)]
    band: Share
    band_width: Annotated[list[float], Within(0.05, 1.0)]
    glare: Share
    strength: Annotated[list[float], Within(0.0, 4.0)]
    radius: Annotated[list[float], Within(0.03, 1.0)]

    def draw(self, draw: Draw, out: Values, image_size: int) -> None:
        """Writes the fields gradient, vignette, shadow and glare."""
        drawn = draw.chance(self.uneven)
        angle, slope = 2.0 * math.pi * draw.random(), draw.uniform(*self.slope)
        way = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        cast = draw.uniform(-self.cast, self.cast, 3, 2)
        out["gradient"][:] = (cast + (slope[:, None] * way)[:, None, :]) * drawn[:, None, None]
        out["vignette"][:] = draw.uniform(*self.vignette) * drawn
        drawn = draw.chance(self.shadow)
        direction, offset, soft = 2.0 * math.pi * draw.random(), draw.uniform(-0.4, 0.4), draw.uniform(*self.soft)
        dark, width = draw.uniform(*self.dark), draw.uniform(*self.band_width)
        width = np.where(draw.chance(self.band), width, _HALF_PLANE)
        out["shadow"][:] = np.stack([direction, offset, soft, dark, width], axis=1) * drawn[:, None]
        for spot in range(GLARES):
            drawn = draw.chance(self.glare) & (drawn if spot else True)
            shape = [draw.random(2), draw.uniform(*self.radius, 2), math.pi * draw.random(1)]
            shape.append(draw.uniform(*self.strength, 1))
            out["glare"][:, spot] = np.concatenate(shape, axis=1) * drawn[:, None]
