"""The images that go into a pack, in class order, and their stored form."""

import hashlib

import cv2
import numpy as np

from docclf.data.index.build import Index
from docclf.data.pack.read import Pack
from docclf.errors import InputError
from docclf.imaging.read import MAX_PIXELS
from docclf.imaging.shrink import read_squashed

QUALITY = 95


def stored_side(side: int, compact: bool) -> int:
    """Returns the side that is stored: a compact pack keeps 1/8 more (whole JPEG blocks), which dampens artefacts."""
    return -(-side * 9 // 64) * 8 if compact else side


class PackItems:
    """The images of several indexes, one after another; image i is class i.

    Args:
        indexes: what goes in; copies across indexes should have been left out.
        side: side S, pixels.
        compact: store JPEG instead of pixels.
        max_pixels: refuse larger images.
    """

    def __init__(self, indexes: list[Index], side: int, compact: bool = False, max_pixels: int = MAX_PIXELS):
        self.side, self.compact, self.max_pixels = side, compact, max_pixels
        self.rows = [(index, entry) for index in indexes for entry in index.entries]
        # Paths of two folders may be equal, so each gets the number of its folder.
        heads = [""] if len(indexes) == 1 else [f"{k}/" for k in range(len(indexes))]
        self.keys = [head + entry.path for head, index in zip(heads, indexes, strict=True) for entry in index.entries]

    def __len__(self) -> int:
        return len(self.rows)

    def encoded(self, i: int) -> bytes | np.ndarray:
        """Returns image i as it is stored.

        Raises:
            InputError: naming the file, when it cannot be read or is not the one that the index saw.
        """
        index, entry = self.rows[i]
        name = self.keys[i]
        try:
            data = index.read(entry)
        except OSError as error:
            raise InputError(f"{name}: cannot be opened any more ({error.strerror or error}).") from error
        if hashlib.sha256(data).hexdigest() != entry.sha256:
            raise InputError(
                f"{name}: its content changed since it was indexed ({len(data)} bytes, then {entry.size}); run the "
                "same command again, so that it is checked anew, or restore the file."
            )
        image = read_squashed(data, stored_side(self.side, self.compact), self.max_pixels, name)
        return _jpeg(image) if self.compact else image


def first_other(pack: Pack, items: PackItems) -> str:
    """Returns in what a pack and the images it should hold differ first."""
    for i, (key, (_, entry)) in enumerate(zip(items.keys, items.rows, strict=True)):
        if pack.keys[i] != key:
            return f"image {i} is {pack.keys[i]} there, {key} now"
        if pack.hashes[i].tobytes().hex() != entry.sha256:
            return f"the content of {key} is not what was packed"
    return "the same images under another plan"


def _jpeg(image: np.ndarray) -> bytes:
    options = [
        cv2.IMWRITE_JPEG_QUALITY,
        QUALITY,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ]
    return cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)[1].tobytes()
