"""The local features of registered images in flat arrays, as a gallery file holds them, and the inverted lists."""

from functools import cached_property

import numpy as np

from docclf.errors import InputError
from docclf.imaging.feature.local import Points
from docclf.verify import vocabulary

_GRID = 64  # steps of a pixel that a place is rounded to
# name: type and shape of one row; `counts` and `frames` have a row for each image, the others one for each point.
ARRAYS = {
    "xy": (np.uint16, (2,)),
    "descriptors": (np.uint8, (128,)),
    "turn": (np.uint8, ()),
    "size": (np.uint8, ()),
    "words": (np.uint16, ()),
    "signatures": (np.uint64, ()),
    "counts": (np.int32, ()),
    "frames": (np.uint16, (2,)),
}
PER_IMAGE = ("counts", "frames")


class Store:
    """Points of registered images, 144 bytes each.

    Args:
        arrays: one of each in `ARRAYS`; points lie image after image.

    Raises:
        InputError: an array is missing, or of another type or length.
    """

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        for name, (kind, shape) in ARRAYS.items():
            array = arrays.get(name)
            if not isinstance(array, np.ndarray) or array.dtype != kind or array.shape[1:] != shape or array.ndim < 1:
                raise InputError(f"local features: {name} is missing, or no array of {np.dtype(kind)} [n, {shape}].")
        self.arrays = {name: arrays[name] for name in ARRAYS}
        counts, frames = (self.arrays[name] for name in PER_IMAGE)
        total = int(counts.sum()) if len(counts) and counts.min() >= 0 else -1 if len(counts) else 0
        if len(frames) != len(counts) or any(len(self.arrays[n]) != total for n in ARRAYS if n not in PER_IMAGE):
            raise InputError(f"local features: the points of {len(counts)} images do not fit their counts.")
        if total and int(self.arrays["words"].max()) >= len(vocabulary.shipped()):
            raise InputError("local features: a word beyond the vocabulary; register the images again.")
        self.starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    def __len__(self) -> int:
        return len(self.arrays["counts"])

    @property
    def nbytes(self) -> int:
        """What the arrays take, bytes."""
        return sum(array.nbytes for array in self.arrays.values())

    @classmethod
    def of(cls, images: list[Points]) -> "Store":
        """Returns the store of images' points."""
        known = vocabulary.shipped()
        descriptors = np.concatenate([np.zeros((0, 128), np.uint8), *[one.descriptors for one in images]])
        words = known.words(descriptors)[:, 0]
        flat = {"descriptors": descriptors, "words": words, "signatures": known.signatures(descriptors, words)}
        flat["xy"] = np.concatenate([np.zeros((0, 2)), *[np.rint(np.maximum(one.xy, 0) * _GRID) for one in images]])
        for name in ("turn", "size"):
            flat[name] = np.concatenate([np.zeros(0, np.uint8), *[getattr(one, name) for one in images]])
        flat["counts"] = np.array([len(one) for one in images])
        flat["frames"] = np.array([(one.height, one.width) for one in images]).reshape(-1, 2)
        return cls({name: flat[name].astype(kind) for name, (kind, _) in ARRAYS.items()})

    def joined(self, other: "Store") -> "Store":
        """Returns both, the other behind this one."""
        return Store({name: np.concatenate([rows, other.arrays[name]]) for name, rows in self.arrays.items()})

    def kept(self, images: list[int]) -> "Store":
        """Returns the store of some of the images, in that order."""
        rows = np.concatenate([np.zeros(0, np.int64), *[np.arange(self.starts[i], self.starts[i + 1]) for i in images]])
        take = {name: np.array(images, np.int64) if name in PER_IMAGE else rows for name in ARRAYS}
        return Store({name: array[take[name]] for name, array in self.arrays.items()})

    def points(self, image: int) -> Points:
        """Returns the points of an image."""
        part = slice(self.starts[image], self.starts[image + 1])
        a = self.arrays
        height, width = a["frames"][image].tolist()
        return Points(
            a["xy"][part].astype(np.float32) / _GRID,
            a["descriptors"][part],
            a["turn"][part],
            a["size"][part],
            height,
            width,
        )

    @cached_property
    def owner(self) -> np.ndarray:
        """The image of each point, int32 [n]."""
        return np.repeat(np.arange(len(self), dtype=np.int32), self.arrays["counts"])

    @cached_property
    def lists(self) -> tuple[np.ndarray, np.ndarray]:
        """Points in the order of their words [n], and where each word begins there [K+1]."""
        order = np.argsort(self.arrays["words"], kind="stable")
        bounds = np.searchsorted(self.arrays["words"][order], np.arange(len(vocabulary.shipped()) + 1))
        return order, bounds

    @cached_property
    def listed_signatures(self) -> np.ndarray:
        """The signatures in the order of `lists`, so that a list is read from one place."""
        return self.arrays["signatures"][self.lists[0]]
