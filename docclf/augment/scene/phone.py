"""Draws what a phone does to the picture it took in little light: it smooths the noise away and sharpens the rest."""

import numpy as np

from docclf.augment.draws.checks import check_probability, check_range
from docclf.augment.draws.draw import Draw
from docclf.augment.draws.params import Values

_REFERENCE = 128  # the sigma in the yaml is in pixels of an image of this side


class Phone:
    """With probability p a smoothing and a sharpening of twice its width.

    Args:
        p: probability of it.
        smooth: standard deviation of the smoothing, pixels at 128 px.
        sharpen: share of what the wider smoothing takes away that is added again.

    Raises:
        InputError: a probability or a range is not one.
    """

    def __init__(self, p: float, smooth: list[float], sharpen: list[float]):
        self.p = check_probability("phone.p", p)
        self.smooth = check_range("phone.smooth", smooth, 0.2, 3.0)
        self.sharpen = check_range("phone.sharpen", sharpen, 0.0, 4.0)

    def draw(self, draw: Draw, out: Values, image_size: int) -> None:
        """Writes the field polish."""
        values = [draw.uniform(*self.smooth) * image_size / _REFERENCE, draw.uniform(*self.sharpen)]
        out["polish"][:] = np.stack(values, axis=1) * draw.chance(self.p)[:, None]
