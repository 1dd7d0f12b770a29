"""Training on packs, or on sources decoded on the fly as packs would hold them; every image its own class."""

import numpy as np

from docclf.data.drawn.designs import Designs
from docclf.data.evaluation.folder import read_tree
from docclf.data.evaluation.held_out_pack import held_out_of, held_out_set
from docclf.data.evaluation.loader import EvaluationLoader
from docclf.data.index.build import index_source
from docclf.data.loader.batches import Batches
from docclf.data.pack.combine import without_copies
from docclf.data.pack.read import open_pack
from docclf.data.pixels.decoded import Decoded
from docclf.data.pixels.mapped import Mapped
from docclf.data.pixels.memory import Memory
from docclf.data.pixels.resident import Resident
from docclf.data.pixels.views import FOLDS, Expanded, class_keys
from docclf.data.sources.open import open_source
from docclf.data.synthetic import Synthetic
from docclf.errors import InputError
from docclf.imaging.read import MAX_PIXELS

FEEDS = ("memory", "mmap", "device", "stream")
EVALUATIONS = ("holdout", "synthetic")


class Packed:
    """Trains on one or several packs (or sources), one after another; evaluates on a held-out part or other images.

    Class numbers follow the packs in their order, each in its own; images held out, and copies of images of an earlier
    pack, have none. Drawn designs come last. With `expand=n`, class n * i + k is view k of image i.

    Args:
        image_size: side S, pixels.
        seed: run seed: order of the samples.
        batch_size: samples per rank and batch.
        packs: folders of packs of one side; null when `sources` are given.
        sources: with feed=stream, folders, tar shards or tables of images; null when `packs` are given.
        side: with feed=stream, pixels that images are squashed to when they are decoded: a pack of this side gives the
            same batches. None takes 5/4 of `image_size`.
        feed: memory (packs read into memory), mmap (read from the disk as they are needed), device (on the GPU), or
            stream (decoded anew each time). See docs/feeds.md.
        designs: drawn documents of data=synthetic to train on besides, each a class.
        samples_per_epoch: samples an epoch draws; None draws each once.
        expand: 1, or 8 for its orientations, or 24 for those x whole, upper and lower half.
        evaluation: holdout, or synthetic (the evaluation documents of data=synthetic).
        holdout_of: number of the pack of which images are held out.
        holdout: share of its images held out, half for validation and half for test.
        holdout_max: hold out no more than this many images; None for no limit.
        holdout_seed: seed of the held-out choice, its captures and the designs.
        originals: folder of the files that pack `holdout_of` was made of, read for evaluation; None takes the pack's
            pixels.
        captures, unregistered: queries per held-out image or design, and the share of those that is not registered.
        eval_root: a register/query folder to evaluate on instead; then nothing is held out.
        block, window: with feed=mmap, a window of the shuffle takes this many blocks of as many neighbours in the pack.
        cache_dir: folder of drawn designs; None takes DOCCLF_CACHE or ~/.cache/docclf.
        workers, threads: processes that draw, threads that read; None takes the cores of this process.
        max_pixels: larger images are skipped.
        kinds: what each part shows (packs, then designs), for augment=by_kind.
        augment: see `docclf.data.loader.batches.Batches`; may have `share_out(kinds, sizes)`: where parts end.
    """

    def __init__(
        self,
        image_size: int,
        seed: int,
        batch_size: int,
        packs: list[str] | None = None,
        sources: list[str] | None = None,
        side: int | None = None,
        feed: str = "memory",
        designs: int = 0,
        samples_per_epoch: int | None = None,
        expand: int = 1,
        evaluation: str = "holdout",
        holdout_of: int = 0,
        holdout: float = 0.2,
        holdout_max: int | None = 1000,
        holdout_seed: int = 0,
        originals: str | None = None,
        captures: int = 4,
        unregistered: float = 0.25,
        eval_root: str | None = None,
        block: int = 32,
        window: int = 256,
        cache_dir: str | None = None,
        workers: int | None = None,
        threads: int | None = None,
        max_pixels: int = MAX_PIXELS,
        kinds: list[str] | None = None,
        augment=None,
    ):
        _check(feed, expand, evaluation, designs, block, window, packs, sources)
        self.image_size, self.seed, self.batch_size, self.augment = image_size, seed, batch_size, augment
        self.feed, self.samples_per_epoch, self.expand = feed, samples_per_epoch, expand
        self.block, self.window, self.threads = block, window, threads
        if sources:
            side = -(-5 * image_size // 4) if side is None else side
            indexes = [index_source(open_source(place), max_pixels, threads) for place in sources]
            self.parts = [Decoded(index, side, max_pixels) for index in indexes]
        else:
            self.parts = [open_pack(path) for path in packs]
        given = len(self.parts)
        if designs:
            self.parts.append(Designs(designs, self.parts[0].side, holdout_seed, cache_dir, workers))
        rows = without_copies(self.parts)
        self._drawn: Synthetic | None = None
        if eval_root is not None:
            self.evaluation = read_tree(eval_root, image_size, batch_size, threads, max_pixels, "data.eval_root")
        elif evaluation == "synthetic":
            how = {"unregistered": unregistered, "captures": captures, "data_seed": holdout_seed, "num_designs": 1}
            how |= {"cache_dir": cache_dir, "workers": workers, "threads": threads}
            self._drawn = Synthetic(image_size, seed, batch_size, **how)
            self.evaluation = self._drawn.evaluation
        else:
            split = (holdout_of, holdout, holdout_max, holdout_seed)
            left, documents = held_out_of(self.parts[:given], rows[:given], *split)
            rows = left + rows[given:]
            how = (holdout_seed, captures, unregistered, image_size, batch_size, threads, max_pixels)
            self.evaluation = held_out_set(self.parts[holdout_of], documents, originals, *how)
        if hasattr(augment, "share_out"):
            augment.share_out(kinds, [expand * len(used) for used in rows])
        chosen = [(part, used) for part, used in zip(self.parts, rows, strict=True) if len(used)]
        self.source: Mapped | Memory = Resident(chosen) if feed == "device" else Mapped(chosen)
        self.num_classes = expand * len(self.source)
        self._hashes = np.concatenate([part.hashes[used] for part, used in chosen])

    def train_loader(self, rank: int = 0, world: int = 1, views: tuple[str, ...] = (), device: str = "cpu") -> Batches:
        """Returns this rank's training loader; with feed=memory the first call reads the packs."""
        if self.feed == "memory" and not isinstance(self.source, Memory):
            self.source = Memory(self.source, self.threads)
        return Batches(
            Expanded(self.source, self.expand) if self.expand > 1 else self.source,
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
            block=self.block * self.expand if self.feed == "mmap" else None,
            window=self.window,
        )

    def class_keys(self) -> np.ndarray:
        """Returns a number per training class that follows its image, not its place, uint64 [num_classes]."""
        return class_keys(self._hashes, self.expand)

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
        return (self.evaluation if self._drawn is None else self._drawn).image(split, part, i)

    def describe(self) -> dict:
        """Returns counts and fingerprints."""
        return {
            "kind": "packed",
            "num_classes": self.num_classes,
            "training_images": len(self.source),
            "fingerprint": self.source.fingerprint,
            "packs": [
                {"path": str(p.path), "images": p.num_images, "side": p.side, "fingerprint": p.fingerprint}
                for p in self.parts
            ],
            "evaluation": self.evaluation.facts(),
        }


def _check(feed: str, expand: int, evaluation: str, designs: int, block: int, window: int, packs, sources) -> None:
    known = {"feed": (feed, FEEDS), "expand": (expand, FOLDS), "evaluation": (evaluation, EVALUATIONS)}
    for name, (value, choices) in known.items():
        if value not in choices:
            raise InputError(f"data.{name}={value}: expected one of {', '.join(map(str, choices))}.")
    for name, value, least in (("designs", designs, 0), ("block", block, 1), ("window", window, 1)):
        if value < least:
            raise InputError(f"data.{name}={value}: expected {least} or more.")
    if (feed == "stream") != bool(sources) or bool(sources) == bool(packs):
        raise InputError(
            f"data.feed={feed} with data.packs={packs} and data.sources={sources}: give data=packed "
            "data.packs=[DIR,...] with feed memory, mmap or device, or data=stream data.sources=[DIR,...]."
        )
