"""Draws the JPEG qualities of a sample, and how small it once was."""

import numpy as np

from docclf.augment.draws.checks import check_probability, check_range
from docclf.augment.draws.draw import Draw
from docclf.augment.draws.params import Values


class Compression:
    """A JPEG encoding, one more before it at twice the size, and a detour through a smaller size.

    Args:
        p: probability of the JPEG encoding by itself; a "jpeg" drawn among the blurs always has it.
        quality: libjpeg's, 0 to 100.
        low_p: probability of the detour.
        low: side of the smaller image as a share of the side.
        first_p: probability of the earlier encoding: the phone's own, before someone sends the photo on.
        first: its quality.

    Raises:
        InputError: a probability or a range is not one.
    """

    def __init__(
        self,
        p: float,
        quality: list[int],
        low_p: float = 0.0,
        low: list[float] | None = None,
        first_p: float = 0.0,
        first: list[int] | None = None,
    ):
        self.p = check_probability("compression.p", p)
        self.quality = check_range("compression.quality", quality, 0, 100)
        self.low_p = check_probability("compression.low_p", low_p)
        self.low = check_range("compression.low", [0.5, 1.0] if low is None else low, 0.05, 1.0)
        self.first_p = check_probability("compression.first_p", first_p)
        self.first = check_range("compression.first", [50, 95] if first is None else first, 0, 100)

    def draw(self, draw: Draw, out: Values, image_size: int) -> None:
        """Writes the fields quality and low; the blurs have marked where they drew "jpeg" with a quality of 0."""
        quality = draw.integer(*self.quality)
        out["quality"][:, 1] = np.where(draw.chance(self.p) | (out["quality"][:, 1] == 0), quality, -1)
        side = np.rint(draw.uniform(*self.low) * image_size)
        out["low"][:] = np.where(draw.chance(self.low_p) & (side < image_size), np.maximum(1, side), 0)
        first = draw.integer(*self.first)
        out["quality"][:, 0] = np.where(draw.chance(self.first_p), first, -1)
