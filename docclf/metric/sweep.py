"""One walk over all tiles: genuine scores kept, impostor scores counted, the best impostor and the rank of each query."""

from dataclasses import dataclass

import numpy as np
import torch

from docclf.metric.counter import Counter
from docclf.metric.curve import Curve
from docclf.metric.layout import Layout
from docclf.metric.operating import allowed
from docclf.metric.pilot import Pilot
from docclf.metric.scores import TILE_COLS, TILE_ROWS, plain_float32


@dataclass
class Pairs:
    """Pairs in layout positions: float32 scores [n], rows [n], columns [n]."""

    score: np.ndarray
    row: np.ndarray
    col: np.ndarray

    @classmethod
    def join(cls, parts: list["Pairs"]) -> "Pairs":
        """All pairs, highest score first; equal scores in the order of the tiles."""
        score, row, col = (np.concatenate([getattr(part, name) for part in parts] or [np.empty(0)])
                           for name in ("score", "row", "col"))  # fmt: skip
        order = np.argsort(-score, kind="stable")
        return cls(score[order].astype(np.float32), row[order].astype(np.int32), col[order].astype(np.int32))


@dataclass
class Sweep:
    """What one walk found. `own`, `best`, `best_col` and `rank` are None for a triangle of pairs.

    Args:
        curve: the exact ROC.
        genuine: every genuine pair, highest score first.
        extremes: every impostor pair at or above `floor`, highest score first.
        thresholds: per target the smallest admissible score (inf: none is admissible) and the impostors at or above it;
            None when not resolved.
        own: score of each row with its own class, nan where the class is not registered [Q].
        best, best_col: highest impostor score of each row and its column [Q].
        rank: 1 + the number of other classes that score at least as high as the own one, 0 when not registered [Q].
        histogram: impostor pairs per histogram bin.
    """

    curve: Curve
    genuine: Pairs
    extremes: Pairs
    floor: float
    thresholds: dict[float, tuple[float, int] | None]
    own: np.ndarray | None
    best: np.ndarray | None
    best_col: np.ndarray | None
    rank: np.ndarray | None
    histogram: np.ndarray


def sweep(layout: Layout, targets: list[float], extremes: int, block_rows: int) -> Sweep:
    """Walks the tiles on as many threads as torch is set to.

    Args:
        targets: false-positive rates whose thresholds are wanted.
        extremes: about how many of the highest impostor pairs to keep with their places.
        block_rows: rows a worker takes at a time.
    """
    workers = torch.get_num_threads() if layout.rows.device.type == "cpu" else 1
    edges = layout.row_edges()
    step = max(1, block_rows // TILE_ROWS)
    blocks = [edges[at : at + step] for at in range(0, len(edges) - 1, step)]
    blocks = [[row for row in block if row < edges[-1]] for block in blocks]
    with plain_float32(workers) as pool, torch.no_grad(), torch.autocast(layout.rows.device.type, enabled=False):
        genuine = Pairs.join(sum(pool.map(lambda block: _genuine(layout, block), blocks), []))
        negatives = layout.pairs() - len(genuine.score)
        pilot = Pilot(layout, negatives, [allowed(target, negatives) for target in targets], extremes)
        own = _own(layout, genuine)
        while True:
            parts = list(pool.map(lambda block: _walk(layout, block, genuine, own, pilot), blocks))
            counter = parts[0][0]
            for part in parts[1:]:
                counter.merge(part[0])
            orders = [counter.largest(rank + 1) for rank in pilot.ranks]
            if not pilot.widen([rank for rank, found in zip(pilot.ranks, orders, strict=True) if found is None]):
                break
    found = dict(zip(pilot.ranks, orders, strict=True))
    scores, weight = _distinct(genuine.score)
    curve = Curve(scores, weight, (counter.total - counter.below - counter.equal)[::-1], counter.equal[::-1], negatives)
    thresholds = {target: _threshold(allowed(target, negatives), found, scores) for target in targets}
    top = Pairs.join([pairs for part in parts for pairs in part[1]])
    best, best_col, rank = (
        (None, None, None) if own is None else (np.concatenate([part[at] for part in parts]) for at in (2, 3, 4))
    )
    return Sweep(curve, genuine, top, pilot.floor, thresholds, own, best, best_col, rank, counter.histogram)


def _threshold(rank: int, found: dict, scores: np.ndarray) -> tuple[float, int] | None:
    """Smallest observed score with at most `rank` impostors at or above it, and how many there are."""
    if rank < 1:
        return None
    blocked, above, count = found[rank]
    larger = scores[scores > np.float32(blocked)]
    return (min(above, float(larger[-1])) if len(larger) else above), count


def _distinct(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct values of descending scores and how often each occurs."""
    first = np.flatnonzero(np.append(True, scores[1:] != scores[:-1])) if len(scores) else np.empty(0, np.int64)
    return scores[first], np.diff(first, append=len(scores))


def _genuine(layout: Layout, block: list[int]) -> list[Pairs]:
    parts = []
    for row in block:
        for first, last in layout.spans(row, genuine_only=True):
            tile = layout.tile(row, first, last)
            mask = tile.same if tile.valid is None else tile.same & tile.valid
            place = mask.nonzero().cpu().numpy()
            parts.append(Pairs(tile.scores[mask].cpu().numpy(), place[:, 0] + row, place[:, 1] + first))
    return parts


def _own(layout: Layout, genuine: Pairs) -> np.ndarray | None:
    if layout.triangle:
        return None
    own = np.full(len(layout.rows), np.nan, np.float32)
    own[genuine.row] = genuine.score
    return own


def _walk(layout: Layout, block: list[int], genuine: Pairs, own: np.ndarray | None, pilot: Pilot) -> tuple:
    """Counts one block of rows; returns its counter, extremes, and best score, best column and rank of its rows."""
    counter = Counter(_distinct(genuine.score)[0][::-1].copy(), pilot.brackets)
    tops, bests, cols, ranks = [], [], [], []
    for row in block:
        rows = min(TILE_ROWS, len(layout.rows) - row)
        best = torch.full((rows,), -torch.inf, device=layout.rows.device)
        best_col = torch.full((rows,), -1, dtype=torch.int64, device=layout.rows.device)
        rank = torch.zeros(rows, dtype=torch.int64, device=layout.rows.device)
        mine = None if own is None else torch.from_numpy(own[row : row + rows]).to(layout.rows.device)
        buffer = torch.empty(TILE_ROWS * TILE_COLS, device=layout.rows.device)
        for first, last in layout.spans(row):
            tile = layout.tile(row, first, last, buffer)
            scores = tile.scores
            if tile.same is not None or tile.valid is not None:
                scores[~tile.impostor_mask()] = -torch.inf
            if mine is not None:
                top = scores.amax(1)
                better = (top > best).nonzero()[:, 0]
                best_col[better] = scores[better].argmax(1) + first
                best[better] = top[better]
                beaten = (top >= mine).nonzero()[:, 0]
                rank[beaten] += (scores[beaten] >= mine[beaten, None]).sum(1)
            tops.append(_extremes(scores, pilot.floor, row, first))
            counter.add(scores.reshape(-1))
        bests.append(best.cpu().numpy())
        cols.append(best_col.cpu().numpy())
        registered = torch.zeros_like(rank) if mine is None else (~torch.isnan(mine)).long()
        ranks.append(((rank + 1) * registered).cpu().numpy())
    return counter.finish(), tops, np.concatenate(bests), np.concatenate(cols), np.concatenate(ranks)


def _extremes(scores: torch.Tensor, floor: float, row: int, col: int) -> Pairs:
    if scores.device.type == "cpu":
        flat = scores.numpy().reshape(-1)
        place = np.flatnonzero(flat >= np.float32(floor))
        score = flat[place]
    else:
        flat = scores.reshape(-1)
        index = (flat >= floor).nonzero()[:, 0]
        place, score = index.cpu().numpy(), flat[index].cpu().numpy()
    return Pairs(
        score, (row + place // scores.shape[1]).astype(np.int32), (col + place % scores.shape[1]).astype(np.int32)
    )
