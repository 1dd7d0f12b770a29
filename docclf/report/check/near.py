"""Pictures that are the same, or almost the same, found from tiny copies of them."""

import numpy as np

# Root mean square difference of the 16 x 16 copies, in grey levels of 255. Re-encoded or resized, an image moves by
# less than 1; among 2,485 photographs of groceries, 10 to 68 of a kind, the closest two are 4.8 apart.
NEAR = 2.5
FLAT = 4.0  # spread of the grey levels below which a picture shows nothing
MOST_PAIRS = 2 * 10**9
_BLOCK = 1024


def flat(pictures: np.ndarray) -> np.ndarray:
    """Returns which pictures [n,16,16,3] are of one colour, bool [n]."""
    if not len(pictures):
        return np.zeros(0, bool)
    return pictures.reshape(len(pictures), -1, 3).astype(np.float32).std(1).max(1) < FLAT


def near_pairs(a: np.ndarray, b: np.ndarray, limit: float = NEAR) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns (index in a, index in b, distance), closest first, of all pairs at most `limit` apart but flat ones.

    The distance of block means never exceeds that of the pixels (Jensen): a first pass over 4 x 4 means loses nothing.

    Args:
        a, b: uint8 [n,16,16,3] and [m,16,16,3].
        limit: root mean square difference in grey levels.
    """
    keep_a, keep_b = np.flatnonzero(~flat(a)), np.flatnonzero(~flat(b))
    coarse_a, coarse_b = _coarse(a[keep_a]), _coarse(b[keep_b])
    length_b = (coarse_b**2).sum(1)
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for start in range(0, len(keep_a), _BLOCK):
        rows = coarse_a[start : start + _BLOCK]
        square = (rows**2).sum(1)[:, None] + length_b - 2 * rows @ coarse_b.T
        # Half a grey level forgives the rounding of the difference of large squares.
        row, col = np.nonzero(square <= (limit + 0.5) ** 2 * rows.shape[1])
        first, second = keep_a[start + row], keep_b[col]
        distance = np.concatenate(
            [_distance(a[first[at : at + _BLOCK]], b[second[at : at + _BLOCK]]) for at in range(0, len(first), _BLOCK)]
            or [np.empty(0, np.float32)]
        )
        close = distance <= limit
        found.append((first[close], second[close], distance[close]))
    one, other, distance = (np.concatenate([part[at] for part in found] or [np.empty(0)]) for at in range(3))
    order = np.argsort(distance, kind="stable")
    return one[order].astype(int), other[order].astype(int), distance[order]


def _coarse(pictures: np.ndarray) -> np.ndarray:
    return pictures.reshape(-1, 4, 4, 4, 4, 3).mean((2, 4), dtype=np.float32).reshape(len(pictures), 48) - 128


def _distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    gap = a.reshape(len(a), -1).astype(np.float32) - b.reshape(len(b), -1)
    return np.sqrt((gap**2).mean(1))
