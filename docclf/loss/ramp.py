"""The rise of a margin over a run."""

from docclf.errors import InputError


def checked(margin_ramp: tuple[float, float] | list[float]) -> tuple[float, float]:
    """Returns start and end of the ramp, as shares of training.

    Raises:
        InputError: not two shares in order.
    """
    values = [float(x) for x in margin_ramp]
    if len(values) != 2 or not 0 <= values[0] <= values[1] <= 1:
        raise InputError(f"loss.margin_ramp={values}: want two shares of training in order, such as [0.0, 0.3]")
    return values[0], values[1]


def at(progress: float, ramp: tuple[float, float]) -> float:
    """Returns the share of the margin in force at a share of training: 0 before the ramp, 1 after, linear between."""
    start, end = ramp
    if progress >= end:
        return 1.0
    return max(0.0, (progress - start) / (end - start))
