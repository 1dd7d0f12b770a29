"""Training on shards that LitData streams; every image its own class."""

import numpy as np

from docclf.data.dataset import Evaluated
from docclf.data.drawn.documents import drawn_documents
from docclf.data.evaluation.folder import read_tree
from docclf.data.index.hashes import Hashes
from docclf.data.litdata.loader import ShardedBatches
from docclf.data.litdata.shards import litdata, read_facts, read_hashes
from docclf.data.pixels.views import class_keys
from docclf.imaging.read import MAX_PIXELS


class Sharded(Evaluated):
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
        augment: see `docclf.data.loader.assembly.Assembly`.

    Raises:
        InputError: LitData is not installed, or no shards are there.
    """

    kind = "sharded"

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
        self.location, self.shards = location, read_facts(location)
        self._how = (image_size, batch_size, seed, augment, shard_cache, threads)
        reading = (image_size, batch_size, threads)
        if eval_root is not None:
            self.evaluation = read_tree(eval_root, *reading, max_pixels, "data.eval_root")
        else:
            self.evaluation = drawn_documents(*reading, data_seed, 0.2, 4, cache_dir, workers)
        self.num_classes = self.shards.count

    def train_loader(
        self, rank: int = 0, world: int = 1, views: tuple[str, ...] = (), device: str = "cpu"
    ) -> ShardedBatches:
        """Returns this rank's training loader."""
        size, batch_size, seed, augment, cache_dir, threads = self._how
        how = {"augment": augment, "cache_dir": cache_dir, "threads": threads, "rank": rank, "world": world}
        return ShardedBatches(self.location, self.shards, size, batch_size, seed, views=views, device=device, **how)

    def class_keys(self) -> np.ndarray:
        """Returns a number per training class that follows its image, not its place, uint64 [num_classes]."""
        return class_keys(self.training_hashes().contents)

    def training_hashes(self) -> Hashes:
        """Returns contents and looks of the images that the shards were made of.

        Raises:
            InputError: the shards were made before they kept that.
        """
        return read_hashes(self.location, self.shards)

    def fingerprint(self) -> str:
        """Returns that of the packs the shards were made of."""
        return self.shards.fingerprint

    def describe(self) -> dict:
        """Returns counts and fingerprint."""
        facts = {"kind": self.kind, "num_classes": self.num_classes, "location": self.location}
        return {**facts, "fingerprint": self.fingerprint(), "evaluation": self.evaluation.facts()}
