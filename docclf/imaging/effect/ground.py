"""A plain ground round what is kept of an image, as product pictures and scans on a lid have it."""

import math

import numpy as np


def kept(ground: np.ndarray, size: int) -> np.ndarray:
    """float32 [S,S] share of the image, 0 to 1: a turned superellipse, its edge one pixel wide.

    Args:
        ground: [9]; see docclf.augment.draws.params.
        size: S, pixels.
    """
    x0, y0, rx, ry, exponent, angle = (float(v) for v in ground[:6])
    axis = (np.arange(size, dtype=np.float32) + 0.5) / size
    x, y = (axis - np.float32(x0))[None, :], (axis - np.float32(y0))[:, None]
    cos, sin = np.float32(math.cos(angle)), np.float32(math.sin(angle))
    along, across = np.abs(x * cos + y * sin) / np.float32(rx), np.abs(y * cos - x * sin) / np.float32(ry)
    exponent = np.float32(exponent)
    distance = (along**exponent + across**exponent) ** (np.float32(1.0) / exponent)
    return np.clip((1.0 - distance) * np.float32(min(rx, ry) * size) + np.float32(0.5), 0.0, 1.0)


def on_ground(image: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """uint8 [S,S,3] = image * kept + colour * (1 - kept)."""
    share = kept(ground, image.shape[0])[..., None]
    mixed = image * share + ground[6:].astype(np.float32) * (1.0 - share)
    return np.rint(mixed).astype(np.uint8)
