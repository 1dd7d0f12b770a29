"""Small packs for tests."""

from pathlib import Path

import cv2
import numpy as np

from docclf.data.index.build import build_index
from docclf.data.pack.items import PackItems
from docclf.data.pack.read import Pack
from docclf.data.pack.write import write_pack


def picture(seed: int, side: int = 40) -> np.ndarray:
    """uint8 [H,W,3] with structure, of a size that depends on the seed."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (5, 5, 3), dtype=np.uint8)
    return cv2.resize(coarse, (side + seed % 7, side - seed % 5), interpolation=cv2.INTER_CUBIC)


def folder_of(root: Path, count: int, first: int = 0) -> Path:
    """Writes `count` pictures below `root`."""
    root.mkdir(parents=True)
    for i in range(count):
        cv2.imwrite(str(root / f"{i:03d}.png"), picture(first + i)[..., ::-1])
    return root


def pack_of(root: Path, out: Path, side: int = 24, compact: bool = False) -> Pack:
    """Packs the pictures below `root`."""
    return write_pack(PackItems([build_index(root)], side, compact), out, threads=2)
