"""Two models on one split: the difference of their numbers with a paired interval."""

from dataclasses import dataclass

import numpy as np

from docclf.errors import InputError
from docclf.metric.bootstrap.draw import draw
from docclf.metric.pairs.operating import target_text
from docclf.metric.result import Result


@dataclass
class Difference:
    """b - a of one metric.

    Args:
        metric: its key.
        a, b: the two values.
        difference: b - a.
        low, high: 95 % interval of the difference.
    """

    metric: str
    a: float
    b: float
    difference: float
    low: float
    high: float


def compare(a: Result, b: Result, replicates: int = 1000, seed: int = 0) -> list[Difference]:
    """Paired bootstrap: both models see the same classes and captures in each replicate, each its own new threshold.

    Each result must come from a metric called with replicates above 0, on the same images and labels in one order.

    Returns:
        One difference for every TPR, AUROC and rank-k defined in both; intervals are percentiles of the differences.

    Raises:
        InputError: results without bootstrap data, of different splits, protocols or targets.
    """
    _check(a, b, replicates)
    ranks = [int(key[4:]) for key in a.metrics if key[:4] == "rank" and key[4:].isdigit()]
    ours, theirs = (draw(result.bootstrap, a.targets, ranks, replicates, seed) for result in (a, b))
    pairs = {f"tpr@fpr={target_text(x)}": (ours.tpr[:, at], theirs.tpr[:, at]) for at, x in enumerate(a.targets)}
    pairs |= {f"fnir@fpir={target_text(x)}": (ours.fnir[:, at], theirs.fnir[:, at]) for at, x in enumerate(a.targets)}
    pairs |= {"auroc": (ours.auroc, theirs.auroc)} | {f"rank{k}": (ours.ranks[k], theirs.ranks[k]) for k in ranks}
    out = []
    for key, (first, second) in pairs.items():
        one, other = a.metrics.get(key), b.metrics.get(key)
        step = (second - first)[np.isfinite(second - first)]
        if one is not None and other is not None and len(step) > 1:
            low, high = np.quantile(step, [0.025, 0.975])
            out.append(Difference(key, one, other, other - one, float(low), float(high)))
    return out


def _check(a: Result, b: Result, replicates: int) -> None:
    if a.bootstrap is None or b.bootstrap is None:
        raise InputError("A result holds no bootstrap data: measure both models with replicates of 1 or more.")
    if replicates < 2:
        raise InputError(f"replicates={replicates}: give at least 2.")
    if a.protocol != b.protocol or a.targets != b.targets:
        raise InputError(
            f"The results differ in protocol or targets ({a.protocol}, {a.targets} against {b.protocol}, {b.targets}): "
            "measure both with one metric."
        )
    for name in ("row_class", "col_class", "row_source"):
        if not np.array_equal(getattr(a.bootstrap, name), getattr(b.bootstrap, name)):
            raise InputError("The results come from different splits: measure both on the same images in one order.")
