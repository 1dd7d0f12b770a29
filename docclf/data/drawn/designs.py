"""The embedded drawn documents as a part of a packed training set."""

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import PIL

from docclf.data.drawn.cache import cached
from docclf.data.index.hashes import Hashes
from docclf.data.pack.part import Part
from docclf.imaging.feature.phash import NONE
from docclf.synthetic import draw
from docclf.synthetic.design import kind_of
from docclf.synthetic.worker import Row


def design_hashes(designs: Sequence[int], seed: int) -> Hashes:
    """Returns what stands for the contents of designs, whatever their size in pixels and whoever filled them in.

    They have no look: copies of one design share it, so comparing looks would tell nothing more.

    Args:
        designs: their numbers.
        seed: seed of designs and fills.
    """
    names = (f"design {draw.VERSION} {seed} {design}" for design in designs)
    digests = b"".join(hashlib.sha256(name.encode()).digest() for name in names)
    contents = np.frombuffer(digests, np.uint8).reshape(-1, 32)
    looks = np.full(len(designs), NONE, np.uint64)
    return Hashes(contents, looks, lambda i: f"{kind_of(designs[i], seed)}-{designs[i]}")


class Designs(Part):
    """Training designs of docclf/data/synthetic.py as a part of a packed set.

    They are drawn when a first pixel is asked for, and found in the cache afterwards.

    Args:
        count: designs, each a class.
        side: S, pixels.
        seed: seed of designs and fills.
        cache_dir: folder of the drawn pictures; None takes DOCCLF_CACHE or ~/.cache/docclf.
        workers: drawing processes; None takes the cores of this process.
    """

    def __init__(self, count: int, side: int, seed: int, cache_dir: str | None, workers: int | None):
        self.path, self.num_images, self.side = Path("synthetic"), count, side
        self.keys = [f"{kind_of(design, seed)}-{design}" for design in range(count)]
        facts = json.dumps(["designs", draw.VERSION, PIL.__version__, count, side, seed])
        self.fingerprint = hashlib.sha256(facts.encode()).hexdigest()
        self._how = (side, seed, 1.0, cache_dir, workers)

    @cached_property
    def images(self) -> np.ndarray:
        """uint8 [N,S,S,3], mapped from the cache, read-only."""
        return cached([Row(design, design, False) for design in range(self.num_images)], *self._how)

    @cached_property
    def hashes(self) -> np.ndarray:
        """What stands for the content of each design, uint8 [N,32]."""
        return design_hashes(range(self.num_images), self._how[1]).contents

    def read(self, i: int) -> np.ndarray:
        """Returns design i, uint8 [S,S,3]; the caller must not write to it."""
        return self.images[i]
