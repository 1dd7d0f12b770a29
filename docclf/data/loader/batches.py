"""The training loader of images that can be read by number."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from docclf.data.loader.assembly import Assembly, Draw
from docclf.data.loader.order import Order
from docclf.data.pixels.source import Source
from docclf.data.pixels.views import Expanded
from docclf.errors import InputError, at_least


class Batches(Assembly):
    """Yields `docclf.batch.Batch`; images are channels-last in memory.

    The samples of an epoch are a pure function of (seed, epoch), whatever the number of threads. A global batch is
    `world` consecutive pieces of the epoch's order, one per rank, so ranks see disjoint samples and the same number
    of batches. Without `drop_last` the rest is shared out among the ranks too; a rest smaller than `world` is dropped.

    Args:
        source, image_size, batch_size, augment, labels, threads, prefetch, rank, world, views, device: see `Assembly`.
        seed: run seed.
        samples_per_epoch: samples an epoch draws over all ranks; None draws each sample once.
        drop_last: leave out the rest that fills no batch.
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
        at_least(0, "data", seed=seed)
        at_least(1, "data", samples_per_epoch=samples_per_epoch)
        if len(source) == 0:
            raise InputError("the training set holds no image; give a folder with at least one readable image.")
        super().__init__(source, image_size, batch_size, augment, threads, prefetch, rank, world, views, device, labels)
        if augment is not None:
            augment.attach(source.source if isinstance(source, Expanded) else source)
        self._order = Order(len(source), samples_per_epoch, seed, block, window)
        full, rest = divmod(self._order.draws, batch_size * world)
        self._batches = full + (not drop_last and rest >= world)
        if self._batches == 0:
            raise InputError(
                f"an epoch draws {self._order.draws} samples, which fill no batch of {batch_size} on {world} "
                f"process(es); lower data.batch_size, raise data.samples_per_epoch above "
                f"{batch_size * world - 1}, or give more images."
            )

    def __len__(self) -> int:
        return self._batches

    def _draws(self, epoch: int, start: int) -> Iterator[Draw]:
        size = self.batch_size * self.world
        for number in range(start, self._batches):
            first = []
            if self._order.block is not None:
                coming = self._order.coming(epoch, number * size, (number + 1) * size, number == start)
                first = [partial(self.source.expect, coming)] if len(coming) else []
            yield Draw(*self._order.share(epoch, number * size, size, self.rank, self.world), first)

    def _geometry(self) -> dict:
        order = self._order
        sizes = {"samples": len(self.source), "draws": order.draws, "global_batch": self.batch_size * self.world}
        shuffle = {"seed": order.seed, "block": order.block, "window": order.window}
        return {**sizes, **shuffle, "fingerprint": self.source.fingerprint}
