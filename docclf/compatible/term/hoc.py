"""Higher-order compatibility: new embeddings against the old ones of the batch."""

import torch
from torch import Tensor

from docclf.compatible.base import Seen, Term, positive


class HOC(Term):
    """Contrast with the old embeddings of the other classes (arXiv:2405.02581, eq. 8), for stationary centres.

    L = 1/B sum_i (-mu x_i.o_i + ln sum over j with y_j != y_i of e^(mu x_i.o_j)), with x new and o old embeddings. A
    sample with no other class in the batch gives nothing.

    Args:
        weight: factor of the term, the paper's lambda.
        mu: factor of the cosines.
    """

    def __init__(self, weight: float = 0.1, mu: float = 10.0) -> None:
        super().__init__("hoc", weight)
        self.mu = positive("hoc", "mu", mu)

    def forward(self, seen: Seen) -> Tensor:
        """Returns the mean over the batch."""
        logits = self.mu * seen.new @ seen.old.T
        other = seen.labels[:, None] != seen.labels
        kept = other.any(1)
        if not kept.any():
            return logits.sum() * 0.0
        away = logits.masked_fill(~other, -torch.inf)[kept].logsumexp(1)
        return (away - logits.diagonal()[kept]).sum() / len(logits)
