"""The training loader: batches of a source, prepared by threads and finished on the device."""

import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial

import numpy as np
import torch

from docclf.batch import Batch
from docclf.data.loader.order import Order
from docclf.data.loader.threads import as_images, run_ahead, thread_count
from docclf.data.loader.where import parts
from docclf.data.pixels.source import Source as Source
from docclf.errors import InputError


class Batches:
    """Yields `docclf.batch.Batch`; images are channels-last in memory.

    The samples of an epoch are a pure function of (seed, epoch), whatever the number of threads. A global batch is
    `world` consecutive pieces of the epoch's order, one per rank, so ranks see disjoint samples and the same number
    of batches. Without `drop_last` the rest is shared out among the ranks too; a rest smaller than `world` is dropped.

    Call `set_epoch` before each epoch (Lightning does so through `sampler`) and `mark(n)` after the n-th batch of an
    epoch has been trained on; then `state_dict()` resumes with exactly the samples that were still to come.

    Args:
        source: what is read.
        image_size: side S, pixels.
        batch_size: samples per rank and batch.
        seed: run seed.
        augment: `augment(image uint8 [H,W,3], epoch, index) -> uint8 [S,S,3]`, or None to squash only. `epoch` is the
            number of the walk over the set, so a sample drawn twice in an epoch is augmented twice differently. When
            its `on_device(device)` says so, batches hold raw pixels and `prepare` augments them on the device.
        labels: int64 [len(source)]; None labels each sample with its own number.
        samples_per_epoch: samples an epoch draws over all ranks; None draws each sample once.
        threads: threads that read; None takes the cores of this process.
        prefetch: batches prepared ahead.
        rank: number of this process.
        world: processes that share the epoch.
        drop_last: leave out the rest that fills no batch.
        views: views made of each image besides the student's: "clean", "second"; of the same read of the image.
        device: type of the device that trains: "cpu" or "cuda".
        block: samples of a block of the shuffle; None shuffles uniformly (see `docclf.data.loader.order.Order`).
        window: blocks of a window of the shuffle.

    Raises:
        InputError: when an epoch holds no batch, or an argument is out of range.
    """

    def __init__(
        self,
        source: Source,
        image_size: int,
        batch_size: int,
        seed: int,
        augment=None,
        labels: np.ndarray | None = None,
        samples_per_epoch: int | None = None,
        threads: int | None = None,
        prefetch: int = 2,
        rank: int = 0,
        world: int = 1,
        drop_last: bool = True,
        views: tuple[str, ...] = (),
        device: str = "cpu",
        block: int | None = None,
        window: int = 256,
    ):
        for name, value, least in (
            ("batch_size", batch_size, 1),
            ("seed", seed, 0),
            ("prefetch", prefetch, 1),
            ("samples_per_epoch", 1 if samples_per_epoch is None else samples_per_epoch, 1),
            ("threads", 1 if threads is None else threads, 1),
        ):
            if value < least:
                raise InputError(f"data.{name}={value}: expected {least} or more.")
        if not 0 <= rank < world:
            raise InputError(f"rank {rank} of world {world}: expected a rank from 0 to world - 1.")
        if len(source) == 0:
            raise InputError("the training set holds no image; give a folder with at least one readable image.")
        self.source, self.labels = source, labels
        self.batch_size, self.prefetch = batch_size, prefetch
        self.rank, self.world = rank, world
        self.threads = thread_count(threads)
        self.wait_seconds = 0.0
        self.timed: Callable = nullcontext  # `timed("augment")` measures what happens inside
        self._order = Order(len(source), samples_per_epoch, seed, block, window)
        full, rest = divmod(self._order.draws, batch_size * world)
        self._batches = full + (not drop_last and rest >= world)
        if self._batches == 0:
            raise InputError(
                f"an epoch draws {self._order.draws} samples, which fill no batch of {batch_size} on {world} "
                f"process(es); lower data.batch_size, raise data.samples_per_epoch above "
                f"{batch_size * world - 1}, or give more images."
            )
        self._fill, self._finish = parts(source, image_size, batch_size, augment, views, device, self.threads, prefetch)
        self.epoch = self._start = self._marked = 0
        self._running: weakref.ref | None = None
        self._plans: deque = deque()

    def __len__(self) -> int:
        return self._batches

    @property
    def sampler(self) -> "Batches":
        """The object on which Lightning calls `set_epoch`: this one."""
        return self

    def set_epoch(self, epoch: int) -> None:
        """Chooses the epoch that the next iteration walks; a new epoch starts at its first batch."""
        if epoch != self.epoch:
            self.epoch, self._start, self._marked = epoch, 0, 0

    def mark(self, batches_done: int) -> None:
        """Tells how many batches of the current epoch have been trained on (those prepared ahead do not count)."""
        self._marked = batches_done

    def state_dict(self) -> dict:
        """Returns where training stands: epoch, position (batches done in it), and what a position means."""
        return {"epoch": self.epoch, "position": self._marked, **self._geometry()}

    def load_state_dict(self, state: dict) -> None:
        """Goes to a stored place; the next iteration yields the batches that were still to come.

        Raises:
            InputError: in the middle of an epoch, when the data or the batch size are not those of the stored run,
                because then the position would mean other samples.
        """
        changed = [f"{k}: {state[k]} then, {v} now" for k, v in self._geometry().items() if state.get(k, v) != v]
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
        self._plans.clear()
        ahead = run_ahead(self._work(self.epoch, start), self.threads, self.prefetch, self._waited)
        for batch, plans in ahead:
            self._plans.extend(plans)
            yield batch
            del batch  # or its memory would be kept one batch longer

    def _work(self, epoch: int, start: int) -> Iterator[tuple[tuple[Batch, list], list]]:
        size = self.batch_size * self.world
        for number in range(start, self._batches):
            indices, turns = self._order.share(epoch, number * size, size, self.rank, self.world)
            arrays, tasks = ({"images": None}, []) if self._fill is None else self._fill.start(indices, turns)
            if self._order.block is not None and hasattr(self.source, "expect"):
                coming = self._order.coming(epoch, number * size, (number + 1) * size, number == start)
                tasks = [partial(self.source.expect, coming), *tasks] if len(coming) else tasks
            labels = indices if self.labels is None else self.labels[indices]
            pixels = {name: None if a is None else as_images(a) for name, a in arrays.items()}
            del arrays  # the batch alone keeps its memory
            numbers = [torch.tensor(values, dtype=torch.int64) for values in (labels, indices, turns)]
            plans: list = []
            if self._finish is not None:
                tasks = [lambda n=numbers, out=plans: out.append(self._finish.plan(n[2], n[1])), *tasks]
            yield (Batch(pixels.pop("images"), *numbers, **pixels), plans), tasks
            del pixels, tasks

    def _waited(self, seconds: float) -> None:
        self.wait_seconds += seconds

    def _geometry(self) -> dict:
        order = self._order
        sizes = {"samples": len(self.source), "draws": order.draws, "global_batch": self.batch_size * self.world}
        shuffle = {"seed": order.seed, "block": order.block, "window": order.window}
        return {**sizes, **shuffle, "fingerprint": getattr(self.source, "fingerprint", None)}
