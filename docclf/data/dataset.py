"""What a data set is, and what all of them do alike."""

import hashlib
from abc import abstractmethod
from collections.abc import Iterable
from typing import Protocol, runtime_checkable

import numpy as np
from torch import Tensor

from docclf.data.evaluation.set import EvaluationSet
from docclf.data.index.hashes import Hashes, joined
from docclf.data.loader.base import Loader
from docclf.data.loader.feeding import Feeding
from docclf.data.pixels.source import Source
from docclf.data.pixels.views import class_keys
from docclf.errors import InputError


@runtime_checkable
class Dataset(Protocol):
    """Images to train on, each its own class, and registered images and queries to evaluate on.

    It is built with `image_size` (pixels), `seed` and `augment` besides what its yaml says. A split is "val" or
    "test", a part "register" or "query".

    Attributes:
        kind: its name in records.
        num_classes: training classes K.
    """

    kind: str
    num_classes: int

    def train_loader(self, rank: int = 0, world: int = 1, views: tuple[str, ...] = (), device: str = "cpu") -> Loader:
        """Returns this rank's training loader; may take long the first time (decoding, drawing, reading)."""

    def register_loader(self, split: str) -> Iterable[tuple[Tensor, Tensor, Tensor]]:
        """Returns batches of the registered images, in order: uint8 [B,3,S,S], labels int64 [B], numbers int64 [B]."""

    def query_loader(self, split: str) -> Iterable[tuple[Tensor, Tensor, Tensor]]:
        """Returns batches of the queries, likewise."""

    def class_names(self, split: str) -> list[str]:
        """Returns the evaluation classes of a split; the index is the label."""

    def item_names(self, split: str, part: str) -> list[str]:
        """Returns what the images of a part are called, in loader order."""

    def image(self, split: str, part: str, i: int) -> np.ndarray:
        """Returns evaluation image i in its own size, uint8 [H,W,3]."""

    def class_keys(self) -> np.ndarray:
        """Returns a number per training class that follows its image, not its place, uint64 [K]."""

    def training_hashes(self) -> Hashes:
        """Returns what is trained on; raises InputError when the set cannot say."""

    def evaluation_hashes(self, split: str) -> Hashes:
        """Returns what is tested: registered images, queries, and what they are made of; raises likewise."""

    def fingerprint(self) -> str:
        """Returns text that is another one when a training image, or the order of the classes, is another one."""

    def describe(self) -> dict:
        """Returns plain facts for the record of a run: kind, counts, fingerprints, files that were skipped."""


class Evaluated(Dataset):
    """The half of a data set that is evaluated; a subclass sets `evaluation`."""

    evaluation: EvaluationSet

    def register_loader(self, split: str):
        """Returns the loader of the registered images of a split (val or test)."""
        return self.evaluation.loader(split, "register")

    def query_loader(self, split: str):
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

    def evaluation_hashes(self, split: str) -> Hashes:
        """Returns the contents and looks of all images that a split is made of."""
        return self.evaluation.hashes(split)

    def fingerprint(self) -> str:
        """Returns the sha256 over the keys of the classes, in order."""
        return hashlib.sha256(self.class_keys().astype("<u8").tobytes()).hexdigest()


class EvaluationOnly(Evaluated):
    """A data set without training images; class numbers are those of the evaluation."""

    def __init__(self, evaluation: EvaluationSet):
        self.evaluation = evaluation
        self.num_classes = len(self.class_names("test"))

    def train_loader(self, rank: int = 0, world: int = 1, views: tuple[str, ...] = (), device: str = "cpu") -> Loader:
        """Raises: this set is for evaluation."""
        raise InputError(
            f"data={self.kind} is for evaluation only; train on data=synthetic, data=folder or data=imagenet, and "
            f"evaluate on this set with evaluate.py data={self.kind} (a folder also with data.eval_root=DIR there)."
        )

    def class_keys(self) -> np.ndarray:
        """Raises: nothing is trained on."""
        self.train_loader()

    def training_hashes(self) -> Hashes:
        """Returns none: nothing is trained on."""
        return joined([])

    def describe(self) -> dict:
        """Returns layout, counts, skipped files and fingerprint."""
        return {"kind": self.kind, **self.evaluation.facts()}


class ImageSet(Evaluated):
    """A data set whose training images can be read by number; class expand * i + k is view k of image i.

    Args:
        feeding: how samples are made.
        hashes: the training images, in class order.
        evaluation: what is evaluated.
    """

    def __init__(self, feeding: Feeding, hashes: Hashes, evaluation: EvaluationSet):
        self.feeding, self.evaluation, self._hashes = feeding, evaluation, hashes
        self.num_classes = feeding.expand * len(hashes)
        self._source: Source | None = None

    @abstractmethod
    def source(self) -> Source:
        """Returns the training images without views, in class order, ready to be read; called once."""

    def train_loader(self, rank: int = 0, world: int = 1, views: tuple[str, ...] = (), device: str = "cpu") -> Loader:
        """Returns this rank's training loader; the first call makes the images ready."""
        if self._source is None:
            self._source = self.source()
        return self.feeding.loader(self._source, rank, world, views, device)

    def class_keys(self) -> np.ndarray:
        """Returns a number per training class that follows its image, not its place, uint64 [num_classes]."""
        return class_keys(self._hashes.contents, self.feeding.expand)

    def training_hashes(self) -> Hashes:
        """Returns contents and looks of the training images."""
        return self._hashes

    def facts(self) -> dict:
        """Returns what the set has to say besides kind, classes and evaluation."""
        return {}

    def describe(self) -> dict:
        """Returns counts, skipped files and fingerprints."""
        about = {"kind": self.kind, "num_classes": self.num_classes, **self.facts()}
        return about | {"evaluation": self.evaluation.facts()}
