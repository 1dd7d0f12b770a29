"""Additive angular margin."""

import math

import torch
from torch import Tensor

from docclf.errors import InputError
from docclf.margin.base import Margin
from docclf.ops import real

# 1 - c^2 is known to about 1e-7 in float32; below this floor the sine is rounding noise
FLOOR = 1e-6


class ArcFace(Margin):
    """psi(c) = cos(arccos(c) + m), arXiv 1801.07698 equation 3, written without arccos.

    cos(a + m) = c cos m - sqrt(1 - c^2) sin m; its slope cos m + c sin m / sqrt(1 - c^2) grows without bound towards
    c = 1, so 1 - c^2 is floored: there psi is c cos m - const, with slope cos m. Beyond a + m = pi, where the slope
    would push a sample away from its own centre, psi is the line c - m sin m, with slope 1.
    Cosines a little outside [-1, 1] from rounding need no clamp.

    Args:
        m: margin in radians, 0 to pi/2; the effective one is m * ramp, and ramp is 1 unless a loss schedules it.

    Raises:
        InputError: m is outside [0, pi/2]; 28.6 is taken for degrees and refused.
    """

    def __init__(self, m: float = 0.5) -> None:
        if not 0 <= m <= math.pi / 2:
            raise InputError(f"margin m={m}: ArcFace takes radians between 0 and {math.pi / 2:.4f}, such as 0.5")
        self.m = m

    def psi(self, cosine: Tensor) -> Tensor:
        """Returns the target's logit over scale, [B], for its cosine [B]."""
        c = real(cosine)
        m = self.m * self.ramp
        sine = ((1 - c) * (1 + c)).clamp_min(FLOOR).sqrt()
        rotated = c * math.cos(m) - sine * math.sin(m)
        return torch.where(c > -math.cos(m), rotated, c - m * math.sin(m))
