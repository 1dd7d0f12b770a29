"""New queries against old centres."""

import torch
from torch import Tensor, nn

from docclf.compatible.base import Seen, Term, positive


class BCT(Term):
    """Cross entropy of new embeddings over the old model's classifier (BCT, arXiv:2003.11942 eq. 5).

    L = -1/B sum_b ln softmax_j(s <x_b, c_j>) at the class of b, with x the new embedding and c_j the old centre of
    class j. Of very many classes those of the batch and a random choice of others take part.

    Args:
        weight: factor of the term.
        scale: s; cosines are multiplied by it.
        classes: centres that take part in a step, at most; 0 for all.
    """

    def __init__(self, weight: float = 1.0, scale: float = 32.0, classes: int = 8192) -> None:
        super().__init__("bct", weight)
        self.scale, self.classes = positive("bct", "scale", scale), classes
        self.register_buffer("centres", torch.zeros(0), persistent=False)

    def know(self, centres: Tensor) -> None:
        """Takes the old centres, unit [K,D_old]."""
        self.centres = centres

    def forward(self, seen: Seen) -> Tensor:
        """Returns the mean cross entropy of a batch."""
        centres, labels = self.centres.to(seen.new), seen.labels
        if self.classes and len(centres) > self.classes:
            drawn = torch.randperm(len(centres), device=labels.device)[: self.classes]
            chosen, _ = torch.cat([labels, drawn]).unique().sort()
            centres, labels = centres[chosen], torch.searchsorted(chosen, labels)
        return nn.functional.cross_entropy(self.scale * seen.new @ centres.T, labels)
