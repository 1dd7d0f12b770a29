"""What became of each query: its own class, the nearest other class, and the scores of both."""

from dataclasses import dataclass

import numpy as np
import torch

from docclf.report.inputs import Evaluation, Place

_BLOCK = 512


@dataclass
class Outcome:
    """Per row (a query; among all pairs every image) against the single images it is compared with.

    Args:
        own: highest cosine with an image of the row's class [N]; nan where there is none.
        own_at: that image [N]; -1 where there is none.
        other: highest cosine with an image of another class [N]; nan where there is none.
        other_at: that image [N].
        registered: number of registered images; a column number below it is a registered image, the rest are queries.
        all_pairs: rows and columns are all images, registered ones first.
    """

    own: np.ndarray
    own_at: np.ndarray
    other: np.ndarray
    other_at: np.ndarray
    registered: int
    all_pairs: bool

    @property
    def known(self) -> np.ndarray:
        """Rows whose class could be found, bool [N]."""
        return self.own_at >= 0

    @property
    def right(self) -> np.ndarray:
        """Rows whose nearest image is of their class, bool [N]; a tie counts against."""
        return self.known & ~(self.own <= self.other)

    def row(self, i: int) -> Place:
        """Returns the image of row i."""
        return self.column(i) if self.all_pairs else ("query", i)

    def column(self, i: int) -> Place:
        """Returns the image of column i."""
        return ("register", i) if i < self.registered else ("query", i - self.registered)


def outcome(evaluation: Evaluation, protocol: str) -> Outcome:
    """Compares every row with every column, block by block; by the given scores where pairs were scored."""
    every = protocol == "all_pairs"
    rows, labels = evaluation.query, evaluation.query_labels
    columns, names = evaluation.register, evaluation.register_labels
    if every:
        rows = columns = torch.cat([columns, rows])
        labels = names = torch.cat([names, labels])
    if evaluation.scores is None:
        columns = torch.nn.functional.normalize(columns.float(), dim=1).T.contiguous()
    found: list[tuple[torch.Tensor, ...]] = []
    for start in range(0, len(rows), _BLOCK):
        if evaluation.scores is not None:
            scores = evaluation.scores[start : start + _BLOCK].clone()
        else:
            scores = torch.nn.functional.normalize(rows[start : start + _BLOCK].float(), dim=1) @ columns
        same = labels[start : start + _BLOCK, None] == names
        own = scores.masked_fill(~same, -torch.inf)
        if every:  # an image is not compared with itself
            own[torch.arange(len(own)), torch.arange(start, start + len(own))] = -torch.inf
        found.append((*own.max(1), *scores.masked_fill(same, -torch.inf).max(1)))
    own, own_at, other, other_at = (torch.cat([part[at] for part in found]).numpy() for at in range(4))
    return Outcome(np.where(np.isfinite(own), own, np.nan), np.where(np.isfinite(own), own_at, -1),
                   np.where(np.isfinite(other), other, np.nan), np.where(np.isfinite(other), other_at, -1),
                   len(evaluation.register), every)  # fmt: skip
