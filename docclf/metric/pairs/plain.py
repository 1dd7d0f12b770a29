"""All pairs at once: every score is held and sorted. For as many as fit into memory easily; the walk takes the rest."""

import numpy as np
import torch
from torch import Tensor

from docclf.metric.pairs.curve import Curve
from docclf.metric.pairs.found import HISTOGRAM_EDGES, Pairs, Sweep, own_scores, threshold
from docclf.metric.pairs.layout import Layout
from docclf.metric.pairs.operating import allowed
from docclf.metric.pairs.scores import plain_float32


def plain(layout: Layout, targets: list[float]) -> Sweep:
    """Sorts; every impostor pair is among the extremes."""
    genuine, impostor = _pairs(layout)
    edges, weight = genuine.distinct()
    rising, negatives = impostor.score[::-1], len(impostor.score)
    below, reached = (np.searchsorted(rising, edges, side) for side in ("left", "right"))
    thresholds = {}
    for target in targets:
        thresholds[target], rank = None, allowed(target, negatives)
        if rank >= 1:
            blocked = impostor.score[rank]
            count = negatives - int(np.searchsorted(rising, blocked, "right"))
            above = float(impostor.score[count - 1]) if count else float("inf")
            thresholds[target] = threshold(float(blocked), above, count, edges)
    inner = np.searchsorted(rising, HISTOGRAM_EDGES[1:-1])
    curve = Curve(edges, weight, negatives - reached, reached - below, negatives)
    return Sweep(curve, genuine, impostor, -np.inf, thresholds, *_by_row(layout, genuine, impostor),
                 np.diff(inner, prepend=0, append=negatives))  # fmt: skip


def _pairs(layout: Layout) -> tuple[Pairs, Pairs]:
    """Genuine and impostor pairs."""
    parts: tuple[list[Pairs], list[Pairs]] = [], []
    with plain_float32(1), torch.no_grad(), torch.autocast(layout.rows.device.type, enabled=False):
        for row in layout.row_edges()[:-1]:
            for first, last in layout.spans(row):
                tile = layout.tile(row, first, last)
                for found, mask in zip(parts, (tile.genuine_mask(), tile.impostor_mask()), strict=True):
                    found.append(_chosen(tile.scores, mask, row, first))
    return Pairs.join(parts[0]), Pairs.join(parts[1])


def _chosen(scores: Tensor, mask: Tensor, row: int, col: int) -> Pairs:
    place = mask.nonzero().cpu().numpy()
    return Pairs(scores[mask].cpu().numpy(), place[:, 0] + row, place[:, 1] + col)


def _by_row(layout: Layout, genuine: Pairs, impostor: Pairs) -> tuple:
    """Own score, best impostor, its column and rank of each row; None for a triangle."""
    if (own := own_scores(layout, genuine)) is None:
        return None, None, None, None
    best, best_col = np.full(len(own), -np.inf, np.float32), np.full(len(own), -1, np.int64)
    rising = impostor.row[::-1]  # written from the lowest to the highest, so the highest stays
    best[rising], best_col[rising] = impostor.score[::-1], impostor.col[::-1]
    beaten = np.bincount(impostor.row[impostor.score >= own[impostor.row]], minlength=len(own))
    return own, best, best_col, np.where(np.isnan(own), 0, beaten + 1)
