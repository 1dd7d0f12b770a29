"""Training on packs, or on sources decoded on the fly as packs would hold them; every image its own class."""

import numpy as np

from docclf.data.dataset import ImageSet
from docclf.data.drawn.designs import Designs
from docclf.data.drawn.documents import drawn_documents
from docclf.data.evaluation.folder import read_tree
from docclf.data.evaluation.held_out import captured_documents
from docclf.data.evaluation.held_out_pack import files_of, held_out_of
from docclf.data.index.build import index_source
from docclf.data.index.hashes import Hashes
from docclf.data.loader.feeding import Feeding
from docclf.data.pack.combine import without_copies
from docclf.data.pack.part import Part
from docclf.data.pack.read import open_pack
from docclf.data.pixels.decoded import Decoded
from docclf.data.pixels.mapped import Mapped
from docclf.data.pixels.memory import Memory
from docclf.data.pixels.resident import Resident
from docclf.data.sources.open import open_source
from docclf.data.sources.source import Source
from docclf.errors import InputError, at_least
from docclf.imaging.read import MAX_PIXELS

FEEDS = ("memory", "mmap", "device", "stream")
EVALUATIONS = ("holdout", "synthetic")


class Packed(ImageSet):
    """Trains on one or several packs (or sources), one after another; evaluates on a held-out part or other images.

    Class numbers follow the packs in their order, each in its own; images held out, and copies of images of an earlier
    pack, have none. Drawn designs come last. With `expand=n`, class n * i + k is view k of image i.

    Args:
        image_size: side S, pixels.
        seed: run seed: order of the samples.
        batch_size: samples per rank and batch.
        packs: folders of packs of one side; null when `sources` are given.
        sources: with feed=stream, folders, tar shards or tables of images, or sources that a yaml names by `_target_`
            (docclf/data/sources); null when `packs` are given.
        side: with feed=stream, pixels that images are squashed to when they are decoded: a pack of this side gives the
            same batches. None takes 5/4 of `image_size`.
        feed: memory (packs read into memory), mmap (read from the disk as they are needed), device (on the GPU), or
            stream (decoded anew each time). See docs/feeds.md.
        designs: drawn documents of data=synthetic to train on besides, each a class.
        samples_per_epoch: samples an epoch draws; None draws each once.
        views_per_class: samples of each image in a batch, augmented apart; `samples_per_epoch` counts them all.
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
        augment: see `docclf.data.loader.assembly.Assembly`.
    """

    kind = "packed"

    def __init__(
        self,
        image_size: int,
        seed: int,
        batch_size: int,
        packs: list[str] | None = None,
        sources: list[str | Source] | None = None,
        side: int | None = None,
        feed: str = "memory",
        designs: int = 0,
        samples_per_epoch: int | None = None,
        views_per_class: int = 1,
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
        _check(feed, evaluation, designs, block, window, packs, sources)
        shuffle = (block if feed == "mmap" else None, window)
        how = (image_size, seed, batch_size, augment, samples_per_epoch, expand, threads)
        feeding = Feeding(*how, *shuffle, views_per_class=views_per_class)
        self.feed = feed
        if sources:
            side = -(-5 * image_size // 4) if side is None else side
            opened = [open_source(place) if isinstance(place, str) else place for place in sources]
            indexes = [index_source(source, max_pixels, threads) for source in opened]
            parts: list[Part] = [Decoded(index, side, max_pixels) for index in indexes]
        else:
            parts = [open_pack(path) for path in packs]
        given = len(parts)
        if designs:
            parts.append(Designs(designs, parts[0].side, holdout_seed, cache_dir, workers))
        rows = without_copies(parts)
        reading = (image_size, batch_size, threads)
        if eval_root is not None:
            tested = read_tree(eval_root, *reading, max_pixels, "data.eval_root")
        elif evaluation == "synthetic":
            tested = drawn_documents(*reading, holdout_seed, unregistered, captures, cache_dir, workers)
        else:
            split = (holdout_of, holdout, holdout_max, holdout_seed)
            left, documents = held_out_of(parts[:given], rows[:given], *split)
            rows = left + rows[given:]
            how = (holdout_seed, captures, unregistered, *reading, max_pixels)
            files = files_of(parts[holdout_of], documents, originals, max_pixels)
            tested = captured_documents(documents, *how, files)
        if augment is not None:
            augment.share_out(kinds, [expand * len(used) for used in rows])
        self.parts, chosen = parts, [(part, used) for part, used in zip(parts, rows, strict=True) if len(used)]
        self.mapped = Resident(chosen) if feed == "device" else Mapped(chosen)
        contents = np.concatenate([part.hashes[used] for part, used in chosen])
        looks = np.concatenate([part.looks[used] for part, used in chosen])
        super().__init__(feeding, Hashes(contents, looks, self.mapped.name), tested)

    def source(self) -> Mapped | Memory:
        """Returns the images of all parts; with feed=memory the packs are read now."""
        return Memory(self.mapped, self.feeding.threads) if self.feed == "memory" else self.mapped

    def facts(self) -> dict:
        """Returns counts and fingerprints."""
        return {
            "training_images": len(self.mapped),
            "fingerprint": self.mapped.fingerprint,
            "packs": [
                {"path": str(p.path), "images": p.num_images, "side": p.side, "fingerprint": p.fingerprint}
                for p in self.parts
            ],
        }


def _check(feed: str, evaluation: str, designs: int, block: int, window: int, packs, sources) -> None:
    for name, value, choices in (("feed", feed, FEEDS), ("evaluation", evaluation, EVALUATIONS)):
        if value not in choices:
            raise InputError(f"data.{name}={value}: expected one of {', '.join(choices)}.")
    at_least(0, "data", designs=designs)
    at_least(1, "data", block=block, window=window)
    if (feed == "stream") != bool(sources) or bool(sources) == bool(packs):
        raise InputError(
            f"data.feed={feed} with data.packs={packs} and data.sources={sources}: give data=packed "
            "data.packs=[DIR,...] with feed memory, mmap or device, or data=stream data.sources=[DIR,...]."
        )
