"""One walk over all tiles: genuine scores kept, impostors counted, the best impostor and rank of each query."""

from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

import numpy as np
import torch

from docclf.metric.pairs.curve import Curve
from docclf.metric.pairs.found import Pairs, Sweep, own_scores, threshold
from docclf.metric.pairs.layout import Layout
from docclf.metric.pairs.operating import allowed
from docclf.metric.pairs.scores import TILE_COLS, TILE_ROWS, plain_float32
from docclf.metric.pairs.tiles.best import Best
from docclf.metric.pairs.tiles.counter import Counter
from docclf.metric.pairs.tiles.pilot import Pilot, Plan


def walk(layout: Layout, targets: list[float], extremes: int, block_rows: int) -> Sweep:
    """Walks the tiles on as many threads as torch is set to; see `docclf.metric.pairs.sweep.sweep`."""
    device = layout.rows.device.type
    workers = torch.get_num_threads() if device == "cpu" else 1
    edges, step = layout.row_edges(), max(1, block_rows // TILE_ROWS)
    blocks = [edges[at : at + step] for at in range(0, len(edges) - 1, step)]
    blocks[-1] = [row for row in blocks[-1] if row < edges[-1]]
    with plain_float32(workers) as pool, torch.no_grad(), torch.autocast(device, enabled=False):
        genuine = Pairs.join(sum(pool.map(lambda block: _genuine(layout, block), blocks), []))
        scores, weight = genuine.distinct()
        own, negatives = own_scores(layout, genuine), layout.pairs() - len(genuine.score)
        ranks = {target: allowed(target, negatives) for target in targets}
        pilot = Pilot(layout, scores[::-1].copy(), negatives, [rank for rank in ranks.values() if rank], extremes)
        while True:
            counter, tops, rows = _walk_all(pool, workers, layout, blocks, own, pilot.plan())
            found = {rank: counter.largest(rank + 1) for rank in pilot.ranks}
            if None not in found.values():
                break
            pilot.widen()
    above, equal = counter.counts()
    curve = Curve(scores, weight, above[::-1], equal[::-1], negatives)
    thresholds = {target: threshold(*found[rank], scores) if rank else None for target, rank in ranks.items()}
    return Sweep(curve, genuine, Pairs.join(tops), pilot.floor, thresholds, own, *rows, counter.histogram)


def _walk_all(pool: ThreadPoolExecutor, workers: int, layout: Layout, blocks: list[list[int]], own: np.ndarray | None,
              plan: Plan) -> tuple:  # fmt: skip
    """Walks all blocks with one counter a worker; returns the merged counter, extremes and arrays by row."""
    counters: SimpleQueue[Counter] = SimpleQueue()
    for _ in range(workers):
        counters.put(Counter(plan))

    def one(block: list[int]) -> tuple:
        counter = counters.get()
        found = _walk(layout, block, own, counter)
        counters.put(counter)
        return found

    parts = list(pool.map(one, blocks))
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


def _genuine(layout: Layout, block: list[int]) -> list[Pairs]:
    parts = []
    for row in block:
        for first, last in layout.spans(row, genuine_only=True):
            tile = layout.tile(row, first, last)
            mask = tile.genuine_mask()
            place = mask.nonzero().cpu().numpy()
            parts.append(Pairs(tile.scores[mask].cpu().numpy(), place[:, 0] + row, place[:, 1] + first))
    return parts


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
            scores = tile.scores
            if tile.same is not None or tile.valid is not None:
                scores[~tile.impostor_mask()] = -torch.inf
            if best is not None:
                best.see(scores, first)
            place, top = counter.add(scores.reshape(-1))
            if len(place):
                tops.append(Pairs(top, row + place // scores.shape[1], first + place % scores.shape[1]))
        bests.append(best)
    if own is None:
        return (tops,)
    return tops, *(np.concatenate([getattr(best, name)() for best in bests]) for name in ("score", "column", "rank"))
