"""The student's direction should be the teacher's."""

from torch import Tensor

from docclf.ops import unit
from docclf.teacher.term.base import Term


class Cosine(Term):
    """One minus the cosine between student and teacher.

    L = 1/B sum_b (1 - <s_b, t_b>) with unit vectors, which is half their squared distance: the hint of
    arXiv:1412.6550 eq. 3 on the sphere on which documents are compared.

    Args:
        weight: factor of the term.
        ramp: shares of training between which the factor rises from 0; [0, 0] is constant.
    """

    def __init__(self, weight: float = 1.0, ramp: list[float] = (0.0, 0.0)) -> None:
        super().__init__("cosine", weight, ramp)

    def forward(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Returns the mean distance of student [B,W] and teacher [B,W], both of any length."""
        return (1.0 - (unit(student) * unit(teacher)).sum(-1)).mean()
