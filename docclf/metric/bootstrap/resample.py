"""The pairs a bootstrap works on (the highest impostors whole, the bulk thinned) and its random weights."""

from dataclasses import dataclass

import numpy as np
import torch

from docclf.metric.pairs.found import Pairs, Sweep
from docclf.metric.pairs.layout import Layout

WHOLE = 1 << 15  # highest impostor pairs kept one by one
THINNED = 1 << 15  # of the further extremes
BULK = 1 << 16  # drawn at random below the extremes
GENUINE = 1 << 16  # genuine pairs kept at most


@dataclass
class Sample:
    """Pairs, highest score first, each standing for `weight` pairs of the data.

    Args:
        impostor, genuine: pairs in layout positions.
        impostor_weight, genuine_weight: pairs each stands for.
        row_class, col_class: class number of each row and column, one numbering.
        triangle: rows and columns are the same images.
        own, best, rank: of the sweep, None for a triangle.
    """

    impostor: Pairs
    impostor_weight: np.ndarray
    genuine: Pairs
    genuine_weight: np.ndarray
    row_class: np.ndarray
    col_class: np.ndarray
    triangle: bool
    own: np.ndarray | None
    best: np.ndarray | None
    rank: np.ndarray | None
    row_source: np.ndarray

    @property
    def classes(self) -> int:
        """Classes among rows and columns."""
        return 1 + int(max(self.row_class.max(), self.col_class.max()))


def draw_sample(layout: Layout, found: Sweep, seed: int) -> Sample:
    """The sample of a sweep; the same layout and seed give the same places for every model."""
    top, rest = found.extremes, Pairs.join([])
    weight = np.ones(len(top.score))
    if len(top.score) > WHOLE + THINNED:
        step = -(-(len(top.score) - WHOLE) // THINNED)
        place = np.concatenate([np.arange(WHOLE), np.arange(WHOLE + step // 2, len(top.score), step)])
        weight = np.concatenate([np.ones(WHOLE), np.full(len(place) - WHOLE, 1.0)])
        weight[WHOLE:] = (len(top.score) - WHOLE) / (len(place) - WHOLE)
        top = Pairs(top.score[place], top.row[place], top.col[place])
    below = found.curve.negatives - len(found.extremes.score)
    if below:
        rest = _bulk(layout, found.floor, seed)
    impostor = Pairs(*(np.concatenate([getattr(top, name), getattr(rest, name)]) for name in ("score", "row", "col")))
    weight = np.append(weight, np.full(len(rest.score), below / max(1, len(rest.score))))
    genuine, step = found.genuine, -(-len(found.genuine.score) // GENUINE) or 1
    kept = Pairs(genuine.score[step // 2 :: step], genuine.row[step // 2 :: step], genuine.col[step // 2 :: step])
    names = torch.cat([layout.row_label, layout.col_label]).cpu().numpy()
    classes = np.unique(names, return_inverse=True)[1]
    rows = layout.shape[0]
    return Sample(impostor, weight, kept, np.full(len(kept.score), float(step)), classes[:rows], classes[rows:],
                  layout.triangle, found.own, found.best, found.rank, layout.row_source.cpu().numpy())  # fmt: skip


def _bulk(layout: Layout, floor: float, seed: int) -> Pairs:
    """Impostor pairs below the floor, drawn evenly, highest score first."""
    rng = np.random.default_rng([seed, 1])
    rows, cols = layout.shape
    row, col = rng.integers(0, rows, BULK), rng.integers(0, cols, BULK)
    differ = layout.row_label.cpu().numpy()[row] != layout.col_label.cpu().numpy()[col]
    row, col = row[differ], col[differ]
    parts = [slice(at, at + 8192) for at in range(0, len(row), 8192)]
    score = np.concatenate([np.empty(0), *[layout.pair_scores(row[part], col[part]) for part in parts]])
    low = score < floor
    order = np.argsort(-score[low], kind="stable")
    return Pairs(score[low][order].astype(np.float32), row[low][order], col[low][order])


def class_weights(sample: Sample, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Weights of rows and of columns in one replicate.

    Classes are drawn with replacement, then captures within each drawn class. In `register_query` the captures are the
    queries and a column weighs as often as its class was drawn; among all pairs both ends are captures.
    """
    drawn = np.bincount(rng.integers(0, sample.classes, sample.classes), minlength=sample.classes)
    size = np.bincount(sample.row_class, minlength=sample.classes)
    start = np.cumsum(size) - size
    owner = np.repeat(np.arange(sample.classes), drawn * size)
    capture = start[owner] + (rng.random(len(owner)) * size[owner]).astype(np.int64)
    rows = np.bincount(capture, minlength=len(sample.row_class)).astype(np.float64)
    return rows, rows if sample.triangle else drawn[sample.col_class].astype(np.float64)


def weighted_negatives(sample: Sample, rows: np.ndarray, cols: np.ndarray) -> float:
    """Impostor pairs of one replicate."""
    by_row = np.bincount(sample.row_class, rows, minlength=sample.classes)
    by_col = np.bincount(sample.col_class, cols, minlength=sample.classes)
    pairs = rows.sum() * cols.sum() - (by_row * by_col).sum()
    return pairs / 2 if sample.triangle else pairs
