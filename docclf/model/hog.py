"""The baseline without learning: gradient and colour histograms."""

import cv2
import numpy as np
import torch
from skimage.feature import hog
from torch import Tensor

from docclf.errors import InputError


class Hog:
    """Histogram of oriented gradients (Dalal and Triggs, CVPR 2005) next to a colour histogram, from scikit-image and
    OpenCV.

    Each of the two is centred and has unit length, so that each gives half of the cosine.

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
        return torch.from_numpy(np.stack([self._describe(image) for image in images.permute(0, 2, 3, 1).numpy()]))

    def _describe(self, image: np.ndarray) -> np.ndarray:
        image = np.ascontiguousarray(image)
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        shape = hog(grey, orientations=9, pixels_per_cell=(16, 16), cells_per_block=(2, 2))
        lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
        colour = cv2.calcHist([lab], [0, 1, 2], None, [4, 12, 12], [0, 256, 0, 256, 0, 256]).ravel()
        return np.concatenate([_unit(shape), _unit(np.sqrt(colour))]).astype(np.float32)


def _unit(vector: np.ndarray) -> np.ndarray:
    centred = vector - vector.mean()
    return centred / max(float(np.linalg.norm(centred)), 1e-12)
