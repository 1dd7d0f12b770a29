"""Exact search over the registered vectors: every score is computed."""

from typing import Any

import numpy as np

from docclf.errors import InputError

BACKENDS = ("auto", "numpy", "faiss")
_SPARE = 16  # more than asked for, because faiss ranks by float32 sums
MANY = 20_000  # vectors; below it one matrix product takes some milliseconds and faiss gains nothing


class Search:
    """Cosines of queries with registered unit vectors.

    Args:
        vectors: float32 [n,D], unit rows.
        backend: ``numpy`` (a matrix product), ``faiss`` (a flat index, also exact), or ``auto``: faiss for many
            vectors where it is installed, else numpy. ``name`` says which it became.

    Raises:
        InputError: an unknown backend, or faiss where it is not installed.
    """

    def __init__(self, vectors: np.ndarray, backend: str = "auto") -> None:
        if backend not in BACKENDS:
            raise InputError(f"search={backend!r}: want one of {', '.join(BACKENDS)}.")
        self.vectors, self.index = vectors, None
        if backend == "faiss" or (backend == "auto" and len(vectors) >= MANY):
            self.index = _flat(vectors, required=backend == "faiss")
        self.name = "numpy, exact" if self.index is None else "faiss flat index, exact"

    def nearest(self, queries: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns the cosines and row numbers of the nearest vectors, best first, both [Q,min(count,n)].

        Products are summed in float64 (float32 sums of a thousand terms were seen 7e-6 off, above 1) and rounded
        once. Equal cosines go by row number.
        """
        count = min(count, len(self.vectors))
        queries = queries.astype(np.float64)
        if self.index is not None and count + _SPARE < len(self.vectors):
            _, rows = self.index.search(queries.astype(np.float32), count + _SPARE)
            scores = np.einsum("qd,qkd->qk", queries, self.vectors[rows].astype(np.float64))
        else:
            scores = queries @ self.vectors.T.astype(np.float64)
            rows = np.broadcast_to(np.arange(len(self.vectors)), scores.shape)
        scores = scores.astype(np.float32)
        order = np.lexsort((rows, -scores), axis=1)[:, :count]
        return np.take_along_axis(scores, order, axis=1), np.take_along_axis(rows, order, axis=1)


def _flat(vectors: np.ndarray, required: bool) -> Any | None:
    try:
        import faiss
    except ImportError as error:
        if required:
            raise InputError(
                "search='faiss': faiss is not installed (pip install faiss-cpu); search='numpy' gives the same scores."
            ) from error
        return None
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors))
    return index
