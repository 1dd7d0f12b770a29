"""Small image files for tests."""

from pathlib import Path

import numpy as np
from PIL import Image


def pixels(seed: int, height: int = 24, width: int = 36) -> np.ndarray:
    """Returns a smooth random image, uint8 [H,W,3], so that JPEG keeps it nearly as it is."""
    small = np.random.default_rng(seed).integers(0, 256, (3, 4, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BILINEAR))


def save(path: Path, image: int | np.ndarray, **options) -> Path:
    """Writes an image (or the random one of a seed), making its folders; returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels(image) if isinstance(image, int) else image).save(path, **options)
    return path
