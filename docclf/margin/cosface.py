"""Additive cosine margin."""

from torch import Tensor

from docclf.errors import InputError
from docclf.margin.base import Margin
from docclf.ops import real


class CosFace(Margin):
    """psi(c) = c - m, arXiv 1801.09414 equation 4.

    Args:
        m: margin in units of cosine, 0 to 1; the effective one is m * ramp, and ramp is 1 unless a loss schedules it.

    Raises:
        InputError: m is outside [0, 1].
    """

    def __init__(self, m: float = 0.4) -> None:
        if not 0 <= m <= 1:
            raise InputError(f"margin m={m}: CosFace takes a cosine difference between 0 and 1, such as 0.4")
        self.m = m

    def psi(self, cosine: Tensor) -> Tensor:
        """Returns the target's logit over scale, [B], for its cosine [B]."""
        return real(cosine) - self.m * self.ramp
