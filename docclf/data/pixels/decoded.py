"""Images decoded on the fly from where they are, with the interface of a pack."""

from pathlib import Path

import numpy as np

from docclf.data.index.build import Index
from docclf.data.index.hashes import of_entries
from docclf.data.pack.part import Part
from docclf.errors import InputError
from docclf.imaging.read import MAX_PIXELS, read_image
from docclf.imaging.shrink import read_squashed


class Decoded(Part):
    """The images of an index as a pack of the same index and side holds them, bit for bit, decoded at each read.

    Args:
        index: the images.
        side: S, pixels.
        max_pixels: refuse larger images.
    """

    images = None  # nothing is stored

    def __init__(self, index: Index, side: int, max_pixels: int = MAX_PIXELS):
        self.index, self.side, self.max_pixels = index, side, max_pixels
        self.path, self.num_images = Path(index.root), len(index.entries)
        self.fingerprint = f"{index.fingerprint()}-{side}"

    @property
    def keys(self) -> list[str]:
        """What each image is called."""
        return [entry.path for entry in self.index.entries]

    @property
    def hashes(self) -> np.ndarray:
        """The sha256 of each image's file, uint8 [N,32]."""
        return of_entries(self.index.entries).contents

    @property
    def looks(self) -> np.ndarray:
        """The perceptual hash of each image, uint64 [N]."""
        return of_entries(self.index.entries).looks

    def name(self, i: int) -> str:
        """Returns the key of image i."""
        return self.index.entries[i].path

    def read(self, i: int) -> np.ndarray:
        """Returns image i squashed, uint8 [S,S,3].

        Raises:
            InputError: it cannot be read any more.
        """
        return read_squashed(self._bytes(i), self.side, self.max_pixels, self.name(i))

    def original(self, i: int) -> np.ndarray:
        """Returns image i in its own size, uint8 [H,W,3]."""
        return read_image(self._bytes(i), self.max_pixels, name=self.name(i))

    def _bytes(self, i: int) -> bytes:
        try:
            return self.index.read(self.index.entries[i])
        except OSError as error:
            raise InputError(f"cannot be opened any more ({error.strerror or error})") from error
