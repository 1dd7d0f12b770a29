"""Operating points: the conservative threshold of a false-positive target, by whole numbers of false accepts."""

from decimal import Decimal
from fractions import Fraction


def target_text(target: float) -> str:
    """The target as it is written in keys: 1e-4, 5e-2, 2.5e-1."""
    sign, digits, exponent = Decimal(repr(float(target))).normalize().as_tuple()
    body = str(digits[0]) + ("." + "".join(map(str, digits[1:])) if len(digits) > 1 else "")
    return f"{body}e{int(exponent) + len(digits) - 1}"


def allowed(target: float, negatives: int) -> int:
    """floor(target * negatives) of the decimal as written: 0.29 of 100 is 29, which float arithmetic makes 28."""
    return int(Fraction(repr(float(target))) * negatives)


def missing(target: float, negatives: int) -> int:
    """How many more negatives make floor(target * negatives) at least 1."""
    needed = -(-1 // Fraction(repr(float(target))))
    return max(0, int(needed) - negatives)
