"""Random numbers that are a pure function of (seed, epoch, index)."""

import math
import threading

import numpy as np

from docclf.errors import InputError

SLOTS = 64  # uniforms per group; a group that needs more raises instead of reading its neighbour's
GROUPS = ("geometry", "light", "colour", "blur", "noise", "jpeg", "ground")
# The second view of sample (turn, index) is drawn as (turn + SECOND, index): no training walks its set that often.
SECOND = 1 << 40
_WORD = 1 << 64


class _Thread(threading.local):
    """A generator per thread: setting its state costs 2 us, building another 40."""

    def __init__(self):
        self.bits = np.random.Philox(key=0)
        self.generator = np.random.Generator(self.bits)


_THREAD = _Thread()
_FRESH = {
    "bit_generator": "Philox",
    "buffer": np.zeros(4, dtype=np.uint64),
    "buffer_pos": 4,  # all used up: the next number starts a new block
    "has_uint32": 0,
    "uinteger": 0,
}


class Draw:
    """Hands out one sample's uniforms of one group, in order.

    Each group reads its own block, so another probability in one group leaves the numbers of the others as they were.

    Args:
        uniforms: [SLOTS], the group's numbers, each in [0, 1).
    """

    def __init__(self, uniforms: np.ndarray):
        self._uniforms = uniforms.tolist()
        self._next = 0

    def random(self) -> float:
        """The next number in [0, 1)."""
        value = self._uniforms[self._next]
        self._next += 1
        return value

    def chance(self, probability: float) -> bool:
        """True with the given probability; takes one number either way."""
        return self.random() < probability

    def uniform(self, bounds: list[float]) -> float:
        """A number in [low, high)."""
        return bounds[0] + (bounds[1] - bounds[0]) * self.random()

    def integer(self, bounds: list[int]) -> int:
        """A whole number in [low, high], both ends included."""
        return bounds[0] + int(self.random() * (bounds[1] - bounds[0] + 1))

    def name(self, weights: dict[str, float]) -> str:
        """One of the names, in proportion to the weights; takes one number."""
        mark = self.random() * sum(weights.values())
        for name, weight in weights.items():
            mark -= weight
            if mark < 0.0:
                return name
        return next(name for name in reversed(weights) if weights[name] > 0)


def draws(seed: int, epoch: int, index: int) -> dict[str, Draw]:
    """One `Draw` per group, from Philox4x64 (doi:10.1145/2063384.2063405) keyed by (seed, epoch) at counter (index).

    Raises:
        InputError: a number is negative or does not fit 64 bits.
    """
    for name, value in (("seed", seed), ("epoch", epoch), ("index", index)):
        if not 0 <= value < _WORD:
            raise InputError(
                f"{name} is {value}; augmentation needs a whole number from 0 to 2**64 - 1; give such a one."
            )
    bits = _THREAD.bits
    # The low counter word advances within a sample, the second one is the sample: streams never overlap.
    state = {"counter": np.array([0, index, 0, 0], np.uint64), "key": np.array([seed, epoch], np.uint64)}
    bits.state = {**_FRESH, "state": state}
    numbers = _THREAD.generator.random((len(GROUPS), SLOTS))
    return dict(zip(GROUPS, map(Draw, numbers), strict=True))


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
