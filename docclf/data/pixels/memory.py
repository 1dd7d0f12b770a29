"""Images in memory, so that an epoch need not read or decode: those of packs, and decoded ones."""

import logging
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from tqdm import tqdm

from docclf.data.pixels.mapped import Mapped
from docclf.data.pixels.source import Source
from docclf.errors import InputError
from docclf.imaging.resize import squash
from docclf.utils.process.threads import thread_count

_log = logging.getLogger(__name__)
_SLICE = 256  # images a thread copies at once
_DECODED = 4096  # images handed to the threads at once
CHOICES = ("auto", "memory", "none")


class Memory(Source):
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


class Store(Source):
    """A source whose images were decoded once and are kept squashed, uint8 [n,side,side,3].

    Args:
        source: what is decoded.
        side: side of the kept images, pixels.
        threads: threads that decode; None takes the cores of this process.
    """

    def __init__(self, source: Source, side: int, threads: int | None = None):
        self.source, self.fingerprint = source, source.fingerprint
        self._images = np.empty((len(source), side, side, 3), dtype=np.uint8)

        def keep(i: int) -> None:
            self._images[i] = squash(source.read(i), side)

        with (
            ThreadPoolExecutor(thread_count(threads)) as pool,
            tqdm(total=len(source), desc="decoding into memory", unit="image", disable=None) as bar,
        ):
            for start in range(0, len(source), _DECODED):
                for _ in pool.map(keep, range(start, min(start + _DECODED, len(source)))):
                    bar.update()

    def __len__(self) -> int:
        return len(self._images)

    def read(self, i: int) -> np.ndarray:
        """Returns image i, uint8 [side,side,3]; the caller must not write to it."""
        view = self._images[i]
        view.flags.writeable = False
        return view

    def name(self, i: int) -> str:
        """Returns the name of image i."""
        return self.source.name(i)


def stored(source: Source, side: int, cache: str, cache_gb: float, threads: int | None = None) -> Source:
    """Returns the source kept in memory when asked for, or when it fits.

    Args:
        source: what is read.
        side: side of kept images, pixels.
        cache: "memory" keeps, "none" decodes anew each time, "auto" keeps when the images fit into `cache_gb`.
        cache_gb: memory that may be spent, 10^9 bytes.
        threads: threads that decode.

    Raises:
        InputError: for another `cache`, or when "memory" does not fit.
    """
    if cache not in CHOICES:
        raise InputError(f"data.cache={cache}: expected one of {', '.join(CHOICES)}.")
    need = len(source) * side * side * 3 / 1e9
    if cache == "memory" and need > cache_gb:
        raise InputError(
            f"data.cache=memory: {len(source)} images of {side} x {side} px take {need:.2f} GB, more than "
            f"data.cache_gb={cache_gb}; raise data.cache_gb or set data.cache=none."
        )
    if cache == "none" or need > cache_gb:
        _log.info("images are decoded anew in every epoch (%d images would take %.2f GB)", len(source), need)
        return source
    return Store(source, side, threads)
