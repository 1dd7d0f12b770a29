"""Scale and margin that follow the median sample of the batch."""

import math

import torch
from torch import Tensor

from docclf.errors import InputError
from docclf.margin.base import Margin
from docclf.ops import real

# the sum of the negatives that the scale is made for: CFCD's 10^7 classes less the own one
NEGATIVES = 9_999_999


class Mada(Margin):
    """psi(c) = c - m with scale and margin of the batch (CFCD's MadaCos, arXiv:2308.04008).

    s = max(floor, ln(9999999 (1 - a) / a) / (1 - med)) and m = max(0, med - ln(B a / (1 - a)) / s), where med is the
    median of the targets' cosines and B the sum of the other classes' exponentials of the sample that has it. With
    m > 0 that sample's probability is a; of an even number of samples the lower median is taken, which is a sample.

    Args:
        a: probability of the median sample, above 0 to below 1.
        floor: least scale; None: the loss's. The publication's is 32.
        ceiling: largest scale: 1 - med comes close to 0 late in a training.

    Raises:
        InputError: a value outside its range.
    """

    def __init__(self, a: float = 0.02, floor: float | None = None, ceiling: float = 512.0) -> None:
        if not 0 < a < 1 or not 0 < (ceiling if floor is None else floor) <= ceiling:
            raise InputError(
                f"margin a={a}, floor={floor}, ceiling={ceiling}: want a probability between 0 and 1, such as 0.02, "
                "and scales above 0, the floor below the ceiling"
            )
        self.a, self.floor, self.ceiling = a, floor, ceiling
        self.m, self._median = 0.0, 0

    def observe(self, cosines: Tensor, lengths: Tensor, scale: float, training: bool) -> float:
        """Returns the scale for the targets' cosines [B]; ``scale`` is the floor where none was given."""
        median, place = torch.median(cosines, 0)
        self._median = int(place)
        wanted = math.log(NEGATIVES * (1 - self.a) / self.a) / max(1e-6, 1 - median.item())
        return min(self.ceiling, max(float(self.floor or scale), wanted))

    def fit(self, cosines: Tensor, lse: Tensor, scale: float) -> None:
        """Sets the margin for cosines and log-sum-exp of the other classes, [B] each."""
        odds = math.log(self.a / (1 - self.a))
        self.m = max(0.0, (cosines[self._median] - (lse[self._median] + odds) / scale).item())

    def psi(self, cosine: Tensor) -> Tensor:
        """Returns the target's logit over scale, [B], for its cosine [B]."""
        return real(cosine) - self.m * self.ramp
