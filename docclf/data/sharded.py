"""Training on shards that LitData streams; every image its own class."""

import numpy as np

from docclf.data.evaluation.folder import read_tree
from docclf.data.evaluation.loader import EvaluationLoader
from docclf.data.litdata.loader import ShardedBatches
from docclf.data.litdata.shards import litdata, read_facts
from docclf.data.synthetic import Synthetic
from docclf.imaging.read import MAX_PIXELS


class Sharded:
    """Trains on shards made of packs; evaluates on a register/query folder, or on drawn documents.

    Class numbers are those of the packs, one after another.

    Args:
        image_size: side S, pixels.
        seed: run seed: order of the samples.
        location: folder or URL (s3://, gs://, ...) of the shards.
        batch_size: samples per rank and batch.
        eval_root: a register/query folder to evaluate on; None takes the evaluation documents of data=synthetic.
        data_seed: seed of these documents.
        shard_cache: folder for fetched chunks; None takes LitData's own.
        cache_dir: folder of drawn documents; None takes DOCCLF_CACHE or ~/.cache/docclf.
        workers: drawing processes; None takes the cores of this process.
        threads: threads that augment; None takes the cores of this process.
        max_pixels: larger evaluation images are refused.
        augment: see `docclf.data.loader.batches.Batches`.

    Raises:
        InputError: LitData is not installed, or no shards are there.
    """

    def __init__(
        self,
        image_size: int,
        seed: int,
        location: str,
        batch_size: int,
        eval_root: str | None = None,
        data_seed: int = 0,
        shard_cache: str | None = None,
        cache_dir: str | None = None,
        workers: int | None = None,
        threads: int | None = None,
        max_pixels: int = MAX_PIXELS,
        augment=None,
    ):
        litdata()
        self.image_size, self.seed, self.batch_size, self.augment = image_size, seed, batch_size, augment
        self.location, self.shard_cache, self.threads = location, shard_cache, threads
        self.facts = read_facts(location)
        self.num_classes = self.facts.count
        self._drawn: Synthetic | None = None
        if eval_root is not None:
            self.evaluation = read_tree(eval_root, image_size, batch_size, threads, max_pixels, "data.eval_root")
        else:
            how = {"num_designs": 1, "data_seed": data_seed, "cache_dir": cache_dir, "workers": workers}
            self._drawn = Synthetic(image_size, seed, batch_size, threads=threads, **how)
            self.evaluation = self._drawn.evaluation

    def train_loader(
        self, rank: int = 0, world: int = 1, views: tuple[str, ...] = (), device: str = "cpu"
    ) -> ShardedBatches:
        """Returns this rank's training loader."""
        return ShardedBatches(
            self.location,
            self.facts,
            self.image_size,
            self.batch_size,
            self.seed,
            augment=self.augment,
            cache_dir=self.shard_cache,
            threads=self.threads,
            rank=rank,
            world=world,
            views=views,
            device=device,
        )

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
        """Returns counts and fingerprint."""
        facts = {"kind": "sharded", "num_classes": self.num_classes, "location": self.location}
        return {**facts, "fingerprint": self.facts.fingerprint, "evaluation": self.evaluation.facts()}
