"""One walk over all tiles: genuine scores kept, impostors counted, the best impostor and rank of each query."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np
import torch

from docclf.metric.pairs.best import Best
from docclf.metric.pairs.counter import Counter, Plan
from docclf.metric.pairs.curve import Curve
from docclf.metric.pairs.layout import Layout
from docclf.metric.pairs.operating import allowed
from docclf.metric.pairs.pilot import Pilot
from docclf.metric.pairs.scores import TILE_COLS, TILE_ROWS, plain_float32


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
    device = layout.rows.device.type
    workers = torch.get_num_threads() if device == "cpu" else 1
    edges, step = layout.row_edges(), max(1, block_rows // TILE_ROWS)
    blocks = [edges[at : at + step] for at in range(0, len(edges) - 1, step)]
    blocks[-1] = [row for row in blocks[-1] if row < edges[-1]]
    with plain_float32(workers) as pool, torch.no_grad(), torch.autocast(device, enabled=False):
        genuine = Pairs.join(sum(pool.map(lambda block: _genuine(layout, block), blocks), []))
        scores, weight = _distinct(genuine.score)
        own, negatives = _own(layout, genuine), layout.pairs() - len(genuine.score)
        pilot = Pilot(layout, scores[::-1].copy(), negatives, [allowed(x, negatives) for x in targets], extremes)
        while True:
            counter, tops, rows = _walk_all(pool, workers, layout, blocks, own, pilot.plan())
            found = {rank: counter.largest(rank + 1) for rank in pilot.ranks}
            if None not in found.values():
                break
            pilot.widen()
    above, equal = counter.counts()
    curve = Curve(scores, weight, above[::-1], equal[::-1], negatives)
    thresholds = {target: _threshold(allowed(target, negatives), found, scores) for target in targets}
    best, best_col, rank = rows
    shape = pilot.histogram(counter.histogram, counter.total - counter.sorted)
    return Sweep(curve, genuine, Pairs.join(tops), pilot.floor, thresholds, own, best, best_col, rank, shape)


def _walk_all(pool: ThreadPoolExecutor, workers: int, layout: Layout, blocks: list[list[int]], own: np.ndarray | None,
              plan: Plan) -> tuple:  # fmt: skip
    """Walks all blocks with one counter a worker; returns the merged counter, extremes and arrays by row."""
    counters: SimpleQueue[Counter] = SimpleQueue()
    for _ in range(workers):
        counters.put(Counter(plan))

    def walk(block: list[int]) -> tuple:
        counter = counters.get()
        found = _walk(layout, block, own, counter)
        counters.put(counter)
        return found

    parts = list(pool.map(walk, blocks))
    total = counters.get()
    total.finish()
    for _ in range(workers - 1):
        other = counters.get()
        other.finish()
        total.merge(other)
    tops = [pairs for part in parts for pairs in part[0]]
    if own is None:
        return total, tops, (None, None, None)
    return total, tops, tuple(np.concatenate([part[at] for part in parts]) for at in (1, 2, 3))


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


def _walk(layout: Layout, block: list[int], own: np.ndarray | None, counter: Counter) -> tuple:
    """Counts one block of rows; returns its extremes and best score, best column and rank of its rows."""
    device = layout.rows.device
    buffer = torch.empty(TILE_ROWS * TILE_COLS, device=device)
    tops, bests = [], []
    for row in block:
        rows = min(TILE_ROWS, len(layout.rows) - row)
        best = None if own is None else Best(torch.from_numpy(own[row : row + rows]).to(device))
        for first, last in layout.spans(row):
            tile = layout.tile(row, first, last, buffer)
            scores, void = tile.scores, 0
            if tile.same is not None or tile.valid is not None:
                left_out = ~tile.impostor_mask()
                scores[left_out] = -torch.inf
                void = int(left_out.sum())
            if best is not None:
                best.see(scores, first)
            place, top = counter.add(scores.reshape(-1), void)
            if len(place):
                tops.append(Pairs(top, row + place // scores.shape[1], first + place % scores.shape[1]))
        bests.append(best)
    if own is None:
        return (tops,)
    return tops, *(np.concatenate([getattr(best, name)() for best in bests]) for name in ("score", "column", "rank"))
