"""Embeddings close to their signs."""

import torch
from torch import Tensor, nn

from docclf.errors import InputError
from docclf.ops import unit
from docclf.pair.base import Pair, share


class Quantise(Pair, nn.Module):
    """1 - cos(u, sign u), u the unit embedding less a threshold of the image: what signs as targets want besides.

    The threshold is ``within`` times tanh of a learned linear map of the embedding, and dropped after training.

    Args:
        within: most that it may be, either way; a unit vector of 256 channels has about 0.06 in each.
        weight, ramp: see `docclf.pair.base.Pair`.
    """

    views = 1

    def __init__(self, within: float = 0.01, weight: float = 1.0, ramp: tuple[float, float] = (0.0, 0.0)) -> None:
        nn.Module.__init__(self)
        if not within >= 0:
            raise InputError(f"pair.quantise.within={within}: want 0 or more")
        self.within, self.weight, self.ramp = within, weight, ramp

    def start(self, embed_dim: int, seed: int) -> None:
        """Makes the map, of zeros: the threshold starts at 0."""
        self.weights = nn.Parameter(torch.zeros(embed_dim))

    def term(self, x: Tensor, labels: Tensor, maps: Tensor | None) -> tuple[Tensor, Tensor]:
        """Returns the mean, and the share of samples more than 0.1 from their signs."""
        v = unit(x)
        u = unit(v - self.within * torch.tanh(v @ self.weights.to(v))[:, None])
        signs = torch.where(u >= 0, 1.0, -1.0).to(u) / x.shape[1] ** 0.5
        losses = 1 - (u * signs).sum(1)
        return losses.mean(), share(losses.detach() > 0.1, len(losses))
