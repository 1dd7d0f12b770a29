"""Distances within the batch should be the teacher's, up to a factor."""

import torch
from torch import Tensor, nn

from docclf.errors import InputError
from docclf.ops import real, unit
from docclf.teacher.term.base import Term


class Relational(Term):
    """Relational distillation of distances (RKD-D, arXiv:1904.05068 eq. 5 to 7) on unit vectors.

    d_ij = |x_i - x_j| / m with m the mean over all pairs i != j, once for the student and once for the teacher; L is
    the mean over the pairs of the Huber function of d_ij(student) - d_ij(teacher), with its bend at 1. It compares
    distances only, so the student's own embedding [B,D] takes part, without the learned map. With several processes
    each compares its own batch.

    Args:
        weight: factor of the term.
        ramp: shares of training between which the factor rises from 0; [0, 0] is constant.
    """

    mapped = False

    def __init__(self, weight: float = 1.0, ramp: list[float] = (0.0, 0.0)) -> None:
        super().__init__("relational", weight, ramp)

    def forward(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Returns the mean difference of the distances in student [B,D] and teacher [B,W].

        Raises:
            InputError: fewer than two samples.
        """
        if len(student) < 2:
            raise InputError("teacher.term.relational compares pairs within a batch: give data.batch_size=2 or more.")
        return nn.functional.smooth_l1_loss(_distances(student), _distances(teacher)).to(real(student).dtype)


def _distances(x: Tensor) -> Tensor:
    """Returns the distances of all pairs i < j of x [B,W], divided by their mean."""
    x = unit(x.double())  # 2 - 2 cos cancels: float32 would lose distances below 1e-3, and TF32 those below 0.1
    first, second = torch.triu_indices(len(x), len(x), 1, device=x.device)
    squared = (2.0 - 2.0 * (x @ x.T))[first, second]
    # Equal images have distance 0, where a square root has no gradient; clamped, they pass none on.
    distance = squared.clamp_min(1e-8).sqrt()
    return distance / distance.mean()
