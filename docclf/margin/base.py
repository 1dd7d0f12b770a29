"""What a loss asks of a margin."""

from abc import abstractmethod
from typing import Protocol, runtime_checkable

from torch import Tensor

from docclf.ops import at_targets


@runtime_checkable
class Margin(Protocol):
    """A rule that makes the own class harder: cosines to logits over scale. It has no weights.

    Attributes:
        m: the margin in the unit of its rule (radians, difference of cosines); 0 where there is none.
        ramp: share of `m` in force, in [0, 1]; a loss that schedules it sets it.
    """

    m: float = 0.0
    ramp: float = 1.0

    @abstractmethod
    def psi(self, cosine: Tensor) -> Tensor:
        """Returns the target's logit over scale, [B], for its cosine [B]."""

    def __call__(self, cosines: Tensor, targets: Tensor) -> Tensor:
        """Returns logits over scale, [B,K], for cosines [B,K] and targets int64 [B]; a row of target -1 stays."""
        return at_targets(cosines, targets, self.psi)
