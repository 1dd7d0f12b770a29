"""Image files as a source."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from docclf.data.index.build import Entry, Index
from docclf.imaging.read import MAX_PIXELS, read_image


class Files:
    """The images of one or more indexes, one after another, or a chosen part of them.

    Args:
        images: (root, entry) of each image.
        min_side: a JPEG may be decoded at a fraction of its size as long as both sides keep this many pixels.
        max_pixels: refuse larger images.
    """

    def __init__(self, images: Sequence[tuple[Path, Entry]], min_side: int | None = None, max_pixels: int = MAX_PIXELS):
        self.images, self.min_side, self.max_pixels = list(images), min_side, max_pixels

    def __len__(self) -> int:
        return len(self.images)

    def read(self, i: int) -> np.ndarray:
        """Returns image i, uint8 [H,W,3]."""
        root, entry = self.images[i]
        return read_image(root / entry.path, self.max_pixels, self.min_side, name=self.name(i))

    def name(self, i: int) -> str:
        """Returns the path relative to its root."""
        return self.images[i][1].path


def images_of(*indexes: Index) -> list[tuple[Path, Entry]]:
    """Returns (root, entry) of every image, index after index, each in path order."""
    return [(index.root, entry) for index in indexes for entry in index.entries]
