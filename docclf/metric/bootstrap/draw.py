"""Intervals from resampled classes and captures, with every threshold estimated anew in each replicate."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from docclf.metric.bootstrap.resample import Sample, class_weights, weighted_negatives


@dataclass
class Draws:
    """Values of n replicates: tpr [n, points] at the rates asked for, auroc [n], ranks {k: [n]}, fnir [n, points]."""

    tpr: np.ndarray
    auroc: np.ndarray
    ranks: dict[int, np.ndarray]
    fnir: np.ndarray


def draw(sample: Sample, rates: list[float], ranks: list[int], replicates: int, seed: int) -> Draws:
    """Draws replicates; equal splits, seeds and numbers of replicates give paired draws.

    Scores are not computed again: a replicate only weighs the sampled pairs. Pairs that share an image or a class are
    not independent, which is why classes are drawn and not pairs.
    """
    rates = np.asarray(rates)
    out = Draws(*(np.full(shape, np.nan) for shape in ((replicates, len(rates)), replicates)),
                {k: np.full(replicates, np.nan) for k in ranks}, np.full((replicates, len(rates)), np.nan))  # fmt: skip
    pairs = _Step(sample.genuine.score, sample.impostor.score)
    queries = None if sample.rank is None else _queries(sample)
    # Indices of the platform's own width: numpy would convert any other kind once per replicate.
    genuine_row, genuine_col, row, col = (
        part.astype(np.intp)
        for part in (sample.genuine.row, sample.genuine.col, sample.impostor.row, sample.impostor.col)
    )
    for at in range(replicates):
        rows, cols = class_weights(sample, np.random.default_rng([seed, 0, at]))
        genuine = rows[genuine_row] * sample.genuine_weight
        if sample.triangle:
            genuine *= cols[genuine_col]
        impostor = rows[row] * cols[col]
        impostor *= sample.impostor_weight
        false = np.cumsum(impostor)
        out.tpr[at] = pairs.accepted(genuine, false, rates * weighted_negatives(sample, rows, cols))
        out.auroc[at] = pairs.auroc(genuine, false)
        if queries is not None:
            known, unknown, step = queries
            total = rows[sample.rank > 0].sum()
            for k in ranks:
                hit = (sample.rank > 0) & (sample.rank <= k)
                out.ranks[k][at] = rows[hit].sum() / total if total else np.nan
            if len(unknown):
                weight = rows[unknown]
                out.fnir[at] = 1 - step.accepted(rows[known], np.cumsum(weight), rates * weight.sum())
    return out


class _Step:
    """Where genuine and impostor scores stand among each other, found once and used in every replicate."""

    def __init__(self, genuine: np.ndarray, impostor: np.ndarray):
        self._above = len(genuine) - np.searchsorted(genuine[::-1], impostor, side="right")
        self._higher = len(impostor) - np.searchsorted(impostor[::-1], genuine, side="right")
        self._reach = len(impostor) - np.searchsorted(impostor[::-1], genuine, side="left")

    def accepted(self, genuine: np.ndarray, false: np.ndarray, limits: np.ndarray) -> np.ndarray:
        """Share of genuine weight above the first impostor that would exceed each limit; nan without genuine weight.

        `false` is the running sum of the impostors' weights.
        """
        true = np.append(0.0, np.cumsum(genuine))
        # Half a part in a million forgives the rounding of limits that are whole numbers of pairs.
        place = np.searchsorted(false, limits * (1 + 5e-7), side="right")
        above = np.append(self._above, len(genuine))[place]
        return true[above] / true[-1] if true[-1] > 0 else np.full(len(limits), np.nan)

    def auroc(self, genuine: np.ndarray, false: np.ndarray) -> float:
        """Weighted Mann-Whitney with ties at one half."""
        false = np.append(0.0, false)
        whole = 2 * false[-1] * genuine.sum()
        return float(1 - (genuine * (false[self._higher] + false[self._reach])).sum() / whole) if whole else np.nan


def _queries(sample: Sample) -> tuple[np.ndarray, np.ndarray, _Step]:
    """Registered rows by falling own score (unmatched last), unregistered rows by falling best score."""
    registered, unregistered = np.flatnonzero(sample.rank > 0), np.flatnonzero(sample.rank == 0)
    score = np.where(sample.rank[registered] == 1, sample.own[registered], -np.inf)
    known = registered[np.argsort(-score, kind="stable")]
    unknown = unregistered[np.argsort(-sample.best[unregistered], kind="stable")]
    score = np.sort(score)[::-1]
    return known, unknown, _Step(score, sample.best[unknown])


def interval(point: float, draws: np.ndarray, units: int, level: float = 0.95) -> tuple[float, float] | None:
    """Logit-normal interval of a share; at 0 or 1 the exact binomial one over `units` independent classes.

    Args:
        point: the estimate.
        draws: its replicates [n]; nan where a replicate left it undefined.
        units: classes, for the bound where nothing (or everything) was missed and the draws do not spread.
        level: coverage aimed at.
    """
    draws = draws[np.isfinite(draws)]
    if len(draws) < 2:
        return None
    tail = (1 - level) / 2
    if point <= 0 or point >= 1:
        reach = 1 - tail ** (1 / units)
        low, high = np.quantile(draws, [tail, 1 - tail])
        return (min(low, 1 - reach), 1.0) if point >= 1 else (0.0, max(high, reach))
    # Draws at 0 or 1 have no logit; half a unit from the end stands in for them.
    edge = min(0.5 / max(units, 1), point / 2, (1 - point) / 2)
    clipped = np.clip(draws, edge, 1 - edge)
    spread = float(np.std(np.log(clipped / (1 - clipped)), ddof=1)) * NormalDist().inv_cdf(1 - tail)
    centre = float(np.log(point / (1 - point)))
    return tuple(float(1 / (1 + np.exp(-at))) for at in (centre - spread, centre + spread))
