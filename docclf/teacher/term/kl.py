"""The original's term: channels as a distribution, no temperature."""

from torch import Tensor, nn

from docclf.ops import unit
from docclf.teacher.term.base import Term


class KL(Term):
    """KL divergence of the softmax over the channels of unit vectors, exactly as DocClassifier trains.

    With s and t of unit length [W], p = softmax(s) and q = softmax(t): L = 1/B sum_b sum_c q_bc (ln q_bc - ln p_bc),
    which is KLDivLoss(reduction="batchmean", log_target=True). Entries of unit vectors are about 1/sqrt(W), so both
    distributions are almost uniform and the gradient almost nothing: see docs/teacher.md; kept for reproduction.

    Args:
        weight: factor of the term.
        ramp: shares of training between which the factor rises from 0; [0, 0] is constant.
    """

    def __init__(self, weight: float = 1.0, ramp: list[float] = (0.0, 0.0)) -> None:
        super().__init__("kl", weight, ramp)

    def forward(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Returns the divergence of student [B,W] from teacher [B,W], both of any length."""
        log_p, log_q = unit(student).log_softmax(-1), unit(teacher).log_softmax(-1)
        return nn.functional.kl_div(log_p, log_q, reduction="batchmean", log_target=True)
