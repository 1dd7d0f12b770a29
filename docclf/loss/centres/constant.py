"""Centres that a rule gives, in the place of a table of learned ones."""

import hashlib
import logging
import time

import torch
from torch import Tensor, nn

from docclf.distributed.ranks import Ranks
from docclf.loss.centres.fixed.base import Fixed, described

# rows made at a time where all are wanted
BLOCK = 4096
_log = logging.getLogger(__name__)


class Constant(nn.Module):
    """The centres [K,D] of the classes first to last: indexed like a tensor, made by the rule, moved by nothing.

    Args:
        num_classes: K.
        dim: D.
        rule: of docclf.loss.centres.fixed.
        seed: of the run.

    Raises:
        InputError: the rule has no such centres.
    """

    names = ()  # no table to save

    def __init__(self, num_classes: int, dim: int, rule: Fixed, seed: int) -> None:
        super().__init__()
        start = time.perf_counter()
        rule.start(num_classes, dim, seed)
        seconds = time.perf_counter() - start
        self.first, self.last, self.dim, self.rule, self.ranks = 0, num_classes, dim, rule, None
        self.register_buffer("_place", torch.empty(0), persistent=False)
        if Ranks().rank == 0:
            _log.info("loss head: %s", described(rule, num_classes, dim, seconds))

    @property
    def weight(self) -> "Constant":
        """Itself, in the place of a table."""
        return self

    @property
    def shape(self) -> tuple[int, int]:
        """k, D."""
        return len(self), self.dim

    @property
    def device(self) -> torch.device:
        """That on which rows are made."""
        return self._place.device

    def __len__(self) -> int:
        return self.last - self.first

    def __getitem__(self, index: Tensor | slice) -> Tensor:
        """Returns rows [n,D] of any length of places int64 [n] or a slice."""
        if isinstance(index, slice):
            index = torch.arange(*index.indices(len(self)), device=self.device)
        return self.rule.rows(index + self.first)

    def narrow(self, first: int, last: int, ranks: object) -> None:
        """Keeps the classes first to last (exclusive) only; ``ranks`` keep the others."""
        self.first, self.last, self.ranks = first, last, ranks

    def mean(self) -> Tensor:
        """Returns the mean of the unit centres of all classes held, float64 [D]."""
        total = torch.zeros(self.dim, dtype=torch.float64, device=self.device)
        for first in range(0, len(self), BLOCK):
            total += nn.functional.normalize(self[first : first + BLOCK].double(), dim=1).sum(0)
        return total / max(1, len(self))

    def fingerprint(self) -> str:
        """Returns the sha256 of all rows held, made in blocks: the same before and after a training."""
        digest = hashlib.sha256()
        for first in range(0, len(self), BLOCK):
            digest.update(self[first : first + BLOCK].cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()
