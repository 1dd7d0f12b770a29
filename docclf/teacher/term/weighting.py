"""How much a term counts, and from when."""

import math

from docclf.errors import InputError


class Weighting:
    """A weight that is constant, or rises over a part of training.

    Args:
        term: name of the term, for errors.
        weight: factor of the term when it is fully in force.
        ramp: shares of training between which the factor rises from 0 to ``weight``; [0, 0] is constant.

    Raises:
        InputError: a weight that is negative or not finite, or shares that are not two in order.
    """

    def __init__(self, term: str, weight: float, ramp: list[float]) -> None:
        if not (weight >= 0 and math.isfinite(weight)):
            raise InputError(f"teacher.term.{term}.weight={weight}: want a number of at least 0, such as 1.0.")
        shares = [float(x) for x in ramp]
        if len(shares) != 2 or not 0 <= shares[0] <= shares[1] <= 1:
            raise InputError(
                f"teacher.term.{term}.ramp={shares}: want two shares of training in order, such as [0.0, 0.3]; "
                "[0.0, 0.0] is in force from the start."
            )
        self.weight, self.start, self.end = float(weight), *shares

    def at(self, progress: float) -> float:
        """Returns the factor at a share of training done, in [0, 1]."""
        if progress >= self.end:
            return self.weight
        return self.weight * max(0.0, (progress - self.start) / (self.end - self.start))
