"""The training loader: batches of a source, read, augmented and squashed by threads."""

import weakref
from collections.abc import Iterator
from typing import Protocol

import numpy as np
import torch

from docclf.batch import Batch
from docclf.data.order import Order
from docclf.data.stream import Buffers, stream, thread_count
from docclf.errors import InputError
from docclf.imaging.resize import squash


class Source(Protocol):
    """What a loader reads from; both methods are called from several threads at once."""

    def __len__(self) -> int: ...

    def read(self, i: int) -> np.ndarray:
        """Returns image i, uint8 [H,W,3] RGB."""

    def name(self, i: int) -> str:
        """Returns what an error message should call image i."""


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
            number of the walk over the set, so a sample drawn twice in an epoch is augmented twice differently.
        labels: int64 [len(source)]; None labels each sample with its own number.
        samples_per_epoch: samples an epoch draws over all ranks; None draws each sample once.
        threads: threads that read; None takes the cores of this process.
        prefetch: batches prepared ahead.
        rank: number of this process.
        world: processes that share the epoch.
        drop_last: leave out the rest that fills no batch.

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
        self.source, self.augment, self.labels = source, augment, labels
        self.image_size, self.batch_size, self.prefetch = image_size, batch_size, prefetch
        self.rank, self.world = rank, world
        self.threads = thread_count(threads)
        self.wait_seconds = 0.0
        self._order = Order(len(source), samples_per_epoch, seed)
        full, rest = divmod(self._order.draws, batch_size * world)
        self._batches = full + (not drop_last and rest >= world)
        if self._batches == 0:
            raise InputError(
                f"an epoch draws {self._order.draws} samples, which fill no batch of {batch_size} on {world} "
                f"process(es); lower data.batch_size, raise data.samples_per_epoch above "
                f"{batch_size * world - 1}, or give more images."
            )
        self._buffers = Buffers(batch_size, image_size, keep=prefetch + 2)
        self.epoch = self._start = self._marked = 0
        self._running: weakref.ref | None = None

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
        """Returns the batch as it is: threads on the CPU did everything."""
        return batch

    def __iter__(self) -> Iterator[Batch]:
        self.close()
        iterator = self._iterate()
        self._running = weakref.ref(iterator)
        return iterator

    def _iterate(self) -> Iterator[Batch]:
        epoch, start, self._start = self.epoch, self._start, 0
        plan = (self._jobs(epoch, batch) for batch in range(start, self._batches))
        for images, jobs in stream(plan, self._fill, self._buffers, self.threads, self.prefetch, self._waited):
            indices, turns = torch.tensor(jobs, dtype=torch.int64).T.contiguous()
            labels = indices.clone() if self.labels is None else torch.from_numpy(self.labels[indices.numpy()])
            yield Batch(images, labels, indices, turns)

    def _jobs(self, epoch: int, batch: int) -> list[tuple[int, int]]:
        size = self.batch_size * self.world
        start = batch * size
        share, extra = divmod(min(size, self._order.draws - start), self.world)
        start += self.rank * share + min(self.rank, extra)
        indices, passes = self._order.items(epoch, start, start + share + (self.rank < extra))
        return list(zip(indices.tolist(), passes.tolist(), strict=True))

    def _fill(self, job: tuple[int, int], out: np.ndarray) -> None:
        index, turn = job
        try:
            image = self.source.read(index)
            out[...] = squash(image, self.image_size) if self.augment is None else self.augment(image, turn, index)
        except InputError as error:
            raise InputError(f"{self.source.name(index)}: {error}") from error
        except Exception as error:
            raise RuntimeError(f"while preparing {self.source.name(index)} (sample {index}, pass {turn})") from error

    def _waited(self, seconds: float) -> None:
        self.wait_seconds += seconds

    def _geometry(self) -> dict[str, int]:
        return {
            "samples": len(self.source),
            "draws": self._order.draws,
            "global_batch": self.batch_size * self.world,
            "seed": self._order.seed,
        }
