"""Cosines as text, and whether embeddings tell anything apart."""

import math

import torch
from torch import Tensor

from docclf.ops import unit

ALIKE = 1e-4  # a float32 network repeats a cosine to about 1e-6; below this spread its order says little
_SAMPLED = 512


def text(cosine: float) -> str:
    """Returns a cosine with four digits, and near 1 with as many more (seven at most) as tell it from 1."""
    gap = abs(1 - abs(cosine))
    digits = 7 if gap < 1e-7 else min(7, max(4, 1 + math.ceil(-math.log10(gap))))
    return f"{cosine:.{digits}f}"


def alike(*parts: Tensor) -> str | None:
    """Returns a sentence when all embeddings [N,D] point one way, as those of a collapsed network; else ``None``.

    Of many rows 512, evenly spaced, are compared, each with each. Rows that have no direction (zero, not finite) give
    ``None``: they are an error of their own.
    """
    rows = torch.cat([part.detach().cpu().double() for part in parts])
    rows = rows[torch.linspace(0, len(rows) - 1, min(len(rows), _SAMPLED)).long()]
    if len(rows) < 2 or not torch.isfinite(rows).all() or not rows.any(1).all():
        return None
    rows = unit(rows)
    pairs = (rows @ rows.T)[tuple(torch.triu_indices(len(rows), len(rows), 1))]
    low, high = float(pairs.min()), float(pairs.max())
    if low < 1 - ALIKE:
        return None
    return f"embeddings are all alike: cosines between {low:.7f} and {min(high, 1.0):.7f}"
