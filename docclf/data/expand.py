"""24 classes from each image: 8 orientations, each whole, upper half and lower half."""

import cv2
import numpy as np

from docclf.data.source import Source

FOLD = 24
_TURNS = (None, cv2.ROTATE_90_COUNTERCLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_CLOCKWISE)


def view(image: np.ndarray, k: int) -> np.ndarray:
    """Returns view k of an image: turned, then whole or halved. View 0 is the image itself.

    k = 3 * orientation + part. Orientations 0 to 3 are quarter turns, 4 to 7 the same flipped upside down; together
    they are all 8 symmetries of a rectangle. Part 0 is the whole, 1 the upper half, 2 the lower half *of the turned
    image*, so the eight orientations halve the original across and along. The halves come from the image before it is
    squashed; the middle row of an odd height belongs to the lower half.

    Args:
        image: uint8 [H,W,3].
        k: 0 to 23.
    """
    if not 0 <= k < FOLD:
        raise ValueError(f"view {k}: expected 0 to {FOLD - 1}")
    orientation, part = divmod(k, 3)
    turn = _TURNS[orientation % 4]
    turned = image if turn is None else cv2.rotate(image, turn)
    if orientation >= 4:
        turned = cv2.flip(turned, 0)
    middle = len(turned) // 2
    return (turned, turned[: max(1, middle)], turned[middle:])[part]


class Expanded:
    """A source with 24 samples for each image of another; sample and class 24 * i + k is view k of image i.

    A loader reads image `i // 24` once for all its samples of a batch, and takes their views from it.
    """

    def __init__(self, source: Source):
        self.source = source
        for name in ("side", "fingerprint"):
            if hasattr(source, name):
                setattr(self, name, getattr(source, name))

    def __len__(self) -> int:
        return FOLD * len(self.source)

    def read(self, i: int) -> np.ndarray:
        """Returns view i % 24 of image i // 24, uint8 [H,W,3]."""
        return view(self.source.read(i // FOLD), i % FOLD)

    def name(self, i: int) -> str:
        """Returns the image's name and the view."""
        return f"{self.source.name(i // FOLD)} (view {i % FOLD} of {FOLD})"

    def expect(self, indices: np.ndarray) -> None:
        """Tells the source which images come soon, when it wants to know."""
        if hasattr(self.source, "expect"):
            self.source.expect(np.unique(indices // FOLD))
