"""Draws that are the same on every machine: raw Philox words and integer arithmetic only."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from docclf.errors import InputError

T = TypeVar("T")


class Dice:
    """A stream of integers that depends on its key alone.

    numpy promises stable streams for bit generators, not for the methods of Generator; hence the raw words.

    Args:
        key: non-negative integers. Keys of one use should have one length: SeedSequence pads short keys with zeros.
    """

    def __init__(self, *key: int):
        if any(part < 0 for part in key):
            raise InputError(f"seed {key}: every part must be a non-negative integer; choose another seed.")
        self._philox = np.random.Philox(np.random.SeedSequence(key))
        self._words: list[int] = []

    def below(self, n: int) -> int:
        """Returns an integer in [0, n)."""
        if not self._words:
            self._words = (self._philox.random_raw(32) >> np.uint64(32)).tolist()
        return (self._words.pop() * n) >> 32

    def between(self, low: int, high: int) -> int:
        """Returns an integer in [low, high], both ends possible."""
        return low + self.below(high - low + 1)

    def chance(self, percent: int) -> bool:
        """Returns True in `percent` of 100 draws."""
        return self.below(100) < percent

    def pick(self, items: Sequence[T]) -> T:
        """Returns one of the items."""
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Returns the items in random order."""
        left = list(items)
        return [left.pop(self.below(len(left))) for _ in range(len(left))]

    def octets(self, count: int) -> np.ndarray:
        """Returns `count` random bytes, uint8 [count]."""
        words = self._philox.random_raw((count + 7) // 8)
        return words.astype("<u8").view(np.uint8)[:count]

    def digits(self, count: int) -> str:
        """Returns `count` decimal digits, the first not zero."""
        return "".join(str(self.between(0 if k else 1, 9)) for k in range(count))

    def letters(self, count: int) -> str:
        """Returns `count` capital Latin letters, without I and O."""
        return "".join(self.pick("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(count))
