"""Cosines as text, and whether embeddings tell anything apart."""

import math
from typing import Any

import numpy as np

ALIKE = 1e-4  # a float32 network repeats a cosine to about 1e-6; below this spread its order says little
_SAMPLED = 512


def text(cosine: float) -> str:
    """Returns a cosine with four digits, and near 1 with as many more (seven at most) as tell it from 1."""
    gap = abs(1 - abs(cosine))
    digits = 7 if gap < 1e-7 else min(7, max(4, 1 + math.ceil(-math.log10(gap))))
    return f"{cosine:.{digits}f}"


def alike(*parts: Any) -> str | None:
    """Returns a sentence when all embeddings [N,D] point one way, as those of a collapsed network; else ``None``.

    Of many rows 512, evenly spaced, are compared, each with each. Rows that have no direction (zero, not finite) give
    ``None``: they are an error of their own.

    Args:
        parts: arrays, or tensors on any device.
    """
    plain = [part.detach().cpu().double() if hasattr(part, "detach") else part for part in parts]
    rows = np.concatenate([np.asarray(part, np.float64) for part in plain])
    rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), _SAMPLED)).astype(int)]
    if len(rows) < 2 or not np.isfinite(rows).all() or not rows.any(1).all():
        return None
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    pairs = (rows @ rows.T)[np.triu_indices(len(rows), 1)]
    low, high = float(pairs.min()), float(pairs.max())
    if low < 1 - ALIKE:
        return None
    return f"embeddings are all alike: cosines between {low:.7f} and {min(high, 1.0):.7f}"
