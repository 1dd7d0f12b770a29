"""Learning-rate curves: progress of training in [0, 1] to a factor of the peak rate."""

import math

from docclf.errors import InputError


class Polynomial:
    """Linear warm-up, then ``(1 - t) ** power`` down to ``final``; power 1 is the original's decay.

    Args:
        warmup: share of training spent rising from 0.
        power: exponent of the decay.
        final: factor at the end.
    """

    def __init__(self, warmup: float = 0.1, power: float = 1.0, final: float = 0.0) -> None:
        self.warmup, self.power, self.final = _share("optim.schedule.warmup", warmup), power, final

    def __call__(self, progress: float) -> float:
        """Returns the factor at ``progress``."""
        if progress < self.warmup:
            return progress / self.warmup
        t = (min(progress, 1.0) - self.warmup) / (1.0 - self.warmup)
        return self.final + (1.0 - self.final) * (1.0 - t) ** self.power


class Cosine:
    """Linear warm-up, then half a cosine down to ``final`` (arXiv:1608.03983 eq. 5 without restarts).

    Args:
        warmup: share of training spent rising from 0.
        final: factor at the end.
    """

    def __init__(self, warmup: float = 0.05, final: float = 0.0) -> None:
        self.warmup, self.final = _share("optim.schedule.warmup", warmup), final

    def __call__(self, progress: float) -> float:
        """Returns the factor at ``progress``."""
        if progress < self.warmup:
            return progress / self.warmup
        t = (min(progress, 1.0) - self.warmup) / (1.0 - self.warmup)
        return self.final + (1.0 - self.final) * 0.5 * (1.0 + math.cos(math.pi * t))


def _share(name: str, value: float) -> float:
    if not 0.0 <= value < 1.0:
        raise InputError(f"{name}={value}: want a share of training in [0, 1), such as 0.1.")
    return value
