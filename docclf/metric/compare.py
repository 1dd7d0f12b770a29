"""Two models on one split: the difference of their numbers with a paired interval."""

from dataclasses import dataclass

import numpy as np

from docclf.errors import InputError
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


def compare(a: Result, b: Result) -> list[Difference]:
    """Paired bootstrap: both models see the same classes and captures in each replicate, each its own new threshold.

    Each result must come from a metric called with replicates above 0, on the same images and labels in one order.

    Returns:
        One difference for every measure with an interval that is defined in both.

    Raises:
        InputError: results without replicates, of different splits, protocols, targets or seeds.
    """
    _check(a, b)
    out = []
    for key, values in a.draws.values.items():
        span = paired(values, b.draws.values[key]) if key in b.draws.values else None
        if span is not None:
            one, other = a.metrics[key], b.metrics[key]
            out.append(Difference(key, one, other, other - one, *span))
    return out


def paired(a: np.ndarray, b: np.ndarray) -> tuple[float, float] | None:
    """Returns the 95 % percentile interval of b - a over the replicates that both have; None with fewer than two."""
    count = min(len(a), len(b))
    steps = b[:count] - a[:count]
    steps = steps[np.isfinite(steps)]
    return tuple(np.quantile(steps, [0.025, 0.975]).tolist()) if len(steps) > 1 else None


def _check(a: Result, b: Result) -> None:
    if a.draws is None or b.draws is None:
        raise InputError("A result holds no bootstrap data: measure both models with replicates of 1 or more.")
    if a.protocol != b.protocol or a.targets != b.targets:
        raise InputError(
            f"The results differ in protocol or targets ({a.protocol}, {a.targets} against {b.protocol}, {b.targets}): "
            "measure both with one metric."
        )
    if a.draws.split != b.draws.split:
        raise InputError("The results come from different splits: measure both on the same images in one order.")
    if a.draws.seed != b.draws.seed:
        raise InputError(
            f"The results were drawn with the seeds {a.draws.seed} and {b.draws.seed}: measure both with "
            "one metric.seed."
        )
