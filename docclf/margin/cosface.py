"""Additive cosine margin."""

from torch import Tensor

from docclf.errors import InputError
from docclf.ops import at_targets, real


class CosFace:
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
        self.ramp = 1.0

    def psi(self, cosine: Tensor) -> Tensor:
        """Returns the target's logit over scale, [B], for its cosine [B]."""
        return real(cosine) - self.m * self.ramp

    def __call__(self, cosines: Tensor, targets: Tensor) -> Tensor:
        """Returns logits over scale, [B,K], for cosines [B,K] and targets [B]."""
        return at_targets(cosines, targets, self.psi)
