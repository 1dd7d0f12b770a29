"""Training batches streamed from shards by LitData: for several machines, or object storage."""

import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import nullcontext

import numpy as np
import torch

from docclf.batch import Batch
from docclf.data.litdata.shards import Facts, litdata
from docclf.data.loader.threads import as_images, run_ahead, thread_count
from docclf.data.loader.where import parts
from docclf.errors import InputError


class Arrived:
    """The images that came last, as a source: a batch's threads read them by number."""

    def __init__(self, side: int, keep: int):
        self.side, self._keep = side, keep
        self._images: OrderedDict[int, np.ndarray] = OrderedDict()

    def put(self, index: int, data: memoryview) -> None:
        """Adds image `index`, side * side * 3 bytes, and forgets the oldest."""
        self._images[index] = np.frombuffer(data, np.uint8).reshape(self.side, self.side, 3)
        self._images.move_to_end(index)
        while len(self._images) > self._keep:
            self._images.popitem(last=False)

    def read(self, i: int) -> np.ndarray:
        """Returns image i, uint8 [side,side,3], read-only."""
        return self._images[i]

    def name(self, i: int) -> str:
        """Returns what an error message should call image i."""
        return f"image {i} of the shards"


class ShardedBatches:
    """Yields `docclf.batch.Batch` by the contract of `docclf.data.loader.batches.Batches`; order, shares are LitData's.

    An epoch is one walk over the shards in LitData's seeded shuffle (of whole chunks, then within each); what does not
    fill a batch of every process is left out. The augmentation of a sample is a function of (seed, epoch, index), as
    with every other feed.

    Args:
        location: folder or URL of the shards.
        facts: what they hold.
        image_size: side S, pixels.
        batch_size: samples per rank and batch.
        seed: run seed.
        augment: see `docclf.data.loader.batches.Batches`, as for the others.
        cache_dir: folder for chunks that were fetched; None takes LitData's.
        threads: threads that augment.
        prefetch: batches prepared ahead.
        rank: number of this process.
        world: processes that share the epoch.
        views: views besides the student's.
        device: type of the device that trains.
    """

    def __init__(
        self,
        location: str,
        facts: Facts,
        image_size: int,
        batch_size: int,
        seed: int,
        augment=None,
        cache_dir: str | None = None,
        threads: int | None = None,
        prefetch: int = 2,
        rank: int = 0,
        world: int = 1,
        views: tuple[str, ...] = (),
        device: str = "cpu",
    ):
        self.location, self.facts, self.cache_dir = location, facts, cache_dir
        self.batch_size, self.seed, self.rank, self.world = batch_size, seed, rank, world
        self.threads, self.prefetch = thread_count(threads), prefetch
        self.source = Arrived(facts.side, (prefetch + 3) * batch_size)
        self._fill, self._finish = parts(
            self.source, image_size, batch_size, augment, views, device, self.threads, prefetch
        )
        self._batches = len(self._dataset(0, 0)) // batch_size
        if self._batches == 0:
            raise InputError(
                f"{location}: {facts.count} images fill no batch of {batch_size} on {world} process(es); lower "
                "data.batch_size."
            )
        self.wait_seconds = 0.0
        self.timed: Callable = nullcontext
        self.epoch = self._start = self._marked = 0
        self._running: weakref.ref | None = None
        self._plans: deque = deque()

    def __len__(self) -> int:
        return self._batches

    @property
    def sampler(self) -> "ShardedBatches":
        """The object on which Lightning calls `set_epoch`: this one."""
        return self

    def set_epoch(self, epoch: int) -> None:
        """Chooses the epoch that the next iteration walks; a new epoch starts at its first batch."""
        if epoch != self.epoch:
            self.epoch, self._start, self._marked = epoch, 0, 0

    def mark(self, batches_done: int) -> None:
        """Tells how many batches of the current epoch have been trained on."""
        self._marked = batches_done

    def state_dict(self) -> dict:
        """Returns where training stands and what that means."""
        return {"epoch": self.epoch, "position": self._marked, **self._geometry()}

    def load_state_dict(self, state: dict) -> None:
        """Goes to a stored place.

        Raises:
            InputError: in the middle of an epoch, when shards, batch size or processes are not those of the stored run.
        """
        changed = [f"{k}: {state.get(k)} then, {v} now" for k, v in self._geometry().items() if state.get(k) != v]
        if changed and 0 < state["position"]:
            raise InputError(
                f"cannot resume in the middle of epoch {state['epoch']}: the data changed ({'; '.join(changed)}). "
                "Restore the data settings of the stored run, or start a new run from its weights."
            )
        self.epoch, self._start, self._marked = state["epoch"], state["position"], state["position"]

    def close(self) -> None:
        """Stops the threads of an iteration that was left before its end."""
        running = self._running() if self._running is not None else None
        if running is not None:
            running.close()

    def prepare(self, batch: Batch) -> Batch:
        """Returns the batch, moved to the device before, with all its views."""
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
        for batch, plans in run_ahead(self._work(self.epoch, start), self.threads, self.prefetch, self._waited):
            self._plans.extend(plans)
            yield batch
            del batch

    def _work(self, epoch: int, start: int) -> Iterator[tuple[tuple[Batch, list], list]]:
        items = iter(self._dataset(epoch, start * self.batch_size))
        for _ in range(start, self._batches):
            indices = np.empty(self.batch_size, np.int64)
            for place in range(self.batch_size):
                item = next(items)
                indices[place] = item["index"]
                self.source.put(int(item["index"]), item["image"])
            turns = np.full(self.batch_size, epoch, np.int64)
            arrays, tasks = self._fill.start(indices, turns)
            numbers = [torch.from_numpy(values) for values in (indices.copy(), indices, turns)]
            plans: list = []
            if self._finish is not None:
                tasks = [lambda n=numbers, out=plans: out.append(self._finish.plan(n[2], n[1])), *tasks]
            pixels = {name: as_images(array) for name, array in arrays.items()}
            del arrays
            yield (Batch(pixels.pop("images"), *numbers, **pixels), plans), tasks
            del pixels, tasks

    def _dataset(self, epoch: int, yielded: int):
        engine = litdata()
        where = {} if self.cache_dir is None else {"cache_dir": self.cache_dir}
        dataset = engine.StreamingDataset(
            self.location, shuffle=True, seed=self.seed, drop_last=True, item_shuffle_window="full", **where
        )
        # What LitData would find out from torch.distributed itself; told here so that it is the loader's own.
        nodes = max(1, getattr(dataset.distributed_env, "num_nodes", 1))
        dataset.distributed_env = type(dataset.distributed_env)(self.world, self.rank, nodes)
        dataset.set_epoch(epoch + 1)
        if yielded:
            dataset.load_state_dict(dataset.state_dict(yielded, num_workers=1, batch_size=self.batch_size))
        return dataset

    def _waited(self, seconds: float) -> None:
        self.wait_seconds += seconds

    def _geometry(self) -> dict:
        shape = {"batch_size": self.batch_size, "world": self.world, "seed": self.seed}
        return {**shape, "fingerprint": self.facts.fingerprint}
