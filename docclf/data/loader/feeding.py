"""How the training samples of a data set are drawn and made, whatever its images are."""

from dataclasses import dataclass
from typing import Any

from docclf.data.loader.batches import Batches
from docclf.data.pixels.source import Source
from docclf.data.pixels.views import FOLDS, Expanded
from docclf.errors import InputError


@dataclass(frozen=True)
class Feeding:
    """Settings of the samples.

    Args:
        image_size: side S, pixels.
        seed: run seed: order of the samples.
        batch_size: samples per rank and batch.
        augment: see `docclf.data.loader.assembly.Assembly`.
        samples_per_epoch: samples an epoch draws; None draws each once.
        expand: 1, or 8 for the orientations of each image, or 24 for those x whole, upper and lower half.
        threads: threads that read; None takes the cores of this process.
        block: images of a block of the shuffle; None shuffles uniformly.
        window: blocks of a window of the shuffle.
        views_per_class: samples of each image drawn, side by side in one batch.

    Raises:
        InputError: another `expand`.
    """

    image_size: int
    seed: int
    batch_size: int
    augment: Any
    samples_per_epoch: int | None = None
    expand: int = 1
    threads: int | None = None
    block: int | None = None
    window: int = 256
    views_per_class: int = 1

    def __post_init__(self):
        if self.expand not in FOLDS:
            raise InputError(f"data.expand={self.expand}: expected 1 (each image one class), 8 or 24 (its views).")

    @property
    def kept_side(self) -> int:
        """Side at which decoded or drawn images are kept, pixels.

        They leave a margin for crops; a half is only half as high, so views need twice the rows.
        """
        return 2 * self.image_size if self.expand > 1 else -(-5 * self.image_size // 4)

    def loader(self, source: Source, rank: int, world: int, views: tuple[str, ...], device: str) -> Batches:
        """Returns the loader of one rank."""
        return Batches(
            Expanded(source, self.expand) if self.expand > 1 else source,
            self.image_size,
            self.batch_size,
            self.seed,
            augment=self.augment,
            samples_per_epoch=self.samples_per_epoch,
            threads=self.threads,
            rank=rank,
            world=world,
            views=views,
            device=device,
            block=self.block and self.block * self.expand,
            window=self.window,
            views_per_class=self.views_per_class,
        )
