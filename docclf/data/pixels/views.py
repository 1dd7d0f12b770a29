"""8 or 24 classes from each image: 8 orientations, each whole, or whole, upper half and lower half."""

import cv2
import numpy as np

from docclf.data.pixels.source import Source

FOLD = 24
FOLDS = (1, 8, FOLD)  # what data.expand takes
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


def part(image: np.ndarray, index: int, fold: int) -> np.ndarray:
    """Returns what sample ``index`` shows of its image: view index % 24; with fold 8 the whole, turned."""
    return view(image, index % fold * (FOLD // fold))


class Expanded(Source):
    """A source with `fold` samples for each image of another; sample and class fold * i + k shows image i.

    With 24 it is view k, with 8 the whole image in orientation k, which is view 3 k. A loader reads image `i // fold`
    once for all its samples of a batch, and takes their views from it.
    """

    def __init__(self, source: Source, fold: int = FOLD):
        self.source, self.fold = source, fold

    @property
    def fingerprint(self) -> str:
        """That of the images; a loader compares the number of samples besides."""
        return self.source.fingerprint

    def __len__(self) -> int:
        return self.fold * len(self.source)

    def read(self, i: int) -> np.ndarray:
        """Returns what sample i shows of image i // fold, uint8 [H,W,3]."""
        return part(self.source.read(i // self.fold), i, self.fold)

    def name(self, i: int) -> str:
        """Returns the image's name and the view."""
        return f"{self.source.name(i // self.fold)} (view {i % self.fold} of {self.fold})"

    def expect(self, indices: np.ndarray) -> None:
        """Tells the source which images come soon."""
        self.source.expect(np.unique(indices // self.fold))


def class_keys(hashes: np.ndarray, expand: int = 1) -> np.ndarray:
    """Returns a number per class, uint64 [expand * N]: that of the image's content, and which of its views it is.

    Args:
        hashes: sha256 of each training image, uint8 [N,32].
        expand: classes made of each image: 1, 8 or 24.
    """
    own = np.ascontiguousarray(hashes[:, :8]).view("<u8").reshape(-1, 1)
    views = np.arange(0, FOLD, FOLD // expand, dtype=np.uint64)  # of 8: the whole image in each orientation
    return (own - own % FOLD + views).reshape(-1)
