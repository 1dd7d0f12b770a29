"""A threshold for a promised rate, with an upper bound: impostors counted with weights, resampled by label.

Pairs are not independent: a label that resembles another is confused in all its captures. So the bootstrap draws
labels, not pairs (subset bootstrap, Bolle et al. 2004): a pair of a query's label i and a registered label j has the
weight c_i c_j of the counts drawn. Where fewer than `RESOLVED` impostors would pass, the rate is read off a generalised
Pareto tail (Pickands 1975) fitted to the highest scores, anew for each draw, and marked as modelled.
"""

from dataclasses import dataclass

import numpy as np

RESOLVED = 3  # impostors that must pass before their count is taken as it is
LEVEL = 0.95  # of the one-sided upper bound
_TAIL, _LEAST = 0.05, 20  # share of the impostor scores that the tail is fitted to, and how many at least
_STEPS = 400
_CELLS = 20_000_000  # weights held at once


@dataclass(frozen=True)
class Impostors:
    """Scores that should not pass.

    Args:
        score: [n].
        query: label of the query [n]: 0 to L - 1, or L and above for documents of the cohort.
        label: registered label that is scored with [n]; -1 where a row stands for a query's best label.
        labels: registered labels L.
        units: labels in all, the cohort's included.
    """

    score: np.ndarray
    query: np.ndarray
    label: np.ndarray
    labels: int
    units: int


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
    order = np.argsort(-found.score, kind="stable")
    total = len(order)
    size = min(total, max(int(total * max(_TAIL, 2 * slack * target)), _LEAST))
    score = found.score[order[:size]].astype(np.float64)
    # A share of the draws is enough where there are many pairs: each label counts for little there.
    drawn = _draws(found, int(np.clip(_CELLS // size, 100, replicates)), seed)
    weight, whole = _pair_weights(found, order[:size], drawn)
    rates = weight.cumsum(1) / whole[:, None]
    bound = np.quantile(rates, LEVEL, axis=0)
    fits = (np.arange(1, size + 1) <= target * total) & (bound <= slack * target)
    count = size if fits.all() else int(np.argmin(fits))
    while 0 < count < size and score[count] == score[count - 1]:  # equal scores pass together
        count -= 1
    if count >= RESOLVED:
        value = score[-1] if count == size else (score[count - 1] + score[count]) / 2
        return Threshold(float(value), count / total, float(bound[count - 1]), False)
    return _tailed(score, weight, whole, total, target, slack)


def _draws(found: Impostors, replicates: int, seed: int) -> np.ndarray:
    """Returns how often each label is drawn [replicates, units]; register and cohort are drawn apart."""
    random = np.random.default_rng(seed)
    sizes = [found.labels, found.units - found.labels]
    parts = [random.multinomial(n, np.full(n, 1 / n), replicates) for n in sizes if n]
    return np.concatenate(parts, axis=1).astype(np.float32)


def _pair_weights(found: Impostors, top: np.ndarray, drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the weights of some pairs [replicates, n] and of all pairs together [replicates]."""
    register = np.concatenate([drawn[:, : found.labels], np.ones((len(drawn), 1), np.float32)], axis=1)  # -1: one
    pairs = np.zeros((found.units, found.labels + 1), np.float32)
    np.add.at(pairs, (found.query, found.label), 1.0)
    whole = ((drawn @ pairs) * register).sum(1)
    return drawn[:, found.query[top]] * register[:, found.label[top]], np.maximum(whole, 1.0)


def _tailed(
    score: np.ndarray, weight: np.ndarray, whole: np.ndarray, total: int, target: float, slack: float
) -> Threshold:
    """Returns a threshold from generalised Pareto tails: of the scores as they are, and of each draw for the bound."""
    excess = score - score[-1]
    steps = np.linspace(0, 4 * (excess[0] + 1e-6), _STEPS)
    ones = np.ones((1, len(score)), np.float32)
    rate = _survival(excess, ones, steps)[0] * len(score) / total
    bound = np.quantile(_survival(excess, weight, steps) * (weight.sum(1) / whole)[:, None], LEVEL, axis=0)
    fits = (rate <= target) & (bound <= slack * target)
    at = int(np.argmax(fits)) if fits.any() else _STEPS - 1
    return Threshold(float(score[-1] + steps[at]), float(rate[at]), float(bound[at]), True)


def _survival(excess: np.ndarray, weight: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Returns the share of each weighted tail above each step, [draws, steps]: moments fit, shape in [-1/2, 1/2]."""
    sums = np.maximum(weight.sum(1), 1e-6)
    mean = np.maximum((weight @ excess) / sums, 1e-9)
    var = np.maximum((weight @ excess**2) / sums - mean**2, 1e-12)
    shape = np.clip((1 - mean**2 / var) / 2, -0.5, 0.5)
    shape = np.where(np.abs(shape) < 1e-6, 1e-6, shape)[:, None]
    scale = mean[:, None] * (1 - shape)
    return np.maximum(1 + shape * steps / scale, 0.0) ** (-1 / shape)
