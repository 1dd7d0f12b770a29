"""Draws a plain ground round the middle of a sample."""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from docclf.augment.draws.draw import Draw
from docclf.augment.draws.params import Values
from docclf.augment.draws.part import Part, Share, Within


@dataclass(eq=False)
class Ground(Part):
    """Keeps a superellipse of the image and lays a plain ground round it; lengths are fractions of the side.

    Registered pictures of things are often cut out on white while their photos are full of surroundings. As views of
    one class, an image and a part of it on a ground teach that the ground says nothing.

    Args:
        p: probability of a ground.
        centre: of the part that is kept, along x and along y.
        radius: its half axes.
        exponent: 2 is an ellipse, larger ones come near a rectangle.
        white: probability that the ground is grey of the given level, rather than of any colour.
        level: of grey, 0 to 255.
    """

    group = "ground"
    p: Share
    centre: Annotated[list[float], Within(0.0, 1.0)]
    radius: Annotated[list[float], Within(0.05, 1.0)]
    exponent: Annotated[list[float], Within(1.0, 10.0)]
    white: Share
    level: Annotated[list[float], Within(0.0, 255.0)]

    def draw(self, draw: Draw, out: Values, image_size: int) -> None:
        """Writes the field ground."""
        drawn = draw.chance(self.p)
        shape = [draw.uniform(*self.centre), draw.uniform(*self.centre), draw.uniform(*self.radius)]
        shape += [draw.uniform(*self.radius), draw.uniform(*self.exponent), math.pi * draw.random()]
        plain, grey = draw.chance(self.white), draw.uniform(*self.level)
        colour = np.where(plain[:, None], grey[:, None], 255.0 * draw.random(3))
        out["ground"][:] = np.concatenate([np.stack(shape, axis=1), colour], axis=1) * drawn[:, None]
