"""What can be said of an image without learning: gradient and colour histograms."""

import cv2
import numpy as np
import torch
from skimage.feature import hog
from torch import Tensor

from docclf.errors import InputError


def checked(side: int, name: str) -> int:
    """Returns the side of the images to describe, pixels.

    Raises:
        InputError: calling it by ``name``, when it is no multiple of 16, or less than 32.
    """
    if side < 32 or side % 16:
        raise InputError(f"{name}={side}: want a multiple of 16, at least 32.")
    return side


def described(images: Tensor) -> Tensor:
    """Returns float32 descriptors [B,W], on the CPU, of uint8 RGB images [B,3,S,S]."""
    return torch.from_numpy(np.stack([describe(image) for image in images.permute(0, 2, 3, 1).cpu().numpy()]))


def describe(image: np.ndarray) -> np.ndarray:
    """Returns the histogram of oriented gradients (Dalal and Triggs, CVPR 2005) next to a colour histogram.

    Each of the two is centred and has unit length, so that each gives half of a cosine.

    Args:
        image: uint8 [S,S,3] RGB, S a multiple of 16 and at least 32.

    Returns:
        float32 [W].
    """
    image = np.ascontiguousarray(image)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    shape = hog(grey, orientations=9, pixels_per_cell=(16, 16), cells_per_block=(2, 2))
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    colour = cv2.calcHist([lab], [0, 1, 2], None, [4, 12, 12], [0, 256, 0, 256, 0, 256]).ravel()
    return np.concatenate([_unit(shape), _unit(np.sqrt(colour))]).astype(np.float32)


def _unit(vector: np.ndarray) -> np.ndarray:
    centred = vector - vector.mean()
    return centred / max(float(np.linalg.norm(centred)), 1e-12)
