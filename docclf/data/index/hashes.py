"""What a set's images are: their contents, and what they look like. Two sets that share an image share a hash."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from docclf.data.index.entry import Entry
from docclf.errors import InputError
from docclf.imaging.feature.phash import NONE, perceptual_hash
from docclf.imaging.read import inspect_image


@dataclass(frozen=True)
class Hashes:
    """Images by content and by look.

    Args:
        contents: sha256 of each image's file, uint8 [N,32]; of a drawn document, of what decides its content.
        looks: perceptual hashes, uint64 [N]; `docclf.imaging.feature.phash.NONE` where there is none.
        name: what image i is called.
    """

    contents: np.ndarray
    looks: np.ndarray
    name: Callable[[int], str]

    def __len__(self) -> int:
        return len(self.contents)

    def take(self, rows: np.ndarray) -> "Hashes":
        """Returns those of some of the images, int64 [n]."""
        return Hashes(self.contents[rows], self.looks[rows], lambda i: self.name(int(rows[i])))


def of_entries(entries: Sequence[Entry]) -> Hashes:
    """Returns the hashes of images of an index."""
    contents = np.frombuffer(bytes.fromhex("".join(entry.sha256 for entry in entries)), np.uint8).reshape(-1, 32)
    return Hashes(contents, np.array([entry.look for entry in entries], np.uint64), lambda i: entries[i].path)


def of_files(paths: Sequence[Path], names: Sequence[str], max_pixels: int) -> Hashes:
    """Returns the hashes of files, which are read for it; one that is no image has no look."""
    contents, looks = [], []
    for path in paths:
        data = path.read_bytes()
        contents.append(hashlib.sha256(data).digest())
        try:
            looks.append(perceptual_hash(inspect_image(data, max_pixels)[2]))
        except InputError:
            looks.append(NONE)
    return Hashes(
        np.frombuffer(b"".join(contents), np.uint8).reshape(-1, 32), np.array(looks, np.uint64), lambda i: names[i]
    )


def joined(parts: Sequence[Hashes]) -> Hashes:
    """Returns the hashes of several sets, one after another."""
    ends = np.cumsum([0, *(len(part) for part in parts)])

    def name(i: int) -> str:
        part = int(np.searchsorted(ends, i, side="right")) - 1
        return parts[part].name(i - int(ends[part]))

    contents = [np.empty((0, 32), np.uint8), *(part.contents for part in parts)]
    looks = [np.empty(0, np.uint64), *(part.looks for part in parts)]
    return Hashes(np.concatenate(contents), np.concatenate(looks), name)


def short(contents: np.ndarray) -> np.ndarray:
    """Returns the first 8 bytes of each sha256, uint64 [N]: enough to tell a million images apart."""
    return np.ascontiguousarray(contents[:, :8]).view("<u8").reshape(-1)
