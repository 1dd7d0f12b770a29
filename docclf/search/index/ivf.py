"""Inverted lists: rows by the nearest of some centres, of which a query looks at a few."""

from typing import Any

import numpy as np

from docclf.errors import InputError

LEAST = 39  # rows for each centre, as faiss asks


class Ivf:
    """Inverted lists of 8-bit rows.

    Args:
        rows: what the centres are fitted to, unit rows float32 [N,D].
        lists: centres; ``None`` takes the square root of the rows, four times.
        probes: lists that a query looks at; ``None`` takes a sixteenth of them, at least 8.

    Raises:
        InputError: too few rows to fit the centres.
    """

    selects = True

    def __init__(self, rows: np.ndarray, lists: int | None = None, probes: int | None = None) -> None:
        import faiss

        if len(rows) < LEAST:
            raise InputError(
                f"search=ivf needs {LEAST} vectors to fit a list; there are {len(rows)}. Take search=exact, which is "
                "faster with so few."
            )
        lists = min(lists or int(4 * len(rows) ** 0.5), len(rows) // LEAST)
        width, product = rows.shape[1], faiss.METRIC_INNER_PRODUCT
        kind = faiss.ScalarQuantizer.QT_8bit
        self.index = faiss.IndexIVFScalarQuantizer(faiss.IndexFlatIP(width), width, lists, kind, product)
        self.index.train(np.ascontiguousarray(rows[:: max(1, len(rows) // (256 * lists))]))
        self.probes = probes or min(lists, max(8, lists // 16))
        self.name = f"ivf, {self.probes} of {lists} lists"

    def add(self, rows: np.ndarray) -> None:
        """Adds unit rows float32 [N,D] behind those that are there."""
        self.index.add(np.ascontiguousarray(rows))

    def candidates(self, queries: np.ndarray, count: int, selector: Any = None) -> np.ndarray:
        """Returns the rows [Q,count] that score highest in the lists looked at, -1 where there are fewer."""
        import faiss

        params = faiss.SearchParametersIVF(nprobe=self.probes, **({} if selector is None else {"sel": selector}))
        return self.index.search(np.ascontiguousarray(queries), count, params=params)[1]
