"""The original's term made to work: a temperature that spreads the channels."""

from torch import Tensor, nn

from docclf.errors import InputError
from docclf.ops import unit
from docclf.teacher.term.base import Term


class KLTemperature(Term):
    """KL divergence of the softmax over the channels of unit vectors, divided by a temperature.

    With s and t of unit length [W], p = softmax(s / T) and q = softmax(t / T): L = 1/B sum_b sum_c q_bc (ln q_bc -
    ln p_bc) (arXiv:1503.02531 eq. 1, applied to features). Its factor T^2 is left out: it makes up for the small
    gradients of a high temperature, and here the temperature is low.

    Args:
        temperature: T; 0.04 is about 1/sqrt(512), at which the logits of 512 channels have a spread of about one.
        weight: factor of the term.
        ramp: shares of training between which the factor rises from 0; [0, 0] is constant.

    Raises:
        InputError: a temperature that is not above 0.
    """

    def __init__(self, temperature: float = 0.04, weight: float = 1.0, ramp: list[float] = (0.0, 0.0)) -> None:
        super().__init__("kl_temperature", weight, ramp)
        if not temperature > 0:
            raise InputError(f"teacher.term.kl_temperature.temperature={temperature}: want above 0, such as 0.04.")
        self.temperature = temperature

    def forward(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Returns the divergence of student [B,W] from teacher [B,W], both of any length."""
        log_p, log_q = ((unit(x) / self.temperature).log_softmax(-1) for x in (student, teacher))
        return nn.functional.kl_div(log_p, log_q, reduction="batchmean", log_target=True)
