"""The baseline without learning: gradient and colour histograms."""

import torch
from torch import Tensor

from docclf.imaging.descriptor import checked, described


class Hog:
    """Histogram of oriented gradients next to a colour histogram (docclf.imaging.descriptor).

    Args:
        side: side of its input in pixels, a multiple of 16.
    """

    def __init__(self, side: int = 128) -> None:
        self.image_size = checked(side, "model.side")

    def to(self, device: torch.device) -> "Hog":
        """Stays on the CPU."""
        return self

    def __call__(self, images: Tensor) -> Tensor:
        """Returns float32 vectors [B,D] of uint8 RGB images [B,3,S,S]."""
        return described(images)
