"""Any folder of images, every image its own class."""

from pathlib import Path

import numpy as np

from docclf.data.evaluation.folder import read_tree
from docclf.data.evaluation.held_out import captured_documents, hold_out
from docclf.data.evaluation.loader import EvaluationLoader
from docclf.data.index.build import Entry, build_index
from docclf.data.loader.batches import Batches
from docclf.data.pixels.files import Files, images_of
from docclf.data.pixels.memory import stored
from docclf.data.pixels.views import FOLDS, Expanded, class_keys
from docclf.errors import InputError
from docclf.imaging.read import MAX_PIXELS


class Folder:
    """Trains on the images below a folder; evaluates on a held-out part of them, or on a register/query folder.

    Class numbers follow the sorted paths of the readable, unique, not held-out images.

    Args:
        image_size: side S, pixels.
        seed: run seed: order of the samples.
        root: folder, searched with everything below it; relative to the working directory.
        batch_size: samples per rank and batch.
        samples_per_epoch: samples an epoch draws; None draws each once.
        holdout: share of the images held out, half for validation and half for test; not used with `eval_root`.
        holdout_max: hold out no more than this many images; None for no limit.
        holdout_seed: seed of the held-out choice and its captures; apart from `seed`, so that runs of several seeds
            are evaluated on the same images.
        captures: simulated captures (queries) per held-out image.
        unregistered: share of the held-out images whose captures are impostors.
        eval_root: a register/query folder to evaluate on instead; then nothing is held out.
        expand: 1, or 8 for its orientations, or 24 for those x whole, upper and lower half.
        cache: keep decoded images in memory: auto (when they fit), memory or none.
        cache_gb: memory for that, 10^9 bytes.
        threads: threads that read; None takes the cores of this process.
        max_pixels: larger images are skipped.
        augment: see `docclf.data.loader.batches.Batches`.
    """

    def __init__(
        self,
        image_size: int,
        seed: int,
        root: str,
        batch_size: int,
        samples_per_epoch: int | None = None,
        holdout: float = 0.2,
        holdout_max: int | None = 1000,
        holdout_seed: int = 0,
        captures: int = 4,
        unregistered: float = 0.25,
        eval_root: str | None = None,
        expand: int = 1,
        cache: str = "auto",
        cache_gb: float = 4.0,
        threads: int | None = None,
        max_pixels: int = MAX_PIXELS,
        augment=None,
    ):
        self.index = build_index(root, max_pixels, threads)
        images = images_of(self.index)
        if eval_root is None:
            images, val, test = hold_out(images, holdout, holdout_max, holdout_seed)
            self.evaluation = captured_documents(
                {"val": val, "test": test},
                holdout_seed,
                captures,
                unregistered,
                image_size,
                batch_size,
                threads,
                max_pixels,
            )
        else:
            self.evaluation = read_tree(eval_root, image_size, batch_size, threads, max_pixels, "data.eval_root")
        self.instances = Instances(
            images,
            image_size,
            seed,
            augment,
            batch_size,
            samples_per_epoch,
            expand,
            cache,
            cache_gb,
            threads,
            max_pixels,
        )
        self.num_classes = self.instances.num_classes

    def train_loader(self, rank: int = 0, world: int = 1, views: tuple[str, ...] = (), device: str = "cpu") -> Batches:
        """Returns this rank's training loader."""
        return self.instances.loader(rank, world, views, device)

    def class_keys(self) -> np.ndarray:
        """Returns a number per training class that follows its image, not its place, uint64 [num_classes]."""
        return self.instances.class_keys()

    def register_loader(self, split: str) -> EvaluationLoader:
        """Returns the loader of the registered images of a split (val or test)."""
        return self.evaluation.loader(split, "register")

    def query_loader(self, split: str) -> EvaluationLoader:
        """Returns the loader of the queries of a split."""
        return self.evaluation.loader(split, "query")

    def class_names(self, split: str) -> list[str]:
        """Returns the evaluation classes of a split; the index is the label."""
        return self.evaluation.class_names(split)

    def item_names(self, split: str, part: str) -> list[str]:
        """Returns the names of the images of a part (register or query), in loader order."""
        return self.evaluation.item_names(split, part)

    def image(self, split: str, part: str, i: int) -> np.ndarray:
        """Returns evaluation image i, uint8 [H,W,3]."""
        return self.evaluation.image(split, part, i)

    def describe(self) -> dict:
        """Returns counts, skipped files and fingerprint."""
        return {
            "kind": "folder",
            "num_classes": self.num_classes,
            "training_images": len(self.instances.images),
            **self.index.facts(),
            "evaluation": self.evaluation.facts(),
        }


class Instances:
    """Makes the training loader over images that are their own classes.

    Class numbers follow the order of the images: i without expansion, 24 * i + 0..23 with it.

    Args:
        images: (root, entry) of each training image.
        image_size: side S, pixels.
        seed: run seed.
        augment: see `docclf.data.loader.batches.Batches`.
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
