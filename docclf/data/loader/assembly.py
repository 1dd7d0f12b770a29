"""Batches made by threads ahead of training and finished on the device, wherever their samples come from."""

import weakref
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any, NamedTuple

import numpy as np
import torch

from docclf.batch import Batch
from docclf.data.loader.base import Loader
from docclf.data.loader.order import share_done
from docclf.data.loader.threads import Task, as_images, run_ahead
from docclf.data.loader.where import parts
from docclf.data.pixels.source import Source
from docclf.errors import InputError, at_least
from docclf.utils.process.threads import thread_count


class Draw(NamedTuple):
    """The samples of one batch of this rank.

    Args:
        indices: their numbers, int64 [n].
        turns: the walk over the set that each belongs to, int64 [n].
        first: what has to be done before they are read.
    """

    indices: np.ndarray
    turns: np.ndarray
    first: list[Task]


class Assembly(Loader):
    """The part of the contract of a loader that does not ask where samples come from: place, threads, device.

    Args:
        source: what is read.
        image_size: side S, pixels.
        batch_size: samples per rank and batch.
        augment: makes the views (docclf/augment/base.py), or None to squash only. The `epoch` it is told is the number
            of the walk over the set, so a sample drawn twice in an epoch is augmented twice differently. When its
            `on_device(device)` says so, batches hold raw pixels and `prepare` augments them on the device.
        threads: threads that read; None takes the cores of this process.
        prefetch: batches prepared ahead.
        rank: number of this process.
        world: processes that share the epoch.
        views: views made of each image besides the student's: "clean", "second"; of the same read of the image.
        device: type of the device that trains: "cpu" or "cuda".
        labels: int64 [len(source)]; None labels each sample with its own number.
    """

    def __init__(
        self,
        source: Source,
        image_size: int,
        batch_size: int,
        augment: Any = None,
        threads: int | None = None,
        prefetch: int = 2,
        rank: int = 0,
        world: int = 1,
        views: tuple[str, ...] = (),
        device: str = "cpu",
        labels: np.ndarray | None = None,
    ):
        at_least(1, "data", batch_size=batch_size, prefetch=prefetch, threads=threads)
        if not 0 <= rank < world:
            raise InputError(f"rank {rank} of world {world}: expected a rank from 0 to world - 1.")
        self.source, self.labels = source, labels
        self.batch_size, self.prefetch, self.rank, self.world = batch_size, prefetch, rank, world
        self.threads = thread_count(threads)
        self.wait_seconds = 0.0
        self.total: int | None = None  # batches of the run, told before it starts: what a curriculum goes by
        self.timed: Callable = nullcontext
        self.epoch = self._start = self._marked = 0
        self._running: weakref.ref | None = None
        self._plans: deque = deque()
        self._fill, self._finish = parts(source, image_size, batch_size, augment, views, device, self.threads, prefetch)

    @abstractmethod
    def _draws(self, epoch: int, start: int) -> Iterator[Draw]:
        """Yields the samples of this rank's batches of an epoch, from batch number `start` on."""

    @abstractmethod
    def _geometry(self) -> dict:
        """Returns what a place in an epoch depends on, with `global_batch` and `fingerprint`."""

    @property
    def sampler(self) -> "Assembly":
        """The object on which Lightning calls `set_epoch`: this one."""
        return self

    def set_epoch(self, epoch: int) -> None:
        """Chooses the epoch that the next iteration walks; a new epoch starts at its first batch."""
        if epoch != self.epoch:
            self.epoch, self._start, self._marked = epoch, 0, 0

    def count(self) -> None:
        """Counts a batch of the current epoch that was trained on (those prepared ahead do not count)."""
        self._marked += 1

    def state_dict(self) -> dict:
        """Returns where training stands: epoch, position (batches done in it), and what a position means."""
        return {"epoch": self.epoch, "position": self._marked, **self._geometry()}

    def load_state_dict(self, state: dict) -> None:
        """Goes to a stored place; the next iteration yields the batches that were still to come.

        Raises:
            InputError: in the middle of an epoch, when the data or the batch size are not those of the stored run,
                because then the position would mean other samples.
        """
        now = self._geometry()
        known = {k for k in now if k in state and (k, state[k]) != ("fingerprint", None)}  # early runs noted none
        changed = [f"{k}: {state[k]} then, {now[k]} now" for k in now if k in known and state[k] != now[k]]
        if changed and 0 < state["position"]:
            raise InputError(
                f"cannot resume in the middle of epoch {state['epoch']}: the data changed ({'; '.join(changed)}). "
                f"Restore the data settings of the stored run, or start a new run from its weights."
            )
        self.epoch, self._start, self._marked = state["epoch"], state["position"], state["position"]

    def close(self) -> None:
        """Stops the threads of an iteration that was left before its end."""
        running = self._running() if self._running is not None else None
        if running is not None:
            running.close()

    def prepare(self, batch: Batch) -> Batch:
        """Returns the batch, moved to the device before, with all its views; the same one when threads made them.

        Threads have drawn what a device augmentation needs, so batches come here in the order they were yielded in.
        """
        if self._finish is None:
            return batch
        with self.timed("augment"):
            return self._finish(batch, self._plans.popleft() if self._plans else None)

    def __iter__(self) -> Iterator[Batch]:
        self.close()
        iterator = self._iterate()
        self._running = weakref.ref(iterator)
        return iterator

    def _iterate(self) -> Iterator[Batch]:
        start, self._start = self._start, 0
        self._marked = start
        self._plans.clear()
        draws, before = enumerate(self._draws(self.epoch, start), start), self.epoch * len(self)
        work = (self._assembled(draw, share_done(before + number, self.total)) for number, draw in draws)
        for batch, plans in run_ahead(work, self.threads, self.prefetch, self._waited):
            self._plans.extend(plans)
            yield batch
            del batch  # or its memory would be kept one batch longer

    def _assembled(self, draw: Draw, progress: float) -> tuple[tuple[Batch, list], list[Task]]:
        """Returns a batch that is still empty, the drawn parameters to come, and the tasks that fill both."""
        indices, turns, tasks = draw
        arrays, fills = ({"images": None}, []) if self._fill is None else self._fill.start(indices, turns, progress)
        labels = indices if self.labels is None else self.labels[indices]
        numbers = [torch.tensor(values, dtype=torch.int64) for values in (labels, indices, turns)]
        plans: list = []
        if self._finish is not None:
            tasks = [lambda: plans.append(self._finish.plan(numbers[2], numbers[1], progress)), *tasks]
        pixels = {name: None if a is None else as_images(a) for name, a in arrays.items()}
        return (Batch(pixels.pop("images"), *numbers, **pixels), plans), [*tasks, *fills]

    def _waited(self, seconds: float) -> None:
        self.wait_seconds += seconds
