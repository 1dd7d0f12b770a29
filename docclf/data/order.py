"""Which samples an epoch draws: a pure function of (seed, epoch)."""

import numpy as np

# Keeps the stream of permutations apart from other streams that start from the same run seed.
_STREAM = 0x64726177


class Order:
    """The draws of each epoch: seeded permutations, one after another when an epoch is longer than the set.

    Args:
        length: samples in the set.
        draws: samples an epoch draws; None draws each sample once.
        seed: run seed.
    """

    def __init__(self, length: int, draws: int | None, seed: int):
        self.length = length
        self.draws = length if draws is None else draws
        self.seed = seed
        self.passes = -(-self.draws // length)
        self._cached: tuple[tuple[int, int], np.ndarray] | None = None

    def _permutation(self, epoch: int, turn: int) -> np.ndarray:
        if self._cached is None or self._cached[0] != (epoch, turn):
            seeds = np.random.SeedSequence([self.seed, _STREAM, epoch, turn])
            items = np.arange(self.length, dtype=np.int32 if self.length < 2**31 else np.int64)
            np.random.Generator(np.random.Philox(seeds)).shuffle(items)
            self._cached = ((epoch, turn), items)
        return self._cached[1]

    def items(self, epoch: int, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns the samples drawn at positions start..stop-1 of an epoch.

        Returns:
            int64 [n] sample numbers and int64 [n] pass numbers. The pass number counts walks over the set through the
            whole run, so (pass, sample) never repeats; with one walk per epoch it is the epoch.
        """
        items, turns = [], []
        for turn in range(start // self.length, -(-stop // self.length)):
            first = max(start - turn * self.length, 0)
            last = min(stop - turn * self.length, self.length)
            items.append(self._permutation(epoch, turn)[first:last].astype(np.int64))
            turns.append(np.full(last - first, epoch * self.passes + turn, dtype=np.int64))
        return np.concatenate(items), np.concatenate(turns)
