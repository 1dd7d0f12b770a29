"""Class centres that are given, not learned: a rule from a class to its direction."""

import math
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from docclf.errors import InputError
from docclf.ops import unit

# classes up to which every pair is looked at; of more, every pair of a spread sample of so many
LOOKED_AT = 4096


@runtime_checkable
class Fixed(Protocol):
    """A rule for centres that stay as they are; a torch module when it keeps a table.

    Attributes:
        stored: bytes that it keeps per run; 0 when each centre is made anew where it is needed.
    """

    stored: int

    def start(self, num_classes: int, dim: int, seed: int) -> None:
        """Told once, before any row is asked for, what to be a rule for; raises InputError where it cannot be one."""

    def rows(self, classes: Tensor) -> Tensor:
        """Returns the centres of classes int64 [n], float32 [n,D] of any length, on their device."""


def welch(num_classes: int, dim: int) -> float:
    """Returns the least that the largest |cosine| between K directions in D dimensions can be (Welch, 1974)."""
    if num_classes <= max(1, dim):
        return 0.0
    return math.sqrt((num_classes - dim) / (dim * (num_classes - 1)))


def spread(rule: Fixed, num_classes: int, dim: int) -> dict[str, float]:
    """Returns ``largest`` and ``mean`` |cosine| between different centres, ``welch`` and the number ``looked_at``."""
    step = max(1, -(-num_classes // LOOKED_AT))
    w = unit(rule.rows(torch.arange(0, num_classes, step)))
    largest, total = 0.0, 0.0
    for first in range(0, len(w), 1024):
        cosines = (w[first : first + 1024] @ w.T).abs()
        cosines[torch.arange(len(cosines)), torch.arange(first, first + len(cosines))] = 0.0
        largest, total = max(largest, cosines.max().item()), total + cosines.double().sum().item()
    pairs = max(1, len(w) * (len(w) - 1))
    return {"largest": largest, "mean": total / pairs, "welch": welch(num_classes, dim), "looked_at": len(w)}


def described(rule: Fixed, num_classes: int, dim: int, seconds: float) -> str:
    """Returns the line for the log: how far apart the centres are, what they took and what they save."""
    found = spread(rule, num_classes, dim)
    of = "" if found["looked_at"] == num_classes else f" of {found['looked_at']:,} of them"
    saved = 8 * num_classes * dim - rule.stored
    return (
        f"{type(rule).__name__}: {num_classes:,} fixed centres in {dim} dimensions, largest |cosine|{of} "
        f"{found['largest']:.4f}, mean {found['mean']:.4f}, Welch floor {found['welch']:.4f}; built in "
        f"{seconds:.1f} s, {rule.stored:,} bytes kept, {saved:,} fewer than learned ones with one moment"
    )


def at_most(limit: int, num_classes: int, name: str, told: str) -> None:
    """Raises InputError when there are more classes than a rule has directions."""
    if num_classes > limit:
        raise InputError(
            f"loss/centres={name} has {limit} directions ({told}), and there are {num_classes} classes; raise "
            "embed_dim, or take loss/centres=random, hadamard or ebv."
        )
