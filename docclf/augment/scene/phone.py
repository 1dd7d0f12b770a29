"""Draws what a phone does to the picture it took in little light: it smooths the noise away and sharpens the rest."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from docclf.augment.draws.draw import Draw
from docclf.augment.draws.params import Values
from docclf.augment.draws.part import Part, Share, Within

_REFERENCE = 128  # the sigma in the yaml is in pixels of an image of this side


@dataclass(eq=False)
class Phone(Part):
    """With probability p a smoothing and a sharpening of twice its width.

    Args:
        p: probability of it.
        smooth: standard deviation of the smoothing, pixels at 128 px.
        sharpen: share of what the wider smoothing takes away that is added again.
    """

    group = "phone"
    p: Share
    smooth: Annotated[list[float], Within(0.2, 3.0)]
    sharpen: Annotated[list[float], Within(0.0, 4.0)]

    def draw(self, draw: Draw, out: Values, image_size: int) -> None:
        """Writes the field polish."""
        values = [draw.uniform(*self.smooth) * image_size / _REFERENCE, draw.uniform(*self.sharpen)]
        out["polish"][:] = np.stack(values, axis=1) * draw.chance(self.p)[:, None]
