"""Training batches streamed from shards by LitData: for several machines, or object storage."""

from collections import OrderedDict
from collections.abc import Iterator

import numpy as np

from docclf.data.litdata.shards import Facts, checksum, litdata
from docclf.data.loader.assembly import Assembly, Draw
from docclf.data.pixels.source import Source
from docclf.errors import InputError


class Arrived(Source):
    """The images that came last, as a source: a batch's threads read them by number.

    Args:
        facts: what the shards hold.
        keep: images that are kept.
    """

    def __init__(self, facts: Facts, keep: int):
        self.side, self.fingerprint, self._count, self._keep = facts.side, facts.fingerprint, facts.count, keep
        self._images: OrderedDict[int, np.ndarray] = OrderedDict()

    def __len__(self) -> int:
        return self._count

    def put(self, index: int, data: bytes) -> int:
        """Adds image `index`, side * side * 3 bytes, and forgets the oldest; returns the index."""
        self._images[index] = np.frombuffer(data, np.uint8).reshape(self.side, self.side, 3)
        self._images.move_to_end(index)
        while len(self._images) > self._keep:
            self._images.popitem(last=False)
        return index

    def read(self, i: int) -> np.ndarray:
        """Returns image i, uint8 [side,side,3], read-only.

        Raises:
            InputError: it is none of those that came last.
        """
        if i not in self._images:
            raise InputError(
                "shards come in their own order and cannot be read by number, which imprint=true and "
                "teacher.source=cache do: give imprint=false and teacher.source=online, or train on packs: data=packed."
            )
        return self._images[i]

    def name(self, i: int) -> str:
        """Returns what an error message should call image i."""
        return f"image {i} of the shards"


class ShardedBatches(Assembly):
    """Yields `docclf.batch.Batch` as every loader does; order and shares of the processes are LitData's.

    An epoch is one walk over the shards in LitData's seeded shuffle (of whole chunks, then within each); what does not
    fill a batch of every process is left out. The augmentation of a sample is a function of (seed, epoch, index), as
    with every other feed.

    Args:
        location: folder or URL of the shards.
        facts: what they hold.
        image_size, batch_size, augment, threads, prefetch, rank, world, views, device: see `Assembly`.
        seed: run seed.
        cache_dir: folder for chunks that were fetched; None takes LitData's.
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
        self.location, self.facts, self.cache_dir, self.seed = location, facts, cache_dir, seed
        source = Arrived(facts, (prefetch + 3) * batch_size)
        super().__init__(source, image_size, batch_size, augment, threads, prefetch, rank, world, views, device)
        self._batches = len(self._dataset(0, 0)) // batch_size
        if self._batches == 0:
            raise InputError(
                f"{location}: {facts.count} images fill no batch of {batch_size} on {world} process(es); lower "
                "data.batch_size."
            )

    def __len__(self) -> int:
        return self._batches

    def _draws(self, epoch: int, start: int) -> Iterator[Draw]:
        items = iter(self._dataset(epoch, start * self.batch_size))
        for _ in range(start, self._batches):
            indices = np.empty(self.batch_size, np.int64)
            for place in range(self.batch_size):
                indices[place] = self.source.put(*self._next(items))
            yield Draw(indices, np.full(self.batch_size, epoch, np.int64), [])

    def _next(self, items: Iterator[dict]) -> tuple[int, bytes]:
        """Returns number and bytes of the next image; raises InputError where they are not those that were written."""
        try:
            item = next(items)
            index, image = int(item["index"]), bytes(item["image"])
        except Exception as error:  # a damaged shard raises whatever LitData raises
            raise InputError(
                f"{self.location}: a shard cannot be read ({type(error).__name__}: {str(error)[:160]}); copy it again."
            ) from error
        found = checksum(max(index, 0), image)
        # Shards that were made before they kept a checksum have none.
        same = item.get("sum", found) == found and len(image) == 3 * self.facts.side**2
        if not same or not 0 <= index < self.facts.count:
            raise InputError(
                f"{self.location}: image {index} of the shards is not what was written there; copy the shards again, "
                "or make them anew."
            )
        return index, image

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

    def _geometry(self) -> dict:
        shape = {"global_batch": self.batch_size * self.world, "world": self.world, "seed": self.seed}
        return {**shape, "samples": len(self.source), "fingerprint": self.source.fingerprint}
