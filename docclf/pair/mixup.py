"""Mixtures of two samples' embeddings, told apart into their parts."""

import numpy as np
import torch
from torch import Tensor, nn

from docclf.errors import InputError
from docclf.ops import unit
from docclf.pair.base import Pair, share, twins


class Mixup(Pair, nn.Module):
    """Manifold mixup of instances (arXiv:1806.05236, at the embedding; the targets of i-Mix, arXiv:2010.08887).

    unit(l x_i + (1 - l) x_k) of the first views is to rank the second view of i with probability l and that of k with
    1 - l among all second views; l is drawn from Beta(alpha, alpha) for each sample, by seed and step. Other second
    views of the classes of i and k are left out.

    Args:
        alpha: of the beta distribution; 1 is uniform.
        scale: of the cosines.
        weight, ramp: see `docclf.pair.base.Pair`.
    """

    def __init__(
        self, alpha: float = 1.0, scale: float = 20.0, weight: float = 1.0, ramp: tuple[float, float] = (0.0, 0.0)
    ) -> None:
        nn.Module.__init__(self)
        if not (alpha > 0 and scale > 0):
            raise InputError(f"pair.mixup alpha={alpha}, scale={scale}: want numbers above 0")
        self.alpha, self.scale, self.weight, self.ramp, self.draws, self.seed = alpha, scale, weight, ramp, 0, 0

    def start(self, embed_dim: int, seed: int) -> None:
        """Takes the seed."""
        self.seed = seed

    def term(self, x: Tensor, labels: Tensor, maps: Tensor | None) -> tuple[Tensor, Tensor]:
        """Returns the mean cross entropy, and the share of mixtures that are more than 0.01 above its least."""
        first, second = twins(labels)
        if not len(first):
            return x.sum() * 0.0, x.new_zeros(())
        x, labels = unit(x), labels[first]
        share_of, other = (torch.as_tensor(drawn, device=x.device) for drawn in self.draw(len(first)))
        mixed = unit(share_of[:, None] * x[first] + (1 - share_of[:, None]) * x[first[other]])
        own = torch.arange(len(first), device=x.device)
        alike = (labels[:, None] == labels) | (labels[other][:, None] == labels)
        alike[own, own] = alike[own, other] = False
        logits = (self.scale * mixed @ x[second].T).masked_fill(alike, -torch.inf)
        told = logits.log_softmax(1)
        losses = -share_of * told[own, own] - (1 - share_of) * told[own, other]
        least = torch.special.entr(share_of) + torch.special.entr(1 - share_of)
        least = torch.where(other == own, 0.0, least)
        return losses.mean(), share(losses.detach() > least + 0.01, len(losses))

    def draw(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns the shares float64 [n] and partners int64 [n] of the next step."""
        self.draws += 1
        generator = np.random.default_rng([self.seed, self.draws])
        return generator.beta(self.alpha, self.alpha, count), generator.permutation(count)

    def get_extra_state(self) -> dict:
        """Returns the number of draws."""
        return {"draws": self.draws}

    def set_extra_state(self, state: dict) -> None:
        """Takes it."""
        self.draws = state["draws"]
