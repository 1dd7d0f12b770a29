"""Images that are the same bytes, or look the same, as an earlier one."""

from itertools import combinations

import numpy as np

from docclf.data.index.entry import Entry
from docclf.imaging.feature.phash import NONE

DEDUP = ("exact", "near", "off")
NEAR = 4  # bits of 64 that may differ
_BANDS = 6
# Neighbouring frequencies go together; dealing them out in turn makes the bands less alike.
_MASKS = [np.uint64(sum(1 << bit for bit in range(band, 64, _BANDS))) for band in range(_BANDS)]


def drop_copies(entries: list[Entry], dedup: str) -> dict[int, str]:
    """Returns the numbers of the entries to leave out, each with the reason; the first of a kind stays.

    Args:
        entries: images in class order.
        dedup: one of `DEDUP`.
    """
    reasons: dict[int, str] = {}
    if dedup == "off":
        return reasons
    first: dict[str, str] = {}
    for number, entry in enumerate(entries):
        if entry.sha256 in first:
            reasons[number] = f"same content as {first[entry.sha256]}"
        else:
            first[entry.sha256] = entry.path
    if dedup == "near":
        left = [number for number in range(len(entries)) if number not in reasons]
        looks = np.array([entries[number].look for number in left], np.uint64)
        pairs, stays = near_pairs(looks), {}
        for early, late in pairs[np.lexsort((pairs[:, 0], pairs[:, 1]))].tolist():
            if late in stays:
                continue
            if early in stays:
                # What was left out stands for what stays only where it looks the same to the bit; a copy of a copy
                # may differ by more than the limit.
                if looks[early] != looks[late]:
                    continue
                early = stays[early]
            stays[late] = early
            reasons[left[late]] = f"looks like {entries[left[early]].path}"
    return reasons


def near_pairs(looks: np.ndarray, distance: int = NEAR) -> np.ndarray:
    """Returns the pairs (i, j), i < j, of hashes that differ in at most `distance` bits, sorted.

    The 64 bits are dealt to six bands. Hashes that differ in four bits or fewer agree in at least two bands, so
    images with two equal bands are looked for, once for each of the 15 choices of two (about 21 bits, which a million
    images share with a neighbour or none), instead of comparing all pairs. Equal hashes make one pair with the first
    of them each, not all pairs, so that a thousand copies are a thousand pairs.

    Args:
        looks: uint64 [N]; `NONE` is never part of a pair.
        distance: bits, at most 4.

    Returns:
        int64 [M,2].
    """
    if not 0 <= distance <= _BANDS - 2:
        raise ValueError(f"distance={distance}: the bands find no more than {_BANDS - 2} differing bits")
    values, first, where = np.unique(looks, return_index=True, return_inverse=True)
    copies = np.flatnonzero((first[where] != np.arange(len(looks))) & (looks != NONE))
    found = [np.stack([first[where[copies]], copies], axis=1)]
    used = values != NONE
    values, first = values[used], first[used]
    for a, b in combinations(_MASKS, 2):
        found.append(first[_equal_pairs(values & (a | b), values, distance)])
    pairs = np.sort(np.concatenate(found).astype(np.int64).reshape(-1, 2), axis=1)
    return np.unique(pairs, axis=0)


def near_between(some: np.ndarray, others: np.ndarray, distance: int = NEAR) -> np.ndarray:
    """Returns the pairs (i, j) of hashes of two sets that differ in at most `distance` bits, sorted, int64 [M,2].

    Of equal hashes in `some`, and of equal ones in `others`, at least one is in the pairs.

    Args:
        some: uint64 [N]; few.
        others: uint64 [K]; may be millions: only those with two bands of one of `some` are compared.
        distance: bits, at most 4.
    """
    close = np.zeros(len(others), bool)
    for a, b in combinations(_MASKS, 2):
        close |= np.isin(others & (a | b), some & (a | b))
    rows = np.flatnonzero(close & (others != NONE))
    pairs = near_pairs(np.concatenate([some, others[rows]]), distance)
    across = pairs[(pairs[:, 0] < len(some)) & (pairs[:, 1] >= len(some))]
    return np.stack([across[:, 0], rows[across[:, 1] - len(some)]], axis=1)


def _equal_pairs(keys: np.ndarray, values: np.ndarray, distance: int) -> np.ndarray:
    """Returns the pairs of places with equal keys whose values differ in at most `distance` bits, int64 [M,2]."""
    order = np.argsort(keys, kind="stable")
    keys, values = keys[order], values[order]
    found = [np.empty((0, 2), np.int64)]
    at, step = np.arange(len(keys)), 1
    while True:
        at = at[at + step < len(keys)]
        at = at[keys[at] == keys[at + step]]
        if not len(at):
            return order[np.concatenate(found)]
        near = at[_ones(values[at] ^ values[at + step]) <= distance]
        found.append(np.stack([near, near + step], axis=1))
        step += 1


def _ones(values: np.ndarray) -> np.ndarray:
    """Returns how many bits are set in each of uint64 [N] (numpy counts them itself only from 2.0 on)."""
    return np.unpackbits(values.view(np.uint8).reshape(-1, 8), axis=1).sum(axis=1)
