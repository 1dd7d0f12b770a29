"""Scores that were made elsewhere, in the layout that the walk reads: one for each query and registered image."""

import torch
from torch import Tensor

from docclf.errors import InputError
from docclf.metric.pairs.layout import Layout
from docclf.metric.pairs.scores import check_labels


class MatrixLayout(Layout):
    """A matrix [Q, R] of scores, fused to classes by max or mean; its tiles are parts of it."""

    def images(self, rows: slice | Tensor, cols: slice | Tensor, out: Tensor | None = None) -> Tensor:
        """A copy of a part of the matrix."""
        part = self.rows[rows][:, cols]
        return part.clone() if out is None else out.copy_(part)

    def singles(self, rows: Tensor, cols: Tensor) -> Tensor:
        """Single scores [n]."""
        return self.rows[rows, cols]


def matrix_layout(scores: Tensor, register_labels: Tensor, query_labels: Tensor, fusion: str) -> MatrixLayout:
    """Lays a matrix out by labels.

    Args:
        scores: float [Q, R], the higher the more alike, at least -1.
        register_labels: int64 [R].
        query_labels: int64 [Q].
        fusion: max or mean.

    Raises:
        InputError: another shape, a score that is not finite or below -1, bad labels, or fusion by centroid.
    """
    if fusion not in ("max", "mean"):
        raise InputError(f"fusion={fusion!r}: scores of pairs have no centroid; choose max or mean.")
    if scores.dim() != 2 or 0 in scores.shape or not scores.is_floating_point():
        raise InputError(
            f"the scores have shape {tuple(scores.shape)} and type {scores.dtype}: give a float tensor, one row for "
            "each query and one column for each registered image."
        )
    if not (torch.isfinite(scores).all() and float(scores.min()) >= -1):
        raise InputError("a score is not finite or below -1: scores of pairs lie in [-1, inf).")
    row_label, order = torch.sort(check_labels(query_labels, scores.shape[0], "query"), stable=True)
    col_label, place = torch.sort(check_labels(register_labels, scores.shape[1], "register"), stable=True)
    classes, sizes = torch.unique_consecutive(col_label, return_counts=True)
    source = place[torch.cumsum(sizes, 0) - sizes]
    rows = scores.detach().float()[order][:, place].contiguous()
    return MatrixLayout(rows, row_label, order, place, classes, source, sizes, fusion == "mean", False)
