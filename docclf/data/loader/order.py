"""Which samples an epoch draws: a pure function of (seed, epoch)."""

import numpy as np

# Keeps the stream of permutations apart from other streams that start from the same run seed.
_STREAM = 0x64726177


class Order:
    """The draws of each epoch: seeded permutations, one after another when an epoch is longer than the set.

    With `block` the permutation is one of blocks of neighbours, and then of the samples within windows of so many
    blocks, so that a window's samples can be read in long runs. A sample's place in a walk is still uniform over the
    walk; what is lost is independence: the samples of a block always fall into the same window.

    Args:
        length: samples in the set.
        draws: samples an epoch draws; None draws each sample once.
        seed: run seed.
        block: samples of a block; None shuffles the whole set uniformly.
        window: blocks of a window.
    """

    def __init__(self, length: int, draws: int | None, seed: int, block: int | None = None, window: int = 256):
        self.length = length
        self.draws = length if draws is None else draws
        self.seed, self.block, self.window = seed, block, window
        self.passes = -(-self.draws // length)
        self._cached: tuple[tuple[int, int], np.ndarray] | None = None

    def _permutation(self, epoch: int, turn: int) -> np.ndarray:
        if self._cached is None or self._cached[0] != (epoch, turn):
            seeds = np.random.SeedSequence([self.seed, _STREAM, epoch, turn])
            generator = np.random.Generator(np.random.Philox(seeds))
            items = np.arange(self.length, dtype=np.int32 if self.length < 2**31 else np.int64)
            if self.block is None:
                generator.shuffle(items)
            else:
                items = self._by_block(items, generator)
            self._cached = ((epoch, turn), items)
        return self._cached[1]

    def _by_block(self, items: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        blocks = np.arange(-(-self.length // self.block))
        generator.shuffle(blocks)
        items = np.concatenate([items[b * self.block : (b + 1) * self.block] for b in blocks])
        for start in range(0, self.length, self.block * self.window):
            generator.shuffle(items[start : start + self.block * self.window])
        return items

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

    def share(self, epoch: int, start: int, size: int, rank: int, world: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns one rank's part of the `size` samples drawn from position `start` on; see `items`.

        The parts are consecutive and differ in length by 1 at most.
        """
        share, extra = divmod(min(size, self.draws - start), world)
        start += rank * share + min(rank, extra)
        return self.items(epoch, start, start + share + (rank < extra))

    def coming(self, epoch: int, start: int, stop: int, first: bool) -> np.ndarray:
        """Returns the samples that should be read ahead when draws start..stop-1 are made, int64 [n]; mostly none.

        Those are, when a window begins, all of the next one; and of this one, when it is the first of its walk or
        `first` says that nothing was read before.
        """
        found, size = [np.empty(0, np.int64)], self.block * self.window
        for turn in range(start // self.length, -(-min(stop, self.draws) // self.length)):
            begin, end = max(start - turn * self.length, 0), min(stop - turn * self.length, self.length)
            windows = range(begin // size if first else -(-begin // size), -(-end // size))
            for window in windows:
                here = window + (0 if window == 0 or first else 1)
                found.append(self._permutation(epoch, turn)[here * size : (window + 2) * size].astype(np.int64))
        return np.concatenate(found)


def share_done(number: int, total: int | None) -> float:
    """Returns the share of a run that is done before its batch `number`; 1 where no one said how long it is."""
    return 1.0 if total is None else min(1.0, number / max(1, total))
