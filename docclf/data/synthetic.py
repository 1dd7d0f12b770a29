"""The embedded default: fictional documents drawn by code, no download needed."""

from functools import cached_property

import numpy as np

from docclf.data.drawn.cache import cached, drawing_name
from docclf.data.drawn.designs import design_hashes
from docclf.data.evaluation.loader import EvaluationLoader, EvaluationPart
from docclf.data.evaluation.set import EvaluationSet
from docclf.data.loader.batches import Batches
from docclf.data.pixels.source import Source
from docclf.data.pixels.views import FOLDS, Expanded, class_keys
from docclf.errors import InputError
from docclf.synthetic.design import kind_of
from docclf.synthetic.worker import Row, picture

# First design of each split: multiples of the family block, so that siblings never stand in two splits, and far apart,
# so that the evaluation documents stay the same whatever the number of training designs.
STARTS = {"train": 0, "val": 450_000, "test": 900_000}
_MOST = 450_000
_MOST_CAPTURES = 999


class Synthetic:
    """Trains on one picture per design, each its own class; evaluates on unseen designs.

    The register holds one clean copy of a design; the queries are captured copies of other people. The designs that
    are not registered are spread among the others, so some of them are siblings of a registered one.

    Args:
        image_size: side S, pixels.
        seed: run seed: order of the samples.
        batch_size: samples per rank and batch.
        num_designs: training designs, each a class.
        val_designs: designs of the validation split.
        test_designs: designs of the test split.
        unregistered: share of a split's designs that is not registered.
        captures: captured copies (queries) per design.
        strength: of the simulated camera: 0 clean, 1 ordinary, 2 very bad.
        data_seed: seed of designs, fills and captures; apart from `seed`, so that runs of several seeds compare.
        samples_per_epoch: samples an epoch draws; None draws each once.
        expand: 1, or 8 (orientations) or 24 (those, whole and in halves) classes per design.
        cache_dir: folder of the drawn pictures; None takes DOCCLF_CACHE or ~/.cache/docclf.
        workers, threads: processes that draw, threads that read; None takes the cores of this process.
        augment: see `docclf.data.loader.batches.Batches`.
    """

    def __init__(
        self,
        image_size: int,
        seed: int,
        batch_size: int,
        num_designs: int = 2000,
        val_designs: int = 100,
        test_designs: int = 250,
        unregistered: float = 0.2,
        captures: int = 4,
        strength: float = 1.0,
        data_seed: int = 0,
        samples_per_epoch: int | None = None,
        expand: int = 1,
        cache_dir: str | None = None,
        workers: int | None = None,
        threads: int | None = None,
        augment=None,
    ):
        for name, value, least, most in (
            ("num_designs", num_designs, 1, _MOST),
            ("val_designs", val_designs, 2, _MOST),
            ("test_designs", test_designs, 2, _MOST),
            ("captures", captures, 1, _MOST_CAPTURES),
            ("data_seed", data_seed, 0, 2**63),
            ("strength", strength, 0, 2),
        ):
            if not least <= value <= most:
                raise InputError(f"data.{name}={value}: expected {least} to {most}.")
        if not 0 <= unregistered < 1:
            raise InputError(f"data.unregistered={unregistered}: expected a share in [0, 1).")
        if expand not in FOLDS:
            raise InputError(f"data.expand={expand}: expected 1 (a class per design), 8 or 24 (its views).")
        self.image_size, self.seed, self.batch_size, self.augment = image_size, seed, batch_size, augment
        self.num_designs, self.expand, self.num_classes = num_designs, expand, expand * num_designs
        self.strength, self.data_seed = strength, data_seed
        self.samples_per_epoch, self.threads = samples_per_epoch, threads
        self._drawing = (data_seed, strength, cache_dir, workers)
        self._rows: dict[tuple[str, str], list[Row]] = {}
        parts, classes = {}, {}
        for split, count in (("val", val_designs), ("test", test_designs)):
            known, designs = _order(STARTS[split], count, unregistered)
            classes[split] = [f"{kind_of(design, data_seed)}-{design}" for design in designs]
            for part, copies in (("register", (0,)), ("query", tuple(range(1, captures + 1)))):
                chosen = designs[:known] if part == "register" else designs
                rows = [Row(design, design * 1000 + copy, copy > 0) for design in chosen for copy in copies]
                self._rows[split, part] = rows
                labels = np.arange(len(chosen)).repeat(len(copies))
                names = [
                    f"{classes[split][label]}-copy{row.fill % 1000}" for label, row in zip(labels, rows, strict=True)
                ]
                parts[split, part] = EvaluationPart(
                    names, labels, _Pictures(rows, names, image_size, *self._drawing).read
                )
        self.evaluation = EvaluationSet(parts, classes, image_size, batch_size, threads)

    @cached_property
    def _training(self) -> "_Pictures":
        rows = [Row(design, design, False) for design in range(self.num_designs)]
        names = [f"{kind_of(design, self.data_seed)}-{design}" for design in range(self.num_designs)]
        # Kept images leave a margin for crops; a half is only half as high, so views need twice the rows.
        side = 2 * self.image_size if self.expand > 1 else -(-5 * self.image_size // 4)
        return _Pictures(rows, names, side, *self._drawing)

    def train_loader(self, rank: int = 0, world: int = 1, views: tuple[str, ...] = (), device: str = "cpu") -> Batches:
        """Returns this rank's training loader; the first call ever draws the designs."""
        _ = self._training.pixels  # drawn here, not in the first batch
        return Batches(
            Expanded(self._training, self.expand) if self.expand > 1 else self._training,
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

    def class_keys(self) -> np.ndarray:
        """Returns a number per training class that follows its image, not its place, uint64 [num_classes]."""
        return class_keys(design_hashes(self.num_designs, self.data_seed), self.expand)

    def register_loader(self, split: str) -> EvaluationLoader:
        """Returns the loader of the registered copies of a split (val or test)."""
        return self.evaluation.loader(split, "register")

    def query_loader(self, split: str) -> EvaluationLoader:
        """Returns the loader of the captured copies of a split."""
        return self.evaluation.loader(split, "query")

    def class_names(self, split: str) -> list[str]:
        """Returns the designs of a split as kind-number; the index is the label."""
        return self.evaluation.class_names(split)

    def item_names(self, split: str, part: str) -> list[str]:
        """Returns the names of the copies of a part (register or query), in loader order."""
        return self.evaluation.item_names(split, part)

    def image(self, split: str, part: str, i: int) -> np.ndarray:
        """Returns evaluation image i in its own proportions, uint8 [H,W,3]."""
        self.evaluation.item_names(split, part)  # refuses unknown splits and parts with a message
        return picture(self._rows[split, part][i], self.data_seed, self.strength)

    def describe(self) -> dict:
        """Returns counts for the log of a run."""
        return {"kind": "synthetic", "num_classes": self.num_classes, "evaluation": self.evaluation.facts()}


class _Pictures(Source):
    """Rows that are drawn, or found in the cache, when the first one is read."""

    def __init__(
        self,
        rows: list[Row],
        names: list[str],
        side: int,
        seed: int,
        strength: float,
        folder: str | None,
        workers: int | None,
    ):
        self._rows, self._names = rows, names
        self._how = (side, seed, strength, folder, workers)
        self.fingerprint = drawing_name(rows, side, seed, strength)

    @cached_property
    def pixels(self) -> np.ndarray:
        """uint8 [n,side,side,3], read-only."""
        return cached(self._rows, *self._how)

    def __len__(self) -> int:
        return len(self._rows)

    def read(self, i: int) -> np.ndarray:
        """Returns picture i, uint8 [side,side,3], squashed; the caller must not write to it."""
        return np.asarray(self.pixels[i])

    def name(self, i: int) -> str:
        """Returns what an error message should call picture i."""
        return self._names[i]


def _order(start: int, count: int, unregistered: float) -> tuple[int, list[int]]:
    """Returns how many designs are registered, and all designs of a split, the registered ones first."""
    left_out = min(round(unregistered * count), count - 1)
    impostor = [(k + 1) * left_out // count > k * left_out // count for k in range(count)]
    designs = sorted(range(count), key=lambda k: (impostor[k], k))
    return count - left_out, [start + k for k in designs]
