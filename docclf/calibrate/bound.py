"""A threshold for a promised rate, with an upper bound: impostors counted with weights, resampled by label.

Pairs are not independent: a label that resembles another is confused in all its captures. So the bootstrap draws
labels, not pairs (subset bootstrap, Bolle et al. 2004): a pair of a query's label i and a registered label j has the
weight c_i c_j of the counts drawn. Where fewer than `RESOLVED` impostors would pass, the rate is read off a generalised
Pareto tail (Pickands 1975) fitted to the highest scores, anew for each draw, and marked as modelled.
"""

from dataclasses import dataclass

import numpy as np

TARGETS = {"fpr": (1e-2, 1e-3, 1e-4), "fpir": (0.1, 0.05, 0.01)}
# How many times its promise the upper bound of a threshold may be; of queries once, for a register has few labels.
SLACK = {"fpr": 2.0, "fpir": 1.0}
RESOLVED = 3  # impostors that must pass before their count is taken as it is
LEVEL = 0.95  # of the one-sided upper bound
_TAIL, _LEAST = 0.05, 20  # share of the impostor scores that the tail is fitted to, and how many at least
MOST_TAIL = 20_000  # and at most
_STEPS = 400
_POINTS = 2000  # thresholds whose rate is looked at
_CELLS = 20_000_000  # pairs drawn in all the replicates together


@dataclass(frozen=True)
class Impostors:
    """Scores that should not pass; of many, the highest are enough, with how many pairs there are in all.

    Args:
        score: [n].
        query: label of the query [n]: 0 to L - 1, or L and above for documents of the cohort.
        label: registered label that is scored with [n]; -1 where a row stands for a query's best label.
        labels: registered labels L.
        pairs: pairs of each query label with each registered label, and with -1 last, [units, L + 1]; None counts
            the rows given.
    """

    score: np.ndarray
    query: np.ndarray
    label: np.ndarray
    labels: int
    pairs: np.ndarray | None = None

    def counted(self) -> np.ndarray:
        """Returns `pairs`, [units, L + 1]."""
        if self.pairs is not None:
            return self.pairs
        units, width = max(int(self.query.max(initial=-1)) + 1, self.labels), self.labels + 1
        place = self.query * width + np.where(self.label < 0, self.labels, self.label)
        return np.bincount(place, minlength=units * width).reshape(units, width)


def highest(values: np.ndarray, label: np.ndarray, share: float) -> Impostors:
    """Returns the impostor pairs of a matrix, the highest of them.

    Args:
        values: scores of each photograph with each label [Q,L]; -inf where it is its own.
        label: number of each photograph's label [Q]; L and above: foreign.
        share: of all pairs that is kept at least.
    """
    count = values.shape[1]
    photos = np.bincount(label, minlength=max(count, int(label.max()) + 1))
    pairs = np.zeros((len(photos), count + 1), np.int64)
    pairs[:, :count] = photos[:, None]
    pairs[np.arange(count), np.arange(count)] = 0
    total = int(pairs.sum())
    kept = min(total, max(int(share * total) + 1, min(total, MOST_TAIL)))
    flat = values.ravel()
    cut = np.partition(flat, len(flat) - kept)[len(flat) - kept] if kept else np.inf
    at = np.flatnonzero((flat >= cut) & np.isfinite(flat))
    return Impostors(flat[at], label[at // count], at % count, count, pairs)


@dataclass(frozen=True)
class Threshold:
    """A threshold and what is known of it.

    Args:
        value: a score; what reaches it is accepted.
        rate: estimated rate of impostors there.
        bound: one-sided 95 % upper bound of that rate.
        modelled: the rate comes from a tail model: too few impostors to count.
    """

    value: float
    rate: float
    bound: float
    modelled: bool


def threshold(found: Impostors, target: float, slack: float = 2.0, replicates: int = 400, seed: int = 0) -> Threshold:
    """Returns the lowest threshold whose rate is at most ``target`` and whose upper bound at most ``slack * target``.

    Args:
        found: impostors.
        target: promised rate in (0, 1).
        slack: how far above the promise the upper bound may lie.
        replicates: of the bootstrap.
        seed: of the bootstrap.
    """
    pairs = found.counted()
    total = int(pairs.sum())
    order = np.argsort(-found.score, kind="stable")
    tail = min(max(int(total * _TAIL), _LEAST), MOST_TAIL)
    size = min(len(order), max(tail, int(total * 2 * slack * target)))
    score = found.score[order[:size]].astype(np.float64)
    # A share of the draws is enough where there are many pairs: each label counts for little there.
    drawn = _draws(found.labels, len(pairs), int(np.clip(_CELLS // max(size, 1), 100, replicates)), seed)
    register = np.concatenate([drawn[:, : found.labels], np.ones((len(drawn), 1), np.float32)], axis=1)  # -1: one
    whole = np.maximum(((drawn @ pairs.astype(np.float32)) * register).sum(1), 1.0)
    query, label = found.query[order[:size]], found.label[order[:size]]
    edges = np.unique(np.linspace(0, size - 1, min(size, _POINTS)).astype(np.int64))  # a rate is read off after each
    rates = np.empty((len(drawn), len(edges)))
    moments = np.empty((len(drawn), 3))
    tail = min(tail, size)
    excess = score[:tail] - score[tail - 1] if tail else score
    starts = np.concatenate([[0], edges[:-1] + 1])
    for k, (counts, own) in enumerate(zip(drawn, register, strict=True)):
        weight = counts[query] * own[label]
        rates[k] = np.add.reduceat(weight, starts).cumsum() / whole[k] if size else 0
        moments[k] = weight[:tail].sum(), weight[:tail] @ excess, weight[:tail] @ excess**2
    bound = np.quantile(rates, LEVEL, axis=0)
    fits = (edges + 1 <= target * total) & (bound <= slack * target)
    last = len(edges) if fits.all() else int(np.argmin(fits))
    while last and edges[last - 1] + 1 < size and score[edges[last - 1] + 1] == score[edges[last - 1]]:
        last -= 1  # equal scores pass together
    count = int(edges[last - 1]) + 1 if last else 0
    if count >= RESOLVED:
        value = score[-1] if count == size else (score[count - 1] + score[count]) / 2
        return Threshold(float(value), count / total, float(bound[last - 1]), False)
    return _tailed(score[:tail], excess, moments, whole, total, target, slack)


def _draws(labels: int, units: int, replicates: int, seed: int) -> np.ndarray:
    """Returns how often each label is drawn [replicates, units]; register and cohort are drawn apart."""
    random = np.random.default_rng(seed)
    parts = [random.multinomial(n, np.full(n, 1 / n), replicates) for n in (labels, units - labels) if n]
    return np.concatenate(parts, axis=1).astype(np.float32)


def _tailed(score: np.ndarray, excess: np.ndarray, moments: np.ndarray, whole: np.ndarray, total: int, target: float,
            slack: float) -> Threshold:  # fmt: skip
    """Returns a threshold from generalised Pareto tails: of the scores as they are, and of each draw for the bound."""
    steps = np.linspace(0, 4 * (excess[0] + 1e-6), _STEPS)
    plain = np.array([[len(score), excess.sum(), excess @ excess]])
    rate = _survival(plain, steps)[0] * len(score) / total
    bound = np.quantile(_survival(moments, steps) * (moments[:, 0] / whole)[:, None], LEVEL, axis=0)
    fits = (rate <= target) & (bound <= slack * target)
    at = int(np.argmax(fits)) if fits.any() else _STEPS - 1
    return Threshold(float(score[-1] + steps[at]), float(rate[at]), float(bound[at]), True)


def _survival(moments: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Returns the share of each tail above each step, [draws, steps]; by moments, the shape in [-1/2, 1/2].

    Args:
        moments: weight of each tail, its weighted sum of the excess and of its square [draws,3].
        steps: excess [steps].
    """
    sums = np.maximum(moments[:, 0], 1e-6)
    mean = np.maximum(moments[:, 1] / sums, 1e-9)
    var = np.maximum(moments[:, 2] / sums - mean**2, 1e-12)
    shape = np.clip((1 - mean**2 / var) / 2, -0.5, 0.5)
    shape = np.where(np.abs(shape) < 1e-6, 1e-6, shape)[:, None]
    scale = mean[:, None] * (1 - shape)
    return np.maximum(1 + shape * steps / scale, 0.0) ** (-1 / shape)


def interval(found: Impostors, value: float, replicates: int = 1000, seed: int = 0) -> tuple[float, float, float]:
    """Returns the rate of impostors at a threshold with its 95 % interval over labels, one-sided ends of `LEVEL` each.

    Args:
        found: impostors; all pairs, or the highest with `Impostors.pairs`, down to the threshold at least.
        value: the threshold.
        replicates: of the bootstrap.
        seed: of the bootstrap.
    """
    pairs = found.counted().astype(np.float64)
    passed = np.zeros_like(pairs)
    above = found.score >= value
    np.add.at(passed, (found.query[above], np.where(found.label[above] < 0, found.labels, found.label[above])), 1)
    drawn = _draws(found.labels, len(pairs), replicates, seed).astype(np.float64)
    register = np.concatenate([drawn[:, : found.labels], np.ones((replicates, 1))], axis=1)
    rates = ((drawn @ passed) * register).sum(1) / np.maximum(((drawn @ pairs) * register).sum(1), 1.0)
    units = int((drawn[0] >= 0).sum())
    high = float(np.quantile(rates, LEVEL))
    if not above.any():  # nothing to resample: as if each label were one trial
        high = 1 - (1 - LEVEL) ** (1 / max(units, 1)) if (found.label < 0).all() else 3 / max(pairs.sum(), 3)
    return float(passed.sum() / max(pairs.sum(), 1)), float(np.quantile(rates, 1 - LEVEL)), high
