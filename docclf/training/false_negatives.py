"""Training classes that look alike: a loss pushes them apart although they show the same thing."""

import logging

import numpy as np

from docclf.data.dataset import Dataset
from docclf.data.index.copies import NEAR, near_pairs
from docclf.errors import InputError

_log = logging.getLogger(__name__)
SHOWN = 3


def warn(dataset: Dataset) -> int:
    """Returns how many pairs of training images are near copies, and warns about them by name.

    Args:
        dataset: what is trained on; one that cannot say what its images look like has none.
    """
    try:
        hashes = dataset.training_hashes()
    except InputError:
        return 0
    pairs = near_pairs(np.asarray(hashes.looks, np.uint64))
    if len(pairs):
        named = "; ".join(f"{hashes.name(int(i))} and {hashes.name(int(j))}" for i, j in pairs[:SHOWN])
        _log.warning(
            "%d pairs of training images look alike (perceptual hash within %d of 64 bits), though classes apart: "
            "false negatives, %s%s. `python -m docclf.data.check DIR` lists them; leave one of each out.",
            len(pairs),
            NEAR,
            named,
            "" if len(pairs) <= SHOWN else ", and more",
        )
    return len(pairs)
