"""Triplets whose anchor, positive and negative come from either version."""

import torch
from torch import Tensor

from docclf.compatible.base import Seen, Term, positive


class Harmonic(Term):
    """Semi-hard triplets (FaceNet, arXiv:1503.03832 eq. 3) over new and old embeddings together.

    Anchor and positive are the new and the old embedding of one image, either way round; negatives are new and old
    embeddings of other classes. L is the mean over anchors of max(0, |a - p|^2 - |a - n|^2 + margin) with n the nearest
    negative that is farther away than p, or the farthest of all where none is.

    Args:
        weight: factor of the term.
        margin: of squared distances between unit vectors.
    """

    def __init__(self, weight: float = 1.0, margin: float = 0.2) -> None:
        super().__init__("harmonic", weight)
        self.margin = positive("harmonic", "margin", margin)

    def forward(self, seen: Seen) -> Tensor:
        """Returns the mean over the anchors that have a negative."""
        other = (seen.labels[:, None] != seen.labels).repeat(1, 2)
        kept = other.any(1)
        if not kept.any():
            return seen.new.sum() * 0.0
        everything = torch.cat([seen.new, seen.old])
        parts = [
            self._triplets(anchor, positive, everything, other)[kept]
            for anchor, positive in ((seen.new, seen.old), (seen.old, seen.new))
        ]
        return torch.cat(parts).mean()

    def _triplets(self, anchor: Tensor, positive: Tensor, everything: Tensor, other: Tensor) -> Tensor:
        """Returns the loss of each anchor [B]."""
        near = 2 - 2 * (anchor * positive).sum(1)
        away = 2 - 2 * anchor @ everything.T
        semi = away.masked_fill(~other | (away <= near[:, None]), torch.inf).amin(1)
        farthest = away.masked_fill(~other, -torch.inf).amax(1)
        return (near - torch.where(semi.isinf(), farthest, semi) + self.margin).clamp_min(0)
