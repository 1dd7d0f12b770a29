"""ILSVRC2012 in its training layout, every image its own class, with a pool of documents added."""

import re

import numpy as np

from docclf.data.evaluation.folder import read_tree
from docclf.data.evaluation.held_out import captured_documents, hold_out
from docclf.data.evaluation.loader import EvaluationLoader
from docclf.data.folder import Instances
from docclf.data.index.build import Index, build_index, without_copies
from docclf.data.loader.batches import Batches
from docclf.data.pixels.files import images_of
from docclf.errors import InputError
from docclf.imaging.read import MAX_PIXELS

_SYNSET = re.compile(r"n\d{8}")


class ImageNet:
    """Trains on the images of synset folders and on a pool of documents; the synset is not the class.

    Class numbers follow the sorted paths of the readable, unique images: those of `root`, then those of `extra` that
    are not held out. With a pool, documents of the pool are held out for evaluation, else images of `root`.

    Args:
        image_size: side S, pixels.
        seed: run seed: order of the samples.
        root: folder that holds the synset folders (n01440764, ...); relative to the working directory.
        extra: folder of documents, each its own class; None for none.
        batch_size: samples per rank and batch.
        samples_per_epoch: samples an epoch draws; None draws each once.
        holdout: share of the pool (of `root` without one) held out, half for validation and half for test; not used
            with `eval_root`.
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
        extra: str | None = None,
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
        indexes = [build_index(root, max_pixels, threads)]
        _check_layout(indexes[0])
        if extra is not None:
            indexes.append(build_index(extra, max_pixels, threads, argument="data.extra"))
        self.indexes = without_copies(indexes)
        natural, pool = images_of(*self.indexes[:-1]), images_of(self.indexes[-1])
        if eval_root is None:
            pool, val, test = hold_out(pool, holdout, holdout_max, holdout_seed)
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
            natural + pool,
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
            "kind": "imagenet",
            "num_classes": self.num_classes,
            "training_images": len(self.instances.images),
            "folders": [index.facts() for index in self.indexes],
            "evaluation": self.evaluation.facts(),
        }


def _check_layout(index: Index) -> None:
    other = [entry.path for entry in index.entries if not _SYNSET.fullmatch(entry.path.split("/")[0])]
    if other:
        inner = index.root / "train"
        hint = f"data.root={inner}" if inner.is_dir() else "data=folder takes a folder of any layout"
        raise InputError(
            f"data.root={index.root}: expected synset folders (n01440764, ...) with the images in them, as ILSVRC2012 "
            f"train has; found {len(other)} images elsewhere, for example {other[0]}. Try: {hint}."
        )
