"""Channels of two views that agree with themselves and with no other."""

import torch
from torch import Tensor, nn

from docclf.errors import InputError
from docclf.pair.base import Pair, share, twins


class Barlow(Pair, nn.Module):
    """Barlow Twins (arXiv:2103.03230): sum (1 - C_ii)^2 + l sum C_ij^2, C the correlations between channels of views.

    It works on what a projector makes of the embeddings, which is dropped after training. Correlations of n pairs have
    noise of 1/n each: the second sum has l P^2 / n of it, P the projector's width, which no training takes away.

    Args:
        off_diagonal: l.
        width: P, of the projector's two layers; 0: none, the embeddings themselves.
        weight, ramp: see `docclf.pair.base.Pair`.
    """

    def __init__(
        self,
        off_diagonal: float = 0.0051,
        width: int = 512,
        weight: float = 0.01,
        ramp: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        nn.Module.__init__(self)
        if not off_diagonal >= 0 or width < 0:
            raise InputError(f"pair.barlow off_diagonal={off_diagonal}, width={width}: want 0 or more")
        self.off_diagonal, self.width, self.weight, self.ramp = off_diagonal, width, weight, ramp
        self.projector: nn.Module = nn.Identity()

    def start(self, embed_dim: int, seed: int) -> None:
        """Makes the projector; its weights are a function of the seed."""
        if self.width:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                self.projector = nn.Sequential(
                    nn.Linear(embed_dim, self.width, bias=False),
                    nn.BatchNorm1d(self.width),
                    nn.ReLU(),
                    nn.Linear(self.width, self.width, bias=False),
                )

    def term(self, x: Tensor, labels: Tensor, maps: Tensor | None) -> tuple[Tensor, Tensor]:
        """Returns the two sums, and the share of channels whose views correlate less than 0.99."""
        first, second = twins(labels)
        if len(first) < 2:  # a correlation wants two
            return x.sum() * 0.0 + sum(p.sum() * 0.0 for p in self.parameters()), x.new_zeros(())
        kind = next((p.dtype for p in self.parameters()), x.dtype)
        a, b = (standard(self.projector(x[rows].to(kind)).double()) for rows in (first, second))
        c = a.T @ b / len(a)
        own = c.diagonal()
        value = (1 - own).square().sum() + self.off_diagonal * (c.square().sum() - own.square().sum())
        return value, share(own.detach() < 0.99, len(own))


def standard(x: Tensor) -> Tensor:
    """Returns channels [n,P] of mean 0 and variance 1 over the batch, as BatchNorm makes them."""
    return (x - x.mean(0)) / (x.var(0, unbiased=False) + 1e-5).sqrt()
