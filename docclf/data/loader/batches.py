"""The training loader of images that can be read by number."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from docclf.data.loader.assembly import Assembly, Draw
from docclf.data.loader.order import Order
from docclf.data.pixels.source import Source
from docclf.data.pixels.views import Expanded
from docclf.errors import InputError, at_least

# added to the turn of each further view of an image: beyond that of a teacher's second view
ANOTHER = 1 << 41


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
        views_per_class: samples of each image drawn, side by side in one batch and augmented apart; the samples of an
            epoch stay as many.

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
        views_per_class: int = 1,
    ):
        at_least(0, "data", seed=seed)
        at_least(1, "data", samples_per_epoch=samples_per_epoch, views_per_class=views_per_class)
        if views_per_class > 1 and augment is None:
            raise InputError(
                f"data.views_per_class={views_per_class} with augment=none would show each image twice alike; choose "
                "an augmentation, such as augment=capture."
            )
        if batch_size % views_per_class:
            raise InputError(
                f"data.batch_size={batch_size} holds no whole number of data.views_per_class={views_per_class}; give a "
                "multiple of it."
            )
        if len(source) == 0:
            raise InputError("the training set holds no image; give a folder with at least one readable image.")
        super().__init__(source, image_size, batch_size, augment, threads, prefetch, rank, world, views, device, labels)
        if augment is not None:
            augment.attach(source.source if isinstance(source, Expanded) else source)
        self._views = views_per_class
        drawn = None if samples_per_epoch is None else samples_per_epoch // views_per_class
        self._order = Order(len(source), drawn, seed, block, window)
        full, rest = divmod(self._order.draws, batch_size * world // views_per_class)
        self._batches = full + (not drop_last and rest >= world)
        if self._batches == 0:
            raise InputError(
                f"an epoch draws {self._order.draws * views_per_class} samples, which fill no batch of {batch_size} on "
                f"{world} process(es); lower data.batch_size, raise data.samples_per_epoch above "
                f"{batch_size * world - 1}, or give more images."
            )

    def __len__(self) -> int:
        return self._batches

    def _draws(self, epoch: int, start: int) -> Iterator[Draw]:
        size = self.batch_size * self.world // self._views
        for number in range(start, self._batches):
            first = []
            if self._order.block is not None:
                coming = self._order.coming(epoch, number * size, (number + 1) * size, number == start)
                first = [partial(self.source.expect, coming)] if len(coming) else []
            items, turns = self._order.share(epoch, number * size, size, self.rank, self.world)
            if self._views > 1:
                items, turns = np.repeat(items, self._views), np.repeat(turns, self._views)
                turns = turns + np.arange(len(turns)) % self._views * ANOTHER
            yield Draw(items, turns, first)

    def _geometry(self) -> dict:
        order = self._order
        sizes = {"samples": len(self.source), "draws": order.draws, "global_batch": self.batch_size * self.world}
        shuffle = {"seed": order.seed, "block": order.block, "window": order.window}
        views = {"views_per_class": self._views} if self._views > 1 else {}
        return {**sizes, **shuffle, **views, "fingerprint": self.source.fingerprint}
