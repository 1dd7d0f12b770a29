"""What a training loader reads from."""

from abc import abstractmethod
from typing import Protocol, runtime_checkable

import numpy as np


@runtime_checkable
class Source(Protocol):
    """Images by number; all methods are called from several threads at once.

    Attributes:
        side: side of all images in pixels, where batches may take them as they are; None where they differ, or are
            squashed first.
        fingerprint: hex text that is another one when an image, or the order, is another one.
    """

    side: int | None = None
    fingerprint: str

    @abstractmethod
    def __len__(self) -> int:
        """Returns the number of images."""

    @abstractmethod
    def read(self, i: int) -> np.ndarray:
        """Returns image i, uint8 [H,W,3] RGB; the caller must not write to it.

        Raises:
            InputError: it cannot be read.
        """

    @abstractmethod
    def name(self, i: int) -> str:
        """Returns what an error message should call image i."""

    def gather(self, indices: np.ndarray, out: np.ndarray) -> None:
        """Copies images `indices` int64 [n] to `out` uint8 [n,side,side,3]; only of a source with a `side`."""
        for place, i in enumerate(indices.tolist()):
            out[place] = self.read(i)

    def expect(self, indices: np.ndarray) -> None:
        """Told that images `indices` int64 [n] come soon; most sources have no use for it."""
        return None
