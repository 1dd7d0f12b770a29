"""What a packed training set is put together from."""

from abc import abstractmethod
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from docclf.imaging.feature.phash import NONE


@runtime_checkable
class Part(Protocol):
    """Images of one side by number: a pack, images decoded as a pack would hold them, or drawn designs.

    All methods are called from several threads at once.

    Attributes:
        path: where they come from, for messages.
        num_images: N.
        side: S, pixels.
        fingerprint: hex text that is another one when an image, its key or the order is another one.
        images: uint8 [N,S,S,3] where they can be copied without decoding; None elsewhere.
        keys: what each image is called.
        hashes: sha256 of what each image was made of, uint8 [N,32].
    """

    path: Path
    num_images: int
    side: int
    fingerprint: str
    images: np.ndarray | None
    keys: list[str]
    hashes: np.ndarray

    @property
    def looks(self) -> np.ndarray:
        """Perceptual hash of each image, uint64 [N]; `docclf.imaging.feature.phash.NONE` where it is not known."""
        return np.full(self.num_images, NONE, np.uint64)

    @abstractmethod
    def read(self, i: int) -> np.ndarray:
        """Returns image i, uint8 [S,S,3] RGB; the caller must not write to it."""

    def check(self, rows: np.ndarray) -> None:
        """Raises InputError where the pixels of images ``rows`` int64 [n] are not those that were written."""

    def original(self, i: int) -> np.ndarray:
        """Returns image i as large as it can be had, uint8 [H,W,3]."""
        return self.read(i)

    def name(self, i: int) -> str:
        """Returns the key of image i."""
        return self.keys[i]
