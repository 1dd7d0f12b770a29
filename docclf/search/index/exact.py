"""Every score is computed: what the other searches are measured against, and a scan of what a filter left."""

import numpy as np

from docclf.search.cosines import best

QUERIES, ROWS = 16, 65_536  # at a time


def exact(
    rows: np.ndarray, queries: np.ndarray, count: int, among: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the highest cosines and their row numbers, best first, both [Q,min(count,n)]; equal ones by row number.

    A float32 product finds the candidates: all whose score is within its error of the last place.

    Args:
        rows: unit rows float32 [N,D], in memory or mapped.
        queries: unit rows [Q,D].
        count: how many.
        among: row numbers to look at, ascending; ``None`` for all.
    """
    n = len(rows) if among is None else len(among)
    count = min(count, n)
    scores, found = np.zeros((len(queries), count), np.float32), np.zeros((len(queries), count), np.int64)
    if not count:
        return scores, found
    # A sum of D products of unit vectors is off by at most D units of the last place of 1, in any order.
    error = rows.shape[1] * np.finfo(np.float32).eps
    for first in range(0, len(queries), QUERIES):
        asked = np.ascontiguousarray(queries[first : first + QUERIES], np.float32)
        rough = np.empty((len(asked), n), np.float32)
        for at in range(0, n, ROWS):
            block = rows[at : at + ROWS] if among is None else rows[among[at : at + ROWS]]
            np.matmul(asked, block.T, out=rough[:, at : at + ROWS])
        for i, query in enumerate(asked):
            last = np.partition(rough[i], n - count)[n - count]
            near = np.flatnonzero(rough[i] >= last - 2 * error)
            numbers = near if among is None else among[near]
            scores[first + i], found[first + i] = best(query, rows[numbers], numbers, count)
    return scores, found
