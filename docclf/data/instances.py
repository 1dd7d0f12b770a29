"""Training on files where every image is its own class."""

from pathlib import Path

import numpy as np

from docclf.data.expand import FOLDS, Expanded
from docclf.data.files import Files
from docclf.data.index import Entry
from docclf.data.keys import class_keys
from docclf.data.loader import Batches
from docclf.data.store import stored
from docclf.errors import InputError


class Instances:
    """Makes the training loader over images that are their own classes.

    Class numbers follow the order of the images: i without expansion, 24 * i + 0..23 with it.

    Args:
        images: (root, entry) of each training image.
        image_size: side S, pixels.
        seed: run seed.
        augment: see `docclf.data.loader.Batches`.
        batch_size: samples per rank and batch.
        samples_per_epoch: samples an epoch draws; None draws each once.
        expand: 1, or 8 or 24 for that many views of each image.
        cache: auto, memory or none.
        cache_gb: memory for decoded images, 10^9 bytes.
        threads: threads that read.
        max_pixels: refuse larger images.
    """

    def __init__(
        self,
        images: list[tuple[Path, Entry]],
        image_size: int,
        seed: int,
        augment,
        batch_size: int,
        samples_per_epoch: int | None,
        expand: int,
        cache: str,
        cache_gb: float,
        threads: int | None,
        max_pixels: int,
    ):
        if expand not in FOLDS:
            raise InputError(f"data.expand={expand}: expected 1 (each image one class), 8 or 24 (its views).")
        self.images, self.image_size, self.seed, self.augment = images, image_size, seed, augment
        self.batch_size, self.samples_per_epoch, self.expand = batch_size, samples_per_epoch, expand
        self.cache, self.cache_gb, self.threads, self.max_pixels = cache, cache_gb, threads, max_pixels
        self.num_classes = expand * len(images)
        self._source = None

    def class_keys(self) -> np.ndarray:
        """Returns a number per training class that follows its image, not its place, uint64 [num_classes]."""
        content = b"".join(bytes.fromhex(entry.sha256) for _, entry in self.images)
        return class_keys(np.frombuffer(content, np.uint8).reshape(-1, 32), self.expand)

    def loader(self, rank: int, world: int, views: tuple[str, ...] = (), device: str = "cpu") -> Batches:
        """Returns this rank's loader; the first call decodes the images when they are kept in memory."""
        if self._source is None:
            # Kept images leave a margin for crops; a half is only half as high, so views need twice the rows.
            side = 2 * self.image_size if self.expand > 1 else -(-5 * self.image_size // 4)
            files = Files(self.images, min_side=2 * side, max_pixels=self.max_pixels)
            source = stored(files, side, self.cache, self.cache_gb, self.threads)
            self._source = Expanded(source, self.expand) if self.expand > 1 else source
        return Batches(
            self._source,
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
        )
