"""The baseline without learning: gradient and colour histograms."""

import numpy as np
import torch
from torch import Tensor

from docclf.errors import InputError
from docclf.imaging.descriptor import describe


class Hog:
    """Histogram of oriented gradients next to a colour histogram (docclf.imaging.descriptor).

    Args:
        side: side of its input in pixels, a multiple of 16.
    """

    def __init__(self, side: int = 128) -> None:
        if side < 32 or side % 16:
            raise InputError(f"model.side={side}: want a multiple of 16, at least 32.")
        self.image_size = side

    def to(self, device: torch.device) -> "Hog":
        """Stays on the CPU."""
        return self

    def __call__(self, images: Tensor) -> Tensor:
        """Returns float32 vectors [B,D] of uint8 RGB images [B,3,S,S]."""
        return torch.from_numpy(np.stack([describe(image) for image in images.permute(0, 2, 3, 1).numpy()]))
