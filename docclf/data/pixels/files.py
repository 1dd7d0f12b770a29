"""Image files as a source."""

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from docclf.data.index.build import Entry, Index
from docclf.data.index.hashes import Hashes, of_entries
from docclf.data.pixels.source import Source
from docclf.imaging.read import MAX_PIXELS, read_image


class Files(Source):
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

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over the contents of the images, in order."""
        return hashlib.sha256("".join(entry.sha256 for _, entry in self.images).encode()).hexdigest()

    def read(self, i: int) -> np.ndarray:
        """Returns image i, uint8 [H,W,3]."""
        root, entry = self.images[i]
        return read_image(root / entry.path, self.max_pixels, self.min_side, name=self.name(i))

    def hashes(self) -> Hashes:
        """Returns contents and looks of the images."""
        return of_entries([entry for _, entry in self.images])

    def name(self, i: int) -> str:
        """Returns the path relative to its root."""
        return self.images[i][1].path


def images_of(*indexes: Index) -> list[tuple[Path, Entry]]:
    """Returns (root, entry) of every image, index after index, each in path order."""
    return [(index.root, entry) for index in indexes for entry in index.entries]
