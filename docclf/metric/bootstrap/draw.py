"""Replicates of every measure from resampled classes and captures, every threshold estimated anew in each."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from docclf import measures
from docclf.measures import Counts
from docclf.metric.bootstrap.resample import Sample, class_weights, weighted_negatives


@dataclass
class Draws:
    """Replicates of a result's measures: what intervals, lines of results and comparisons are made from.

    Args:
        values: key of a measure to its replicates [n]; nan where a replicate leaves it undefined.
        seed: that they were drawn with.
        split: sha256 of what they were drawn from; models measured on one split with one seed have paired replicates.
    """

    values: dict[str, np.ndarray]
    seed: int
    split: str


def draw(sample: Sample, rates: list[float], ranks: list[int], replicates: int, seed: int) -> dict[str, np.ndarray]:
    """Returns name of a measure to replicates [n, points]: the rates, the ranks, or one.

    Scores are not computed again: a replicate only weighs the sampled pairs. Pairs that share an image or a class are
    not independent, which is why classes are drawn and not pairs.
    """
    rates, drawn = np.asarray(rates), [one for one in measures.MEASURES if one.interval]
    width = {"fpr": len(rates), "fpir": len(rates), "rank": len(ranks), "curve": 1}
    out = {one.name: np.full((replicates, width[one.at]), np.nan) for one in drawn}
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
        curve = Weighted(pairs, genuine, np.cumsum(impostor))
        seen = {"curve": curve, "fpr": curve.accepted(rates * weighted_negatives(sample, rows, cols))}
        if queries is not None:
            known, unknown, step = queries
            total = rows[sample.rank > 0].sum()
            hits = [rows[(sample.rank > 0) & (sample.rank <= k)].sum() / total if total else np.nan for k in ranks]
            seen["rank"] = Counts(np.array(hits), 1.0)
            if len(unknown):
                weight = rows[unknown]
                seen["fpir"] = Weighted(step, rows[known], np.cumsum(weight)).accepted(rates * weight.sum())
        for one in drawn:
            if one.at in seen:
                out[one.name][at] = one.value(seen[one.at])
    return out


class _Step:
    """Where genuine and impostor scores stand among each other, found once and used in every replicate."""

    def __init__(self, genuine: np.ndarray, impostor: np.ndarray):
        self.above = len(genuine) - np.searchsorted(genuine[::-1], impostor, side="right")
        self.first = len(impostor) - np.searchsorted(impostor[::-1], impostor, side="right")
        self.higher = len(impostor) - np.searchsorted(impostor[::-1], genuine, side="right")
        self.reach = len(impostor) - np.searchsorted(impostor[::-1], genuine, side="left")


@dataclass
class Weighted:
    """The curve of one replicate.

    Args:
        step: of the sampled scores.
        genuine: weight of each genuine score.
        false: running sum of the impostors' weights.
    """

    step: _Step
    genuine: np.ndarray
    false: np.ndarray

    def accepted(self, limits: np.ndarray) -> Counts:
        """What lies above the first impostor that would exceed each limit; nan without genuine weight."""
        true = np.append(0.0, np.cumsum(self.genuine))
        whole = true[-1] if true[-1] > 0 else np.nan
        # Half a part in a million forgives the rounding of limits that are whole numbers of pairs.
        place = np.searchsorted(self.false, limits * (1 + 5e-7), side="right")
        above = np.append(self.step.above, len(self.genuine))[place]
        first = np.append(self.step.first, len(self.false))[place]  # of those that tie with it none is accepted
        return Counts(true[above] / whole, 1.0, np.append(0.0, self.false)[first] / whole)

    def auroc(self) -> float:
        """Weighted Mann-Whitney with ties at one half."""
        false = np.append(0.0, self.false)
        whole = 2 * false[-1] * self.genuine.sum()
        lost = (self.genuine * (false[self.step.higher] + false[self.step.reach])).sum()
        return float(1 - lost / whole) if whole else np.nan


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
