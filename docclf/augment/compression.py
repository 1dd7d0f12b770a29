"""Draws the JPEG quality of a sample, and how small it once was."""

import numpy as np

from docclf.augment.draws.batch import BatchDraw
from docclf.augment.draws.draw import Draw, check_probability, check_range


class Compression:
    """A JPEG encoding and a detour through a smaller size, each with its own probability.

    Args:
        p: probability of the JPEG encoding by itself; a "jpeg" drawn among the blurs always has it.
        quality: libjpeg's, 0 to 100.
        low_p: probability of the detour.
        low: side of the smaller image as a share of the side.

    Raises:
        InputError: a probability or a range is not one.
    """

    def __init__(self, p: float, quality: list[int], low_p: float = 0.0, low: list[float] | None = None):
        self.p = check_probability("compression.p", p)
        self.quality = check_range("compression.quality", quality, 0, 100)
        self.low_p = check_probability("compression.low_p", low_p)
        self.low = check_range("compression.low", [0.5, 1.0] if low is None else low, 0.05, 1.0)

    def draw(self, draw: Draw, image_size: int, chosen: bool) -> dict[str, object]:
        """The fields quality and low of Params; `chosen` where the blurs drew "jpeg"."""
        drawn: dict[str, object] = {}
        quality = draw.integer(self.quality)
        if draw.chance(self.p) or chosen:
            drawn["quality"] = quality
        side = round(draw.uniform(self.low) * image_size)
        if draw.chance(self.low_p) and side < image_size:
            drawn["low"] = max(1, side)
        return drawn

    def draw_batch(self, draw: BatchDraw, out: dict[str, np.ndarray], image_size: int, chosen: np.ndarray) -> None:
        """Writes what `draw` gives for each sample into the arrays; `chosen` bool [B]: the blurs drew "jpeg"."""
        quality = draw.integer(*self.quality)
        out["quality"][:] = np.where(draw.chance(self.p) | chosen, quality, -1)
        side = np.rint(draw.uniform(self.low) * image_size)
        out["low"][:] = np.where(draw.chance(self.low_p) & (side < image_size), np.maximum(1, side), 0)
