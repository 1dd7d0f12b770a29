"""Images of several packs as one source, read from the memory map of their files."""

import hashlib
import mmap
from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from docclf.data.pixels.source import Source
from docclf.errors import InputError


class Mapped(Source):
    """Chosen images of one or more packs, one pack after another; image i of the source is class i.

    Args:
        parts: (pack, numbers of its images int64 [n], increasing) each; docclf/data/pack/read.py: what a pack has.

    Raises:
        InputError: the packs are of different sides.
    """

    def __init__(self, parts: Sequence[tuple[object, np.ndarray]]):
        self.packs, self.rows = [pack for pack, _ in parts], [np.asarray(rows, np.int64) for _, rows in parts]
        self.side = self.packs[0].side
        if len({pack.side for pack in self.packs}) > 1:
            sides = ", ".join(f"{pack.path}: {pack.side}" for pack in self.packs)
            raise InputError(f"data.packs are of different sides ({sides}); make them anew with one --side.")
        self.ends = np.cumsum([len(rows) for rows in self.rows])
        self._ends = self.ends.tolist()

    def __len__(self) -> int:
        return int(self.ends[-1])

    @property
    def fingerprint(self) -> str:
        """sha256 over the packs' fingerprints and the chosen images."""
        digest = hashlib.sha256()
        for pack, rows in zip(self.packs, self.rows, strict=True):
            digest.update(pack.fingerprint.encode() + rows.astype("<i8").tobytes())
        return digest.hexdigest()

    def place(self, i: int) -> tuple[object, int]:
        """Returns the pack of image i and its number there."""
        part = bisect_right(self._ends, i)
        return self.packs[part], int(self.rows[part][i - self._ends[part]])

    def read(self, i: int) -> np.ndarray:
        """Returns image i, uint8 [side,side,3]; the caller must not write to it."""
        pack, row = self.place(i)
        return pack.read(row)

    def name(self, i: int) -> str:
        """Returns the pack and the key of image i."""
        pack, row = self.place(i)
        return f"{pack.path}/{pack.keys[row]}"

    def gather(self, indices: np.ndarray, out: np.ndarray) -> None:
        """Copies images.

        Args:
            indices: which, int64 [n].
            out: uint8 [n,side,side,3].
        """
        parts = np.searchsorted(self.ends, indices, side="right")
        if len(self.packs) == 1 or (parts == parts[0]).all():
            pack, rows = self.packs[parts[0]], self.rows[parts[0]][indices - self.ends[parts[0]]]
            if pack.images is not None:
                pack.check(rows)
                # Without mode="clip" numpy copies through a buffer; the rows are in range.
                np.take(np.asarray(pack.images), rows, axis=0, out=out, mode="clip")
                return
        for place, i in enumerate(indices.tolist()):
            out[place] = self.read(i)

    def expect(self, indices: np.ndarray) -> None:
        """Asks the system to read images ahead, in runs.

        Args:
            indices: which, int64 [n].
        """
        indices = np.sort(indices)
        parts = np.searchsorted(self.ends, indices, side="right")
        for part in np.unique(parts).tolist():
            images = self.packs[part].images
            if isinstance(images, np.memmap):
                _read_ahead(images, self.rows[part][indices[parts == part] - self.ends[part]])


def _read_ahead(images: np.memmap, rows: np.ndarray) -> None:
    size, page = images[0].nbytes, mmap.PAGESIZE
    base = images.offset % mmap.ALLOCATIONGRANULARITY
    edges = np.flatnonzero(np.diff(rows) > 1) + 1
    for run in np.split(rows, edges):
        start = (base + int(run[0]) * size) // page * page
        images._mmap.madvise(mmap.MADV_WILLNEED, start, base + (int(run[-1]) + 1) * size - start)
