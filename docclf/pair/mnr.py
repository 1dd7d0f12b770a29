"""Ranking of a positive among the negatives of the batch."""

import torch
from torch import Tensor, nn

from docclf.errors import InputError
from docclf.ops import unit
from docclf.pair.base import Pair, positives, share


class Mnr(Pair):
    """Multiple negatives ranking (arXiv:1705.00652; NT-Xent): -ln of e^(s cos) of a positive over it and all negatives.

    Every ordered pair of samples of a class counts once; its negatives are the samples of all other classes, so that
    another sample of the class is none.

    Args:
        scale: s, one over the temperature.
        weight, ramp: see `docclf.pair.base.Pair`.
    """

    def __init__(self, scale: float = 20.0, weight: float = 1.0, ramp: tuple[float, float] = (0.0, 0.0)) -> None:
        if not scale > 0:
            raise InputError(f"pair.mnr.scale={scale}: want a scale above 0, such as 20")
        self.scale, self.weight, self.ramp = scale, weight, ramp

    def term(self, x: Tensor, labels: Tensor, maps: Tensor | None) -> tuple[Tensor, Tensor]:
        """Returns the mean over positive pairs, and the share of those whose probability is below 0.99."""
        logits = self.scale * unit(x) @ unit(x).T
        a, p = positives(labels)
        if not len(a):
            return x.sum() * 0.0, x.new_zeros(())
        others = logits.masked_fill(labels[:, None] == labels, -torch.inf)
        lse = torch.logsumexp(others, 1).clamp_min(-1e30)  # of one class: no negatives
        losses = nn.functional.softplus(lse[a] - logits[a, p])
        return losses.mean(), share(losses.detach() > -torch.tensor(0.99).log().item(), len(losses))
