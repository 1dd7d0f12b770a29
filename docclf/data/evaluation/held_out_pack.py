"""Parts of a packed training set: which of their images are trained on, and which are held out."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from docclf.data.evaluation.held_out import hold_out
from docclf.data.index.entry import Entry
from docclf.errors import InputError
from docclf.imaging.read import read_image


def held_out_of(
    parts: list, rows: list[np.ndarray], which: int, share: float, most: int | None, seed: int
) -> tuple[list[np.ndarray], dict[str, list[tuple[Path, Entry]]]]:
    """Holds images of one part out: the same ones as `data=folder` of the same files.

    Args:
        parts: the parts.
        rows: the images used of each.
        which: number of the part.
        share: share held out.
        most: hold out no more than this many; None for no limit.
        seed: seed of the choice.

    Returns:
        the images used of each part, less those held out; split to held-out (path, entry), for `captured_documents`.
    """
    if not 0 <= which < len(parts):
        raise InputError(f"data.holdout_of={which}: expected the number of a pack, 0 to {len(parts) - 1}.")
    part = parts[which]
    keys, hashes, looks = part.keys, part.hashes, part.looks.tolist()
    # The row stands in for the byte offset, which nothing here asks for.
    images = [
        (part.path, Entry(keys[r], 0, 0, hashes[r].tobytes().hex(), 0, 0, r, looks[r])) for r in rows[which].tolist()
    ]
    training, val, test = hold_out(images, share, most, seed)
    left = np.array([entry.offset for _, entry in training], np.int64)
    return [*rows[:which], left, *rows[which + 1 :]], {"val": val, "test": test}


class HeldOut:
    """Held-out images of a part as a source, in their own size where that can be had.

    Args:
        part: the part they are of.
        images: (path, entry) of each, as `held_out_of` gives them.
        originals: folder of the files that the part was made of; None takes what the part holds.
        max_pixels: refuse larger images.
    """

    def __init__(self, part, images: list[tuple[Path, Entry]], originals: str | None, max_pixels: int):
        self.part, self.images, self.originals, self.max_pixels = part, images, originals, max_pixels

    def __len__(self) -> int:
        return len(self.images)

    def read(self, i: int) -> np.ndarray:
        """Returns image i, uint8 [H,W,3]."""
        entry = self.images[i][1]
        if self.originals is not None:
            return read_image(Path(self.originals) / entry.path, self.max_pixels, name=entry.path)
        return self.part.original(entry.offset)

    def name(self, i: int) -> str:
        """Returns the key of image i."""
        return self.images[i][1].path


def files_of(part, documents: dict, originals: str | None, max_pixels: int) -> Callable[[list], HeldOut]:
    """Returns what makes the source of held-out images, for `docclf.data.evaluation.held_out.captured_documents`.

    Raises:
        InputError: one of them is not in the folder of the originals.
    """
    if originals is not None:
        names = (entry.path for images in documents.values() for _, entry in images)
        if missing := [name for name in names if not (Path(originals) / name).exists()]:
            raise InputError(f"data.originals={originals}: {missing[0]} of the pack is not there; give its folder.")
    return lambda images: HeldOut(part, images, originals, max_pixels)
