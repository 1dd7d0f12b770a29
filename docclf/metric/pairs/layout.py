"""Which pairs are scored and in which tile: rows and columns sorted by label, so that genuine pairs sit together."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from docclf.errors import InputError
from docclf.metric.pairs.scores import (
    FUSIONS,
    TILE_COLS,
    TILE_ROWS,
    Tile,
    check_labels,
    check_shape,
    one_thread,
    unit_rows,
)


class Layout:
    """Rows [Q, D] against columns [R, D], columns fused to K classes (or left as they are), in tiles.

    Rows and columns are put in the order of their labels (equal labels keep the order given). `row_source` and
    `col_source` lead back to the order given: for a fused column to the first image of its class.
    """

    def __init__(self, rows: Tensor, row_label: Tensor, row_source: Tensor, cols: Tensor, col_label: Tensor,
                 col_source: Tensor, sizes: Tensor, mean: bool, triangle: bool):  # fmt: skip
        self.rows, self.cols, self.mean, self.triangle = rows, cols, mean, triangle
        self.row_label, self.row_source, self.col_label, self.col_source = row_label, row_source, col_label, col_source
        self.sizes, self.starts = sizes, torch.cumsum(sizes, 0) - sizes
        self.single = bool((sizes == 1).all())
        self._row_names, self._col_names = row_label.tolist(), col_label.tolist()
        self._col_edges = _edges(self.starts, len(cols))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and scored columns."""
        return len(self.row_label), len(self.col_label)

    def pairs(self) -> int:
        """How many pairs are scored."""
        rows, cols = self.shape
        return rows * (rows - 1) // 2 if self.triangle else rows * cols

    def image_label(self) -> Tensor:
        """The label of each registered image before fusion."""
        return torch.repeat_interleave(self.col_label, self.sizes)

    def row_edges(self) -> list[int]:
        """Where the tiles' rows begin and end."""
        return [*range(0, len(self.rows), TILE_ROWS), len(self.rows)]

    def spans(self, row: int, genuine_only: bool = False) -> Iterator[tuple[int, int]]:
        """Column spans with pairs of the row tile at `row`; with `genuine_only`, those that may hold genuine ones."""
        for first, last in zip(self._col_edges[:-1], self._col_edges[1:], strict=True):
            if self.triangle and last <= row + 1:
                continue
            if not genuine_only or self._may_match(row, first, last):
                yield first, last

    def tile(self, row: int, first: int, last: int, out: Tensor | None = None) -> Tile:
        """The tile of rows from `row` on and columns first to last; `out` is a flat buffer its scores may go to."""
        end = min(row + TILE_ROWS, len(self.rows))
        left, right = (first, last) if self.single else self._images(first, last)
        shape = (end - row, right - left)
        place = out[: shape[0] * shape[1]].view(shape) if out is not None and self.single else None
        scores = self._fuse(self.images(slice(row, end), slice(left, right), place), first, last)
        same = valid = None
        if self._may_match(row, first, last):
            same = self.row_label[row:end, None] == self.col_label[None, first:last]
        if self.triangle and first < end:
            place = torch.arange(first, last, device=scores.device)
            valid = place[None] > torch.arange(row, end, device=scores.device)[:, None]
        return Tile(row, first, scores, same, valid)

    def images(self, rows: slice | Tensor, cols: slice | Tensor, out: Tensor | None = None) -> Tensor:
        """Scores of rows with single images, before fusion [t, k]; a caller may write into them."""
        return torch.mm(self.rows[rows], self.cols[cols].T, out=out)

    def singles(self, rows: Tensor, cols: Tensor) -> Tensor:
        """Score of each row with the image beside it [n], summed in another order than the tiles'."""
        return (self.rows[rows] * self.cols[cols]).sum(1)

    def pair_scores(self, row: np.ndarray, col: np.ndarray) -> np.ndarray:
        """Scores of single pairs: good for estimates, not for counting."""
        rows = torch.from_numpy(row)
        start, size = self.starts[torch.from_numpy(col)], self.sizes[torch.from_numpy(col)]
        fused = self.singles(rows, start)
        for step in range(1, int(size.max()) if len(size) else 0):
            more = self.singles(rows, start + torch.clamp(size - 1, max=step))
            fused = torch.where(size > step, fused + more if self.mean else torch.maximum(fused, more), fused)
        return (fused / size if self.mean else fused).cpu().numpy()

    def _may_match(self, row: int, first: int, last: int) -> bool:
        end = min(row + TILE_ROWS, len(self._row_names))
        return self._row_names[row] <= self._col_names[last - 1] and self._col_names[first] <= self._row_names[end - 1]

    def _images(self, first: int, last: int) -> tuple[int, int]:
        return int(self.starts[first]), int(self.starts[last - 1] + self.sizes[last - 1])

    def _fuse(self, scores: Tensor, first: int, last: int) -> Tensor:
        """[t, images] to [t, classes], image after image, so that a mean adds in a fixed order."""
        if self.single:
            return scores
        sizes = self.sizes[first:last]
        starts = self.starts[first:last] - self.starts[first]
        fused = scores[:, starts]
        for step in range(1, int(sizes.max())):
            has = (sizes > step).nonzero()[:, 0]
            more = scores[:, starts[has] + step]
            fused[:, has] = fused[:, has] + more if self.mean else torch.maximum(fused[:, has], more)
        return fused / sizes if self.mean else fused


def register_query_layout(register: Tensor, register_labels: Tensor, query: Tensor, query_labels: Tensor,
                          fusion: str) -> Layout:  # fmt: skip
    """Queries against registered classes.

    Raises:
        InputError: bad embeddings, labels or widths.
    """
    if fusion not in FUSIONS:
        raise InputError(f"fusion={fusion!r}: choose one of {', '.join(FUSIONS)}.")
    check_same_model(register, query)
    col_label = check_labels(register_labels, len(register), "register").to(register.device)
    row_label = check_labels(query_labels, len(query), "query").to(register.device)
    row_label, order = torch.sort(row_label, stable=True)
    col_label, place = torch.sort(col_label, stable=True)
    classes, sizes = torch.unique_consecutive(col_label, return_counts=True)
    with one_thread():
        rows, cols = unit_rows(query, "query", order), unit_rows(register, "register", place)
    source = place[torch.cumsum(sizes, 0) - sizes]
    if fusion == "centroid":
        cols, sizes = _centroids(cols, sizes), torch.ones_like(sizes)
    return Layout(rows, row_label, order, cols, classes, source, sizes, fusion == "mean", False)


def check_same_model(register: Tensor, query: Tensor) -> None:
    """Raises InputError unless both are [N, D] of one width on one device."""
    check_shape(register, "register")
    check_shape(query, "query")
    if register.shape[1] != query.shape[1]:
        raise InputError(
            f"register embeddings are {register.shape[1]} wide and query embeddings {query.shape[1]}: both must come "
            "from the same model."
        )
    if register.device != query.device:
        raise InputError(f"register is on {register.device} and query on {query.device}: move both to one device.")


def all_pairs_layout(embeddings: Tensor, labels: Tensor) -> Layout:
    """Every image against every other, each pair once."""
    names, order = torch.sort(check_labels(labels, len(embeddings), "image").to(embeddings.device), stable=True)
    with one_thread():
        rows = unit_rows(embeddings, "image", order)
    return Layout(rows, names, order, rows, names, order, torch.ones_like(names), False, True)


def _centroids(cols: Tensor, sizes: Tensor) -> Tensor:
    starts = torch.cumsum(sizes, 0) - sizes
    total = cols[starts].double()
    for step in range(1, int(sizes.max())):
        has = (sizes > step).nonzero()[:, 0]
        total[has] += cols[starts[has] + step]
    return unit_rows(total, "centroid of register")


def _edges(starts: Tensor, images: int) -> list[int]:
    """Class numbers where column tiles begin: whole classes, TILE_COLS images or one larger class each."""
    starts, edges = [*starts.tolist(), images], [0]
    for place in range(1, len(starts)):
        if starts[place] - starts[edges[-1]] > TILE_COLS and place - 1 > edges[-1]:
            edges.append(place - 1)
    return [*edges, len(starts) - 1]
