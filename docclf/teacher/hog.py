"""Gradient and colour histograms as a teacher: nothing to download, nothing learned."""

from typing import Any

import cv2
import numpy as np
import skimage
import torch
from torch import Tensor, nn

from docclf.imaging.feature.descriptor import checked, described
from docclf.imaging.resize import squash
from docclf.teacher.cache import Cache
from docclf.teacher.teacher import Teacher


class Descriptor:
    """What stands for a tower: images to descriptors, computed on the CPU.

    Args:
        side: to which images are squashed first, pixels: a multiple of 16, at least 32.

    Raises:
        InputError: another side.
    """

    def __init__(self, side: int) -> None:
        self.side = checked(side, "teacher.side")
        self.facts = {"kind": "hog", "name": "hog", "licence": "none: computed from the images"}
        self.width = self(torch.zeros(1, 3, side, side, dtype=torch.uint8)).shape[1]

    def __call__(self, images: Tensor) -> Tensor:
        """Returns float32 [B,W] of uint8 RGB images [B,3,S,S], on their device."""
        squashed = np.stack([squash(image, self.side) for image in images.permute(0, 2, 3, 1).cpu().numpy()])
        return described(torch.from_numpy(squashed).permute(0, 3, 1, 2)).to(images.device)

    def precision_on(self, device: torch.device) -> str:
        """Returns float32 for any device."""
        return "float32"

    def fingerprint(self) -> str:
        """Returns the versions of the libraries that compute it."""
        return f"scikit-image {skimage.__version__}, OpenCV {cv2.__version__}"

    def describe(self) -> dict:
        """Returns facts, width, versions and preprocessing as plain values."""
        made = {"width": self.width, "weights_sha256": self.fingerprint(), "preprocessing": {"side": self.side}}
        return self.facts | made


class Hog(Teacher):
    """HOG and colour histogram of the clean image as what the student should know of it (MaskFeat, arXiv:2112.09133).

    MaskFeat predicts HOG of hidden patches; here the student sees the whole image, augmented, and one vector is
    compared. `docclf.imaging.feature.descriptor` says what the vector is; evaluate.py model=hog scores it by itself.

    Args:
        term, source, view, tower_view, map, map_bias, cache, embed_dim, image_size, seed, dataset: see `Teacher`.
        side: side of the images that are described, pixels.
    """

    def __init__(
        self,
        term: dict[str, nn.Module],
        embed_dim: int,
        image_size: int,
        seed: int,
        dataset: Any,
        side: int = 128,
        source: str = "cache",
        view: str = "augmented",
        tower_view: str = "clean",
        map: str = "linear",
        map_bias: bool = False,
        cache: Cache | None = None,
    ) -> None:
        super().__init__(
            Descriptor(side),
            *(term, embed_dim, image_size, seed, dataset, source, view, tower_view, map, map_bias, cache),
        )
