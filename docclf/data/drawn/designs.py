"""The embedded drawn documents as a part of a packed training set."""

import hashlib
import json
from functools import cached_property
from pathlib import Path

import numpy as np
import PIL

from docclf.data.drawn.cache import cached
from docclf.synthetic import draw
from docclf.synthetic.design import kind_of
from docclf.synthetic.worker import Row


def design_hashes(count: int, seed: int) -> np.ndarray:
    """Returns what stands for the sha256 of the designs 0 to count, whatever their size in pixels, uint8 [count,32]."""
    names = (f"design {draw.VERSION} {seed} {i}" for i in range(count))
    return np.frombuffer(b"".join(hashlib.sha256(name.encode()).digest() for name in names), np.uint8).reshape(-1, 32)


class Designs:
    """Training designs of docclf/data/synthetic.py with the interface of `docclf.data.pack.read.Pack`.

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
        """A number for each design in place of a file's sha256, uint8 [N,32]."""
        return design_hashes(self.num_images, self._how[1])

    def read(self, i: int) -> np.ndarray:
        """Returns design i, uint8 [S,S,3]; the caller must not write to it."""
        return self.images[i]
