"""What training asks of an augmentation."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np


@runtime_checkable
class Augmentation(Protocol):
    """A random view of an image: a function of seed, epoch, index, progress and pixels alone.

    It is built with `image_size` (side S, pixels) and `seed` besides what its yaml says. Only `__call__` has to be
    written; the other methods are there for what draws many samples at once, or on a device. All are called from
    several threads at once.
    """

    @abstractmethod
    def __call__(self, image: np.ndarray, epoch: int, index: int, progress: float = 1.0) -> np.ndarray:
        """Returns the view, uint8 [S,S,3] RGB, a new array.

        Args:
            image: uint8 [H,W,3] RGB; not written to.
            epoch: number of the walk over the set, at least 0.
            index: number of the sample.
            progress: share of training done, in [0, 1].
        """

    def plan(self, turns: np.ndarray, indices: np.ndarray, progress: float = 1.0) -> Any:
        """Returns what is random about B samples, drawn at once.

        Args:
            turns: number of each sample's walk, int64 [B].
            indices: numbers of the samples, int64 [B].
            progress: share of training done.
        """
        return [(turn, index, progress) for turn, index in zip(turns.tolist(), indices.tolist(), strict=True)]

    def apply(self, image: np.ndarray, values: Any, place: int = 0) -> np.ndarray:
        """Returns the view of the sample at a place of what `plan` drew, uint8 [S,S,3]."""
        return self(image, *values[place])

    def attach(self, source: Any) -> None:
        """Told the training images (docclf/data/pixels/source.py), for augmentations that lay one on another."""
        return None

    def share_out(self, kinds: Sequence[str] | None, sizes: Sequence[int]) -> None:
        """Told what each part of the data shows (`data.kinds`) and how many samples it has, in order."""
        return None

    def on_device(self, device_type: str) -> bool:
        """Whether batches that train on this type of device ("cpu", "cuda") are augmented there."""
        return False

    def device_executor(self) -> Any:
        """Returns what augments batches on their device; asked only where `on_device` says so.

        Its `plan(turns, indices, progress)` draws on the host, int64 tensors [B] as above, and
        `apply(images uint8 [B,3,H,W], values)` returns uint8 [B,3,S,S].
        """
        raise NotImplementedError(f"{type(self).__name__} augments on the CPU only")
