"""Parts of a packed training set: which of their images are trained on, and which are held out."""

import logging
from pathlib import Path

import numpy as np

from docclf.data.evaluation.held_out import captured_documents, hold_out
from docclf.data.evaluation.set import EvaluationSet
from docclf.data.index.entry import Entry
from docclf.errors import InputError
from docclf.imaging.read import read_image

_log = logging.getLogger(__name__)


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


def held_out_set(
    part,
    documents: dict,
    originals: str | None,
    seed: int,
    captures: int,
    unregistered: float,
    image_size: int,
    batch_size: int,
    threads: int | None,
    max_pixels: int,
) -> EvaluationSet:
    """Returns the evaluation set of held-out images; see `docclf.data.evaluation.held_out.captured_documents`."""
    if originals is not None:
        missing = [
            e.path for images in documents.values() for _, e in images if not (Path(originals) / e.path).exists()
        ]
        if missing:
            raise InputError(f"data.originals={originals}: {missing[0]} of the pack is not there; give its folder.")

    def files_of(images: list) -> HeldOut:
        return HeldOut(part, images, originals, max_pixels)

    return captured_documents(
        documents, seed, captures, unregistered, image_size, batch_size, threads, max_pixels, files_of
    )
