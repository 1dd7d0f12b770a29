"""Rows of Hadamard matrices as centres."""

import torch
from torch import Tensor

from docclf.errors import InputError
from docclf.loss.centres.fixed.signs import hashed, unpacked, words


class Hadamard:
    """The rows of a Hadamard matrix and their opposites, 2 D classes; the next 2 D with all columns' signs drawn anew.

    Within a block of 2 D all cosines are 0 or -1, between blocks they are those of random signs. Sylvester's matrix:
    row r has in column c the sign (-1)^popcount(r & c). Targets of hashing networks (CSQ, arXiv:1908.00347).

    Raises:
        InputError: D is no power of two.
    """

    stored = 0

    def start(self, num_classes: int, dim: int, seed: int) -> None:
        """Takes any number of classes, in D = 2^n dimensions."""
        if dim & (dim - 1):
            raise InputError(
                f"loss/centres=hadamard with embed_dim={dim}: want a power of two, such as 256; or take "
                "loss/centres=random, which takes any."
            )
        self.dim, self.seed = dim, seed

    def rows(self, classes: Tensor) -> Tensor:
        """Returns signs float32 [n,D] of classes int64 [n]."""
        block, row = classes // (2 * self.dim), classes % (2 * self.dim)
        count = words(self.dim)
        mask = hashed(block[:, None] * count + torch.arange(count, device=classes.device), self.seed)
        own = _packed(self.dim).to(classes.device)[row % self.dim] ^ -(row // self.dim)[:, None]
        return unpacked(own ^ mask, self.dim)


def _packed(dim: int) -> Tensor:
    """Returns Sylvester's matrix, a bit for each minus, int64 [D,words]."""
    column = torch.arange(64 * words(dim))
    odd = torch.arange(dim)[:, None] & column
    for shift in (32, 16, 8, 4, 2, 1):
        odd = odd ^ (odd >> shift)
    weight = torch.tensor([1 << bit for bit in range(63)] + [-(1 << 63)])
    return ((odd & 1).view(dim, -1, 64) * weight).sum(2)
