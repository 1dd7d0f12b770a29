"""What a training loader reads from."""

from typing import Protocol

import numpy as np


class Source(Protocol):
    """What a loader reads from; all methods are called from several threads at once.

    A source whose images all have one side says so in an attribute `side`. One that can copy many of its images
    without a loop per pixel work has `gather(indices int64 [n], out uint8 [n,side,side,3])` too, one that wants to know
    what comes soon `expect(indices)`, and one whose content can be named `fingerprint`.
    """

    def __len__(self) -> int: ...

    def read(self, i: int) -> np.ndarray:
        """Returns image i, uint8 [H,W,3] RGB; the caller must not write to it."""

    def name(self, i: int) -> str:
        """Returns what an error message should call image i."""
