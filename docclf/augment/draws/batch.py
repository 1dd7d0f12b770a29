"""The random numbers of `docclf.augment.draws.draw` for many samples at once, bit for bit."""

from collections.abc import Callable

import numpy as np

from docclf.augment.draws.draw import GROUPS, SLOTS
from docclf.errors import InputError

_BLOCK = 4  # numbers that one Philox block gives
_MORE = 4  # blocks made at a time beyond the first ones
# Numbers made for every sample at the start, about what most samples read; the rest is made for those that ask.
_FIRST = {"geometry": 16, "light": 12, "colour": 8, "blur": 8, "noise": 8, "jpeg": 4, "ground": 4}
# Multipliers and Weyl constants of Philox4x64 (doi:10.1145/2063384.2063405, table 2 and section 3.3).
_MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
_WEYL = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B))
_ROUNDS = 10
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_TO_DOUBLE = 1.0 / (1 << 53)


def philox(counter: tuple[np.ndarray, np.ndarray], key: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """uint64 [..., 4]: Philox4x64-10 of the counters (counter[0], counter[1], 0, 0).

    Args:
        counter: uint64, broadcast against each other and the keys.
        key: uint64.
    """
    zero = np.zeros(np.broadcast_shapes(*(a.shape for a in (*counter, *key))), dtype=np.uint64)
    words, (key0, key1) = [counter[0] + zero, counter[1] + zero, zero, zero], key
    for number in range(_ROUNDS):
        if number:
            key0, key1 = key0 + _WEYL[0], key1 + _WEYL[1]
        (high0, low0), (high1, low1) = _product(words[0], _MULTIPLIERS[0]), _product(words[2], _MULTIPLIERS[1])
        words = [high1 ^ words[1] ^ key0, low1, high0 ^ words[3] ^ key1, low0]
    return np.stack(words, axis=-1)


def _product(a: np.ndarray, b: int) -> tuple[np.ndarray, np.ndarray]:
    """High and low half of the 128-bit products, from 32-bit halves."""
    b0, b1 = np.uint64(b & 0xFFFFFFFF), np.uint64(b >> 32)
    a0, a1 = a & _LOW, a >> _HALF
    middle = a1 * b0
    middle += (a0 * b0) >> _HALF
    cross = a0 * b1
    cross += middle & _LOW
    high = a1 * b1
    high += middle >> _HALF
    high += cross >> _HALF
    return high, a * np.uint64(b)


class Stream:
    """Makes the numbers of a batch's samples.

    Args:
        seed: of the run.
        epochs: [B] whole numbers.
        indices: [B] whole numbers.

    Raises:
        InputError: a number is negative, or the two are not of one length.
    """

    def __init__(self, seed: int, epochs: np.ndarray, indices: np.ndarray):
        epochs, indices = np.asarray(epochs), np.asarray(indices)
        if epochs.ndim != 1 or epochs.shape != indices.shape:
            raise InputError(
                f"epochs are {list(epochs.shape)} and indices {list(indices.shape)}; augmentation needs one of each "
                "per sample; give two lists of the same length."
            )
        for name, values in (("seed", np.asarray([seed])), ("epoch", epochs), ("index", indices)):
            if values.size and (values.dtype.kind not in "iu" or values.min() < 0):
                raise InputError(
                    f"{name} is {values.min()}; augmentation needs a whole number from 0 to 2**64 - 1; give such a one."
                )
        self.count = len(epochs)
        self._key = np.uint64(seed), epochs.astype(np.uint64)
        self._indices = indices.astype(np.uint64)

    def uniforms(self, rows: np.ndarray, blocks: np.ndarray) -> np.ndarray:
        """float64 [n, 4 k] in [0, 1): blocks [n, k] or [k] of the samples rows [n]."""
        # numpy's generator counts before it makes a block, so its first block is number 1.
        counter = blocks.astype(np.uint64) + np.uint64(1), self._indices[rows, None]
        words = philox(counter, (np.full((1, 1), self._key[0]), self._key[1][rows, None]))
        return (words >> np.uint64(11)).reshape(len(rows), _BLOCK * blocks.shape[-1]) * _TO_DOUBLE

    def draws(self, groups: list[str]) -> dict[str, "BatchDraw"]:
        """One `BatchDraw` per group named."""
        starts = {name: GROUPS.index(name) * SLOTS // _BLOCK for name in groups}
        blocks = [starts[name] + np.arange(_FIRST[name] // _BLOCK) for name in groups]
        made = self.uniforms(np.arange(self.count), np.concatenate(blocks)) if groups else None
        drawn, at = {}, 0
        for name in groups:
            drawn[name] = BatchDraw(self.uniforms, starts[name], made[:, at : at + _FIRST[name]])
            at += _FIRST[name]
        return drawn


class BatchDraw:
    """Hands out the uniforms of one group, to each sample its own in order; see `docclf.augment.draws.draw.Draw`.

    Args:
        make: `Stream.uniforms`.
        start: number of the group's first block.
        made: float64 [B, n], the group's first numbers.

    Attributes:
        rows: [n] the samples this one draws for.
    """

    def __init__(self, make: Callable[[np.ndarray, np.ndarray], np.ndarray], start: int, made: np.ndarray):
        self._make, self._start = make, start
        self._numbers = np.empty((len(made), SLOTS))
        self._numbers[:, : made.shape[1]] = made
        self._made = np.full(len(made), made.shape[1])
        self._next = np.zeros(len(made), dtype=np.int64)
        self.rows = np.arange(len(made))

    def where(self, mask: np.ndarray) -> "BatchDraw":
        """The same numbers for the samples of the mask [n] only; what it takes is gone for this one too."""
        some = BatchDraw.__new__(BatchDraw)
        some.__dict__.update(self.__dict__, rows=self.rows[mask])
        return some

    def random(self) -> np.ndarray:
        """float64 [n]: each sample's next number in [0, 1)."""
        at = self._next[self.rows]
        short = at >= self._made[self.rows]
        if short.any():
            self._extend(self.rows[short])
        self._next[self.rows] = at + 1
        return self._numbers[self.rows, at]

    def chance(self, probability: float) -> np.ndarray:
        """bool [n], True with the given probability."""
        return self.random() < probability

    def uniform(self, bounds: list[float]) -> np.ndarray:
        """float64 [n] in [low, high)."""
        return bounds[0] + (bounds[1] - bounds[0]) * self.random()

    def integer(self, low: int | np.ndarray, high: int | np.ndarray) -> np.ndarray:
        """int64 [n] in [low, high], both ends included; the ends may be [n]."""
        return low + (self.random() * (high - low + 1)).astype(np.int64)

    def name(self, weights: dict[str, float]) -> np.ndarray:
        """int64 [n]: places in the list of names, in proportion to the weights."""
        mark = self.random() * sum(weights.values())
        places = list(weights)
        chosen = np.full(len(mark), places.index(next(n for n in reversed(weights) if weights[n] > 0)))
        open_ = np.ones(len(mark), dtype=bool)
        for place, weight in enumerate(weights.values()):
            mark = mark - weight
            taken = open_ & (mark < 0.0)
            chosen[taken] = place
            open_ &= ~taken
        return chosen

    def _extend(self, rows: np.ndarray) -> None:
        made = self._made[rows]
        if made.max() >= SLOTS:
            raise IndexError(f"a group has {SLOTS} numbers per sample")
        blocks = made[:, None] // _BLOCK + np.arange(_MORE)
        numbers = self._make(rows, self._start + blocks)
        places = made[:, None] + np.arange(_MORE * _BLOCK)
        inside = places < SLOTS
        self._numbers[np.broadcast_to(rows[:, None], places.shape)[inside], places[inside]] = numbers[inside]
        self._made[rows] = np.minimum(made + _MORE * _BLOCK, SLOTS)


def each(function: Callable[[float], float], values: np.ndarray) -> np.ndarray:
    """float64 [n]: the function of `math` of each value, since numpy's own may differ from it in the last bit."""
    return np.array([function(value) for value in values.tolist()], dtype=np.float64)
