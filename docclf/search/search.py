"""The nearest registered vectors, whatever finds them: rows come and go, filters apply, scores are exact cosines."""

from typing import Any

import numpy as np

from docclf.errors import InputError
from docclf.search.code.base import Code
from docclf.search.code.choose import make
from docclf.search.cosines import best
from docclf.search.index.exact import exact
from docclf.search.index.hnsw import Hnsw
from docclf.search.index.ivf import Ivf
from docclf.search.index.two_stage import TwoStage

KINDS = ("auto", "exact", "two_stage", "ivf", "hnsw")
MANY = 100_000  # vectors from which auto takes codes first; a scan of fewer takes some milliseconds
WIDE = 200  # candidates whose cosines are computed
SCAN, FEW = 0.15, 5_000  # a filter that leaves this share, or so many rows, is answered by computing all of them
REBUILD = 0.2  # share of removed rows from which the index is built again


class Search:
    """Cosines of queries with unit vectors that can be added and removed.

    Args:
        rows: float32 [N,D], unit rows; a mapped file stays on disk, and only candidates are read from it.
        kind: exact, two_stage (codes first), ivf, hnsw, or auto: exact, from `MANY` rows on two_stage.
        code: of two_stage; ``None`` takes two bits a coordinate, or sq8 where the width does not allow it.
        scan: share of the rows up to which a filter is answered by an exact scan of what it leaves.
        rebuild: share of removed rows from which everything is built again.

    Attributes:
        ids: int64 [N], by which rows are known: they count up and are never used twice.
        alive: bool [N]; removed rows stay until the next rebuild.

    Raises:
        InputError: an unknown kind or code, or too few rows for it.
    """

    def __init__(
        self,
        rows: np.ndarray,
        kind: str = "auto",
        code: str | Code | None = None,
        scan: float = SCAN,
        rebuild: float = REBUILD,
    ) -> None:
        if kind not in KINDS:
            raise InputError(f"search={kind!r}: want one of {', '.join(KINDS)}.")
        self.kind, self.code, self.scan, self.rebuild = kind, code, scan, rebuild
        self.ids, self.next = np.arange(len(rows)), len(rows)
        self._build(rows)

    def __len__(self) -> int:
        return int(self.alive.sum())

    @property
    def rows(self) -> np.ndarray:
        """The vectors [N,D], removed ones included; in step with `ids` and `alive`."""
        return self.buffer[: len(self.ids)]

    def add(self, rows: np.ndarray) -> np.ndarray:
        """Adds unit rows float32 [n,D]; returns their ids.

        Raises:
            InputError: rows of another width.
        """
        if rows.ndim != 2 or (len(self.buffer) and rows.shape[1] != self.buffer.shape[1]):
            raise InputError(f"rows {list(rows.shape)} do not fit vectors {list(self.buffer.shape)}.")
        old, fresh = len(self.ids), np.arange(self.next, self.next + len(rows))
        if old + len(rows) > len(self.buffer) or not self.buffer.flags.writeable:
            wider = np.empty((max(2 * old, old + len(rows), 1024), rows.shape[1]), np.float32)
            wider[:old] = self.rows
            self.buffer = wider
        self.buffer[old : old + len(rows)] = rows
        self.ids, self.next = np.concatenate([self.ids, fresh]), self.next + len(rows)
        self.alive = np.concatenate([self.alive, np.ones(len(rows), bool)])
        if self.index is not None:
            self.index.add(np.ascontiguousarray(rows, np.float32))
        elif self.kind != "exact" and self._wanted(len(self.ids)) != "exact":
            self._build(self.rows)
        return fresh

    def remove(self, ids: np.ndarray) -> None:
        """Takes rows out by their ids.

        Raises:
            InputError: an id that is not there.
        """
        ids = np.unique(np.asarray(ids, np.int64))
        places = np.searchsorted(self.ids, ids)
        known = places < len(self.ids)
        known[known] = self.ids[places[known]] == ids[known]
        known[known] = self.alive[places[known]]
        if not known.all():
            raise InputError(f"no vector has the id {ids[~known][0]}; nothing was removed.")
        self.alive[places] = False
        if (~self.alive).mean() > self.rebuild:
            kept = np.flatnonzero(self.alive)
            rows, self.ids = self.rows[kept], self.ids[kept]
            self._build(rows)

    def nearest(
        self, queries: np.ndarray, count: int, among: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns the cosines and ids of the nearest vectors, best first, both [Q,min(count,n)].

        Args:
            queries: unit rows float32 [Q,D].
            count: how many.
            among: bool [N] in step with `ids`: the rows that a filter leaves; n is their number. With none the
                answers have width 0: there is nothing to compare.
        """
        mask = self.alive if among is None else self.alive & among
        n, queries = int(mask.sum()), np.ascontiguousarray(queries, np.float32)
        if self.index is None or n <= max(self.scan * len(mask), min(FEW, 2 * WIDE) if self.scan else 0):
            places = exact(self.rows, queries, count, None if n == len(mask) else np.flatnonzero(mask))
        else:
            places = self._by_index(queries, min(count, n), mask, n)
        return places[0], self.ids[places[1]]

    def _by_index(self, queries: np.ndarray, count: int, mask: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
        import faiss

        total, selector = len(mask), None
        ask = max(WIDE, 2 * count)
        if n < total and self.index.selects:
            bits = np.packbits(mask, bitorder="little")
            selector = faiss.IDSelectorBitmap(bits)
        elif n < total:
            ask = int(1.5 * ask * total / n)
        found = self.index.candidates(queries, min(ask, total), selector)
        scores, places = np.full((len(queries), count), -np.inf, np.float32), np.full((len(queries), count), -1)
        for i, query in enumerate(queries):
            near = found[i][found[i] >= 0]
            near = np.sort(near[mask[near]])
            if len(near) < count:  # the index found too few: what it cannot tell is computed
                scores[i], places[i] = (part[0] for part in exact(self.rows, query[None], count, np.flatnonzero(mask)))
                continue
            scores[i], places[i] = best(query, self.rows[near], near, count)
        return scores, places

    def _wanted(self, count: int) -> str:
        return ("two_stage" if count >= MANY else "exact") if self.kind == "auto" else self.kind

    def _build(self, rows: np.ndarray) -> None:
        """Builds everything over rows [N,D], in step with `ids`."""
        self.buffer, self.alive, self.index = rows, np.ones(len(rows), bool), None
        wanted: str = self._wanted(len(rows))
        if wanted != "exact" and len(rows):
            self.index = self._empty(wanted, rows)
            self.index.add(rows)
        self.name = "exact" if self.index is None else f"{wanted} ({self.index.name}), scores exact"

    def _empty(self, wanted: str, rows: np.ndarray) -> Any:
        if wanted != "two_stage":
            return Ivf(rows) if wanted == "ivf" else Hnsw(rows)
        width = rows.shape[1]
        code = self.code or ("sq8" if width % 4 else "binary2")
        return TwoStage(code if isinstance(code, Code) else make(code, width, rows))
