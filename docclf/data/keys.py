"""What a class is, whatever its number: by it centres find their classes again in other data."""

import numpy as np

from docclf.data.expand import FOLD


def class_keys(hashes: np.ndarray, expand: int = 1) -> np.ndarray:
    """Returns a number per class, uint64 [expand * N]: that of the image's content, and which of its views it is.

    Args:
        hashes: sha256 of each training image, uint8 [N,32].
        expand: classes made of each image: 1, 8 or 24.
    """
    own = np.ascontiguousarray(hashes[:, :8]).view("<u8").reshape(-1, 1)
    views = np.arange(0, FOLD, FOLD // expand, dtype=np.uint64)  # of 8: the whole image in each orientation
    return (own - own % FOLD + views).reshape(-1)
