"""The corners of a regular simplex as centres."""

import torch
from torch import Tensor

from docclf.loss.centres.fixed.base import at_most


class Simplex:
    """K directions with the same cosine -1/(K - 1) between any two, the least there is; the same for every seed.

    Stationary representations (arXiv:2405.02581, after arXiv:1902.10441): the axes of K - 1 dimensions and one more
    point as far from each, (1 - sqrt(K)) / (K - 1) times ones, seen from their middle.

    Raises:
        InputError: more than D + 1 classes.
    """

    stored = 0

    def start(self, num_classes: int, dim: int, seed: int) -> None:
        """Takes up to D + 1 classes."""
        at_most(dim + 1, num_classes, "simplex", f"one more than embed_dim={dim}")
        self.dim, self.used = dim, max(1, num_classes - 1)

    def rows(self, classes: Tensor) -> Tensor:
        """Returns float32 [n,D] of classes int64 [n]."""
        used = self.used
        last = (1 - (used + 1) ** 0.5) / used
        points = torch.zeros(len(classes), self.dim, dtype=torch.float64, device=classes.device)
        points[:, :used] = torch.where(classes == used, last, 0.0)[:, None]
        axis = (classes < used).nonzero().squeeze(1)
        points[axis, classes[axis]] = 1.0
        points[:, :used] -= (1 + last) / (used + 1)
        return (points / points.norm(dim=1, keepdim=True)).float()
