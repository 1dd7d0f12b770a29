"""The baseline without learning: gradient and colour histograms."""

from torch import Tensor

from docclf.imaging.feature.descriptor import checked, described
from docclf.model.base import Model


class Hog(Model):
    """Histogram of oriented gradients next to a colour histogram (docclf.imaging.feature.descriptor).

    Args:
        side: side of its input in pixels, a multiple of 16.
    """

    def __init__(self, side: int = 128) -> None:
        self.image_size = checked(side, "model.side")

    def __call__(self, images: Tensor) -> Tensor:
        """Returns float32 vectors [B,D] of uint8 RGB images [B,3,S,S]."""
        return described(images)
