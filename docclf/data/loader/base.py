"""What training asks of a loader of batches."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol, runtime_checkable

import numpy as np

from docclf.batch import Batch
from docclf.data.pixels.source import Source


@runtime_checkable
class Loader(Protocol):
    """Batches of one rank, epoch after epoch, that can go on in the middle of one.

    `set_epoch` comes before each epoch (Lightning calls it through `sampler`), `count()` when a batch of it is trained
    on; then `state_dict()` tells the place, and `load_state_dict` goes on with exactly the batches that were still to
    come.

    Attributes:
        source: the images by number, without augmentation.
        labels: class of each image int64 [len(source)]; None where image i is class i.
        epoch: the epoch that the next iteration walks.
        wait_seconds: how long the consumer has waited for batches, seconds.
        total: batches of the run, which the trainer tells before it starts; None where no one did.
        timed: `timed("augment")` is a context that measures what happens inside; the trainer sets it.
    """

    source: Source
    labels: np.ndarray | None
    epoch: int
    wait_seconds: float
    total: int | None
    timed: Callable[[str], Any]

    def __len__(self) -> int:
        """Returns the batches of an epoch."""

    def __iter__(self) -> Iterator[Batch]:
        """Yields the batches that are still to come in this epoch, on the CPU."""

    @property
    def sampler(self) -> "Loader":
        """The object on which Lightning calls `set_epoch`."""

    def set_epoch(self, epoch: int) -> None:
        """Chooses the epoch that the next iteration walks; a new epoch starts at its first batch."""

    def count(self) -> None:
        """Counts a batch of the current epoch that is trained on."""

    def prepare(self, batch: Batch) -> Batch:
        """Returns a batch that was moved to the device with all its views, uint8 [B,3,S,S]."""

    def state_dict(self) -> dict:
        """Returns epoch, position (batches done in it), `global_batch` (samples over all ranks), `fingerprint`."""

    def load_state_dict(self, state: dict) -> None:
        """Goes to a stored place; raises InputError where it would mean other samples."""

    def close(self) -> None:
        """Stops the threads of an iteration that was left before its end."""
