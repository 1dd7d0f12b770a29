"""Packs combined without copies."""

import logging

import numpy as np

_log = logging.getLogger(__name__)


def without_copies(parts: list) -> list[np.ndarray]:
    """Returns the numbers of each part's images whose content was in no part before, int64, increasing.

    Args:
        parts: packs, or what has their interface.
    """
    hashes = np.ascontiguousarray(np.concatenate([part.hashes for part in parts])).view("V32").reshape(-1)
    _, first = np.unique(hashes, return_index=True)
    kept = np.zeros(len(hashes), bool)
    kept[first] = True
    ends = np.cumsum([part.num_images for part in parts])
    rows = [np.flatnonzero(chosen).astype(np.int64) for chosen in np.split(kept, ends[:-1])]
    if dropped := len(hashes) - len(first):
        _log.warning("%d images whose content is in an earlier pack too are left out", dropped)
    return rows
