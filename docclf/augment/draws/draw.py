"""Random numbers of a batch, each sample's a pure function of (seed, epoch, index)."""

import copy
import threading

import numpy as np

from docclf.errors import InputError

SLOTS = 64  # uniforms per group; a group that needs more raises instead of reading its neighbour's
GROUPS = ("geometry", "light", "colour", "blur", "noise", "compression", "ground", "things", "phone")
# The second view of sample (turn, index) is drawn as (turn + SECOND, index): no training walks its set that often.
SECOND = 1 << 40
_FRESH = {
    "bit_generator": "Philox",
    "buffer": np.zeros(4, dtype=np.uint64),
    "buffer_pos": 4,  # all used up: the next number starts a new block
    "has_uint32": 0,
    "uinteger": 0,
}


class _Thread(threading.local):
    """A generator per thread: setting its state costs 3 us, building another 40."""

    def __init__(self):
        self.bits = np.random.Philox(key=0)
        self.generator = np.random.Generator(self.bits)


_THREAD = _Thread()


class Draw:
    """Hands out the numbers of one group: with each call one more of every sample, in order.

    Each group reads its own block, so another probability in one group leaves the numbers of the others as they were.

    Args:
        uniforms: [B,SLOTS], the group's numbers, each in [0, 1).
        level: difficulty, 0 to 1.
        ease: factor of every probability.
    """

    def __init__(self, uniforms: np.ndarray, level: float = 1.0, ease: float = 1.0):
        self._uniforms, self._next = uniforms, 0
        self.count, self.level, self.ease = len(uniforms), level, ease

    def fork(self) -> "Draw":
        """Another that reads on from here: alternatives, of which a sample takes one, may share their numbers."""
        return copy.copy(self)

    def random(self, *shape: int) -> np.ndarray:
        """[B, *shape]: the next numbers in [0, 1)."""
        count = int(np.prod(shape))
        if self._next + count > SLOTS:
            raise IndexError(f"a group of random numbers has {SLOTS} of them; this one reads more")
        self._next += count
        return self._uniforms[:, self._next - count : self._next].reshape(self.count, *shape)

    def chance(self, probability: float) -> np.ndarray:
        """bool [B], each True with the given probability (times `ease`)."""
        return self.random() < probability * self.ease

    def uniform(self, low: float | np.ndarray, high: float | np.ndarray, *shape: int) -> np.ndarray:
        """[B, *shape] numbers in [low, high)."""
        return low + (high - low) * self.random(*shape)

    def integer(self, low: int, high: int | np.ndarray) -> np.ndarray:
        """int64 [B] in [low, high], both ends included."""
        return low + (self.random() * (high - low + 1)).astype(np.int64)

    def choice(self, weights: dict[str, float]) -> np.ndarray:
        """int64 [B]: places in the weights, in proportion to them."""
        ends = np.cumsum(list(weights.values()))
        return np.searchsorted(ends, self.random() * ends[-1], side="right")


def draws(seed: int, turns: np.ndarray, indices: np.ndarray, level: float = 1.0, ease: float = 1.0) -> dict[str, Draw]:
    """One `Draw` per group, from Philox4x64 (doi:10.1145/2063384.2063405) keyed by (seed, turn) at counter (index).

    Args:
        seed: of the run.
        turns: [B] numbers of the walk over the data.
        indices: [B] numbers of the samples.
        level: difficulty, 0 to 1.
        ease: factor of every probability.

    Raises:
        InputError: a number is negative or does not fit 64 bits, or the two are not of one length.
    """
    turns, indices = np.asarray(turns), np.asarray(indices)
    if turns.ndim != 1 or turns.shape != indices.shape:
        raise InputError(
            f"epochs are {list(turns.shape)} and indices {list(indices.shape)}; augmentation needs one of each per "
            "sample; give two lists of the same length."
        )
    for name, values in (("seed", np.asarray([seed])), ("epoch", turns), ("index", indices)):
        if values.size and (values.dtype.kind not in "iu" or values.min() < 0):
            raise InputError(
                f"{name} is {values.min()}; augmentation needs a whole number from 0 to 2**64 - 1; give such a one."
            )
    numbers = np.empty((len(turns), len(GROUPS), SLOTS))
    bits, generator = _THREAD.bits, _THREAD.generator
    for row, (turn, index) in enumerate(zip(turns.tolist(), indices.tolist(), strict=True)):
        # The low counter word advances within a sample, the second one is the sample: streams never overlap.
        state = {"counter": np.array([0, index, 0, 0], np.uint64), "key": np.array([seed, turn], np.uint64)}
        bits.state = {**_FRESH, "state": state}
        generator.random(out=numbers[row])
    return {name: Draw(numbers[:, place], level, ease) for place, name in enumerate(GROUPS)}
