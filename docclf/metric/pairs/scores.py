"""Cosine scores tile by tile: the one place where scores are made, so that every reader sees the same float32 bits."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from docclf.errors import InputError

# A float32 product changes in the last bit with the shape handed to the library and with its thread count. So the
# shapes are fixed here, by the data alone, and each product runs on one thread: threads share out whole tiles.
TILE_ROWS = 512
TILE_COLS = 1024
UNIT_ROWS = 1024
FUSIONS = ("max", "mean", "centroid")


@dataclass(frozen=True)
class Tile:
    """Scores [t, k] of a layout's rows from `row` and columns from `col`; `same` marks genuine, `valid` what counts."""

    row: int
    col: int
    scores: Tensor
    same: Tensor | None = None
    valid: Tensor | None = None

    def genuine_mask(self) -> Tensor:
        """Boolean [t, k], true at genuine pairs."""
        same = torch.zeros_like(self.scores, dtype=torch.bool) if self.same is None else self.same
        return same if self.valid is None else same & self.valid

    def impostor_mask(self) -> Tensor:
        """Boolean [t, k], true at impostor pairs."""
        mask = torch.ones_like(self.scores, dtype=torch.bool) if self.same is None else ~self.same
        return mask if self.valid is None else mask & self.valid


def unit_rows(embeddings: Tensor, name: str, order: Tensor | None = None) -> Tensor:
    """Rows at unit length: squares added in float64 by halving, root, quotient, then rounded once to float32.

    Adding halves element by element fixes the order of the sum, so the bits depend on the row alone: not on the number
    of rows, the threads or the device.

    Args:
        embeddings: [N, D] of any length, any float dtype.
        name: what to call them in an error.
        order: which row goes where [N]; None keeps the order.

    Raises:
        InputError: not [N, D] with N, D > 0; NaN or infinite; a row of zeros.
    """
    check_shape(embeddings, name)
    unit = torch.empty(embeddings.shape, dtype=torch.float32, device=embeddings.device)
    for start in range(0, len(unit), UNIT_ROWS):
        place = slice(start, start + UNIT_ROWS) if order is None else order[start : start + UNIT_ROWS]
        rows = embeddings[place].detach().double()
        peak = rows.abs().amax(1, keepdim=True)
        bad = ~(torch.isfinite(peak[:, 0]) & (peak[:, 0] > 0))
        if bad.any():
            first = int(bad.nonzero()[0, 0])
            what = "zero" if peak[first, 0] == 0 else "not finite"
            raise InputError(
                f"{name} embedding {start + first if order is None else int(place[first])} is {what}: a cosine is "
                "undefined for it. Leave such images out or mend the model."
            )
        # A power of two leaves the quotient's bits alone and keeps the squares of tiny or huge rows in range.
        rows /= torch.exp2(torch.frexp(peak)[1].double())
        total = rows * rows
        while total.shape[1] > 1:
            if total.shape[1] % 2:
                total = torch.nn.functional.pad(total, (0, 1))
            half = total.shape[1] // 2
            total = total[:, :half] + total[:, half:]
        unit[start : start + UNIT_ROWS] = rows.div_(total.sqrt_())
    return unit


def check_shape(embeddings: Tensor, name: str) -> None:
    """Raises InputError unless the embeddings are a float tensor [N, D] with N, D > 0."""
    if embeddings.dim() != 2 or 0 in embeddings.shape or not embeddings.is_floating_point():
        raise InputError(
            f"{name} embeddings have shape {tuple(embeddings.shape)} and type {embeddings.dtype}: give a float tensor "
            "[N, D] with at least one row and one column."
        )


def check_labels(labels: Tensor, rows: int, name: str) -> Tensor:
    """Labels [N] as int64, or an InputError that says what is wrong with them."""
    if labels.dim() != 1 or len(labels) != rows or labels.is_floating_point():
        raise InputError(
            f"{name} labels have shape {tuple(labels.shape)} and type {labels.dtype}: give one integer for each of the "
            f"{rows} {name} embeddings."
        )
    if int(labels.min()) < 0:
        raise InputError(f"{name} labels hold {int(labels.min())}: number the labels from 0.")
    return labels.long()


@contextmanager
def one_thread() -> Iterator[None]:
    """One torch thread inside; a barrier per small operation costs more than a second thread saves."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def plain_float32(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Full float32 products on one thread each, with a pool of workers beside; puts the settings back at the end."""
    precision = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        with one_thread(), ThreadPoolExecutor(max_workers=workers) as pool:
            yield pool
    finally:
        torch.set_float32_matmul_precision(precision)
