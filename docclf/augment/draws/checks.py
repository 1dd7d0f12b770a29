"""What the ranges and probabilities of an augment yaml must be."""

import math

from docclf.errors import InputError


def check_probability(name: str, value: float) -> float:
    """The value, when it is a probability.

    Raises:
        InputError: it is outside [0, 1].
    """
    if not 0.0 <= value <= 1.0:
        raise InputError(f"{name} is {value}; a probability lies in [0, 1]; set it so in the augment yaml.")
    return float(value)


def check_range(name: str, value: list, low: float = -math.inf, high: float = math.inf) -> list:
    """The value, when it is [smaller, larger] within [low, high].

    Raises:
        InputError: it is not.
    """
    if len(value) != 2 or not low <= value[0] <= value[1] <= high:
        raise InputError(
            f"{name} is {list(value)}; expected [smallest, largest] within [{low}, {high}]; mend the augment yaml."
        )
    return list(value)


def check_weights(name: str, value: dict[str, float], known: tuple[str, ...]) -> dict[str, float]:
    """The weights, when every name is known and they sum to more than 0.

    Raises:
        InputError: a name is unknown, a weight is negative, or all are 0.
    """
    unknown = sorted(set(value) - set(known))
    if unknown or any(weight < 0 for weight in value.values()) or sum(value.values()) <= 0:
        raise InputError(
            f"{name} is {dict(value)}; expected weights of at least 0, not all 0, for some of {', '.join(known)}; "
            "set them so in the augment yaml."
        )
    return dict(value)
