"""Random signs as centres."""

import torch
from torch import Tensor

from docclf.loss.centres.fixed.signs import hashed, unpacked, words


class Random:
    """Each class a corner of the cube drawn by seed and class: any number of classes, no table.

    Their cosines are those of random directions: mean 0, deviation 1/sqrt(D). They are hash codes at the same time
    (targets of CSQ, arXiv:1908.00347, of more classes than a Hadamard matrix has rows).
    """

    stored = 0

    def start(self, num_classes: int, dim: int, seed: int) -> None:
        """Takes any number of classes."""
        self.dim, self.seed = dim, seed

    def rows(self, classes: Tensor) -> Tensor:
        """Returns signs float32 [n,D] of classes int64 [n]."""
        count = words(self.dim)
        counters = classes[:, None] * count + torch.arange(count, device=classes.device)
        return unpacked(hashed(counters, self.seed), self.dim)
