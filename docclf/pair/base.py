"""What training asks of a term that compares the samples of a batch with each other."""

from abc import abstractmethod
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor


@runtime_checkable
class Pair(Protocol):
    """A term of the loss over pairs of samples; a torch module where it learns something, which is dropped afterwards.

    Attributes:
        weight: factor of the term.
        ramp: shares of training between which the factor rises from 0 to full; (0, 0) is full from the start.
        views: samples of each class that a batch has to hold.
        local: it compares feature maps.
    """

    weight: float
    ramp: tuple[float, float]
    views: int = 2
    local: bool = False

    def start(self, embed_dim: int, seed: int) -> None:
        """Told once the width D of the embeddings and the seed of the run."""

    @abstractmethod
    def term(self, x: Tensor, labels: Tensor, maps: Tensor | None) -> tuple[Tensor, Tensor]:
        """Returns the mean term, a scalar, and the share of what was compared that still has something to learn.

        Args:
            x: embeddings of all processes, [B,D] float64, of any length (not of unit length).
            labels: int64 [B], classes.
            maps: feature maps float32 [B,C,h,w], for a term that is ``local``.
        """


def positives(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the ordered pairs (i, j), i other than j, of samples of one class, int64 [P] each."""
    same = labels[:, None] == labels
    return tuple(same.fill_diagonal_(False).nonzero().T)


def twins(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the samples of each class two by two, int64 [n] each; a sample that is left over is in no pair."""
    order = labels.argsort(stable=True)
    ranked = labels[order]
    starts = torch.searchsorted(ranked, ranked)
    place = torch.arange(len(labels), device=labels.device) - starts
    first = (place % 2 == 0).nonzero().squeeze(1)
    first = first[first + 1 < len(labels)]
    first = first[ranked[first] == ranked[first + 1]]
    return order[first], order[first + 1]


def mean(values: Tensor, counted: Tensor, x: Tensor) -> Tensor:
    """Returns the mean of the values counted, or 0 with a gradient (of zeros) where there is none."""
    if not counted.any():
        return x.sum() * 0.0
    return values[counted].mean()


def share(some: Tensor, all_of: Tensor | int) -> Tensor:
    """Returns a share; 0 of none."""
    return some.sum().double() / max(1, int(all_of))
