"""Draws the JPEG qualities of a sample, and how small it once was."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from docclf.augment.draws.draw import Draw
from docclf.augment.draws.params import Values
from docclf.augment.draws.part import Part, Share, Within


@dataclass(eq=False)
class Compression(Part):
    """A JPEG encoding, one more before it at twice the size, and a detour through a smaller size.

    Args:
        p: probability of the JPEG encoding by itself; a "jpeg" drawn among the blurs always has it.
        quality: libjpeg's, 0 to 100.
        low_p: probability of the detour.
        low: side of the smaller image as a share of the side.
        first_p: probability of the earlier encoding: the phone's own, before someone sends the photo on.
        first: its quality.
    """

    group = "compression"
    p: Share
    quality: Annotated[list[int], Within(0, 100)]
    low_p: Share = 0.0
    low: Annotated[list[float] | None, Within(0.05, 1.0)] = None
    first_p: Share = 0.0
    first: Annotated[list[int] | None, Within(0, 100)] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.low = [0.5, 1.0] if self.low is None else self.low
        self.first = [50, 95] if self.first is None else self.first

    def draw(self, draw: Draw, out: Values, image_size: int) -> None:
        """Writes the fields quality and low; the blurs have marked where they drew "jpeg" with a quality of 0."""
        quality = draw.integer(*self.quality)
        out["quality"][:, 1] = np.where(draw.chance(self.p) | (out["quality"][:, 1] == 0), quality, -1)
        side = np.rint(draw.uniform(*self.low) * image_size)
        out["low"][:] = np.where(draw.chance(self.low_p) & (side < image_size), np.maximum(1, side), 0)
        first = draw.integer(*self.first)
        out["quality"][:, 0] = np.where(draw.chance(self.first_p), first, -1)
