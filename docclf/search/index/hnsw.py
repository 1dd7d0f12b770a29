"""A graph of near rows (HNSW, arXiv:1603.09320), walked towards the query."""

from typing import Any

import numpy as np

LINKS, BUILD, WALK = 32, 80, 128


class Hnsw:
    """A graph over 8-bit rows; where a filter leaves few of them the walk finds none, so `Search` scans these.

    Args:
        rows: what the 8-bit grid is fitted to, unit rows float32 [N,D].
        walk: candidates that the walk keeps (efSearch).
    """

    selects = True

    def __init__(self, rows: np.ndarray, walk: int = WALK) -> None:
        import faiss

        kind = faiss.ScalarQuantizer.QT_8bit
        self.index = faiss.IndexHNSWSQ(rows.shape[1], kind, LINKS, faiss.METRIC_INNER_PRODUCT)
        self.index.hnsw.efConstruction = BUILD
        self.index.train(np.ascontiguousarray(rows))
        self.walk, self.name = walk, f"hnsw, {LINKS} links, {walk} kept"

    def add(self, rows: np.ndarray) -> None:
        """Adds unit rows float32 [N,D] behind those that are there."""
        self.index.add(np.ascontiguousarray(rows))

    def candidates(self, queries: np.ndarray, count: int, selector: Any = None) -> np.ndarray:
        """Returns the rows [Q,count] that the walk ends with, -1 where there are fewer."""
        import faiss

        given = {} if selector is None else {"sel": selector}
        params = faiss.SearchParametersHNSW(efSearch=max(self.walk, count), **given)
        return self.index.search(np.ascontiguousarray(queries), count, params=params)[1]
