"""The axes and their opposites as centres."""

import torch
from torch import Tensor

from docclf.loss.centres.fixed.base import at_most


class Orthoplex:
    """Plus and minus each axis: 2 D classes, all cosines 0 but for the opposite's, -1; the same for every seed.

    Raises:
        InputError: more than 2 D classes.
    """

    stored = 0

    def start(self, num_classes: int, dim: int, seed: int) -> None:
        """Takes up to 2 D classes."""
        at_most(2 * dim, num_classes, "orthoplex", f"plus and minus each of embed_dim={dim} axes")
        self.dim = dim

    def rows(self, classes: Tensor) -> Tensor:
        """Returns float32 [n,D] with one 1 or -1 each, of classes int64 [n]."""
        rows = torch.zeros(len(classes), self.dim, device=classes.device)
        sign = (1 - 2 * (classes // self.dim)).float()
        return rows.scatter_(1, (classes % self.dim)[:, None], sign[:, None])
