"""All images of a source of one side, in memory."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from tqdm import tqdm

from docclf.data.feed.mapped import Mapped
from docclf.data.stream import thread_count
from docclf.errors import InputError

_SLICE = 256


class Memory:
    """The images of packs, read into memory once.

    Args:
        source: the images.
        threads: threads that read; None takes the cores of this process.

    Raises:
        InputError: the memory cannot be had.
    """

    def __init__(self, source: Mapped, threads: int | None = None):
        self.source, self.side, self.fingerprint = source, source.side, source.fingerprint
        try:
            self.pixels = np.empty((len(source), self.side, self.side, 3), np.uint8)
        except MemoryError as error:
            need = len(source) * self.side**2 * 3 / 1e9
            raise InputError(f"data.feed=memory: {need:.1f} GB cannot be had; take data.feed=mmap.") from error

        def load(start: int) -> int:
            stop = min(start + _SLICE, len(source))
            source.gather(np.arange(start, stop), self.pixels[start:stop])
            return stop - start

        with (
            ThreadPoolExecutor(thread_count(threads)) as pool,
            tqdm(total=len(source), desc="reading packs into memory", unit="image", disable=None) as bar,
        ):
            for count in pool.map(load, range(0, len(source), _SLICE)):
                bar.update(count)
        self.pixels.flags.writeable = False

    def __len__(self) -> int:
        return len(self.pixels)

    def read(self, i: int) -> np.ndarray:
        """Returns image i, uint8 [side,side,3], read-only."""
        return self.pixels[i]

    def name(self, i: int) -> str:
        """Returns the name of image i."""
        return self.source.name(i)

    def gather(self, indices: np.ndarray, out: np.ndarray) -> None:
        """Copies images `indices` int64 [n] to `out` uint8 [n,side,side,3]."""
        np.take(self.pixels, indices, axis=0, out=out, mode="clip")
