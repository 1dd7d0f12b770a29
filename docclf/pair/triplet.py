"""Triplets within a batch."""

from torch import Tensor

from docclf.errors import InputError
from docclf.ops import unit
from docclf.pair.base import Pair, mean, positives, share


class Triplet(Pair):
    """max(0, d(a, p) - d(a, n) + margin) over all positives and their semi-hard negatives (FaceNet, arXiv:1503.03832).

    d is the squared distance of unit vectors; semi-hard are negatives further than the positive, by no more than the
    margin. The mean is over those triplets.

    Args:
        margin: in squared distance, above 0.
        weight, ramp: see `docclf.pair.base.Pair`.
    """

    def __init__(self, margin: float = 0.2, weight: float = 1.0, ramp: tuple[float, float] = (0.0, 0.0)) -> None:
        if not margin > 0:
            raise InputError(f"pair.triplet.margin={margin}: want a squared distance above 0, such as 0.2")
        self.margin, self.weight, self.ramp = margin, weight, ramp

    def term(self, x: Tensor, labels: Tensor, maps: Tensor | None) -> tuple[Tensor, Tensor]:
        """Returns the mean over semi-hard triplets, and their share of all."""
        d = 2 - 2 * unit(x) @ unit(x).T
        a, p = positives(labels)
        gap = d[a] - d[a, p][:, None]
        negative = labels[a][:, None] != labels
        active = negative & (gap > 0) & (gap <= self.margin)
        return mean(self.margin - gap, active, x), share(active, negative.sum())
