"""Directions that are pushed apart until none comes closer than an angle."""

import torch
from torch import Tensor, nn

from docclf.errors import InputError
from docclf.loss.centres.fixed.base import welch
from docclf.loss.centres.rows import draw

BLOCK = 2048
# others up to which a step of 0.02 times the summed pushes neither overshoots nor creeps
SUMMED = 2400


class Ebv(nn.Module):
    """Equiangular basis vectors (arXiv:2303.11637): sum over pairs of relu(|w_i . w_j| - a) is made small.

    Random unit vectors walk against that sum's gradient, a block at a time against all others or a sample of them, and
    are made unit length again after each step; the rate falls to zero. The table is kept and goes into the checkpoint.
    It is meant for logits of cosine / 0.07 with smoothing 0.1 and no margin.

    Args:
        a: |cosine| not pushed any further; None: 1.5 times the Welch floor, at least 0.02, which 100 passes reach
            for some thousand classes. Not every a above the floor can be reached; the log tells what was.
        passes: walks over all classes.
        lr: rate of the first pass.
        against: others that a block is pushed away from; all, where there are no more.

    Raises:
        InputError: a is below the Welch floor, which no directions reach, or a value is outside its range.
    """

    def __init__(self, a: float | None = None, passes: int = 100, lr: float = 0.02, against: int = 16384) -> None:
        super().__init__()
        if passes < 0 or not lr > 0 or against < 1:
            raise InputError(
                f"loss.centres passes={passes}, lr={lr}, against={against}: want 0 passes or more, a rate above 0 and "
                "1 other class or more"
            )
        self.table = torch.empty(0, 0)
        self.a, self.passes, self.lr, self.against = a, passes, lr, against

    @property
    def stored(self) -> int:
        """Bytes of the table."""
        return self.table.numel() * self.table.element_size()

    def start(self, num_classes: int, dim: int, seed: int) -> None:
        """Makes the table."""
        floor = welch(num_classes, dim)
        wanted = max(0.02, 1.5 * floor) if self.a is None else self.a
        if not floor <= wanted <= 1:
            raise InputError(
                f"loss.centres.a={wanted}: {num_classes} directions in {dim} dimensions cannot all be further apart "
                f"than |cosine| {floor:.4f} (Welch); give a between that and 1, or loss.centres.a=null"
            )
        self.table = draw(0, num_classes, dim, seed)
        generator = torch.Generator().manual_seed(seed)
        for step in range(self.passes):
            for first in range(0, num_classes, BLOCK):
                self._push(slice(first, first + BLOCK), wanted, self.lr * (1 - step / self.passes), generator)

    def _push(self, block: slice, a: float, lr: float, generator: torch.Generator) -> None:
        """Moves a block of rows away from the others; itself pushes a row along it, which is taken out."""
        others = self.table
        if len(others) > self.against:
            others = others[torch.randint(len(others), (self.against,), generator=generator)]
        rows = self.table[block]
        cosines = rows @ others.T
        push = torch.where(cosines.abs() > a, cosines.sign(), 0.0) @ others
        push -= (push * rows).sum(1, keepdim=True) * rows
        rate = lr * min(1.0, SUMMED / len(others))
        self.table[block] = nn.functional.normalize(rows - rate * push, dim=1)

    def rows(self, classes: Tensor) -> Tensor:
        """Returns unit rows float32 [n,D] of classes int64 [n]."""
        return self.table[classes]

    def get_extra_state(self) -> dict:
        """Returns the table: another machine might round it otherwise."""
        return {"table": self.table}

    def set_extra_state(self, state: dict) -> None:
        """Takes a table of the same classes; raises InputError for another."""
        if state["table"].shape != self.table.shape:
            raise InputError(
                f"the checkpoint holds {list(state['table'].shape)} fixed centres, this run has "
                f"{list(self.table.shape)}; go on with the same data and embed_dim"
            )
        self.table = state["table"].to(self.table)

    def _apply(self, fn, recurse: bool = True):
        super()._apply(fn, recurse)
        self.table = fn(self.table)
        return self
