"""The highest impostor of each query and the rank of its own class, tile by tile."""

import numpy as np
import torch
from torch import Tensor


class Best:
    """Running maximum over the impostor scores of t rows.

    Args:
        own: score with the own class, nan where it is not registered [t].
    """

    def __init__(self, own: Tensor):
        self._own = own
        self._score = torch.full_like(own, -torch.inf)
        self._column = torch.full(own.shape, -1, dtype=torch.int64, device=own.device)
        self._beaten = torch.zeros_like(self._column)

    def see(self, scores: Tensor, first: int) -> None:
        """Takes impostor scores [t, k] of the columns from `first` on; among equals the first column stays."""
        top = scores.amax(1)
        better = (top > self._score).nonzero()[:, 0]
        self._column[better] = scores[better].argmax(1) + first
        self._score[better] = top[better]
        # Few rows are beaten by anything in a tile, so only those are counted through.
        beaten = (top >= self._own).nonzero()[:, 0]
        self._beaten[beaten] += (scores[beaten] >= self._own[beaten, None]).sum(1)

    def score(self) -> np.ndarray:
        """Highest impostor score, -inf when there is none [t]."""
        return self._score.cpu().numpy()

    def column(self) -> np.ndarray:
        """Its column, -1 when there is none [t]."""
        return self._column.cpu().numpy()

    def rank(self) -> np.ndarray:
        """1 + the number of other classes that score at least as high as the own one; 0 when not registered [t]."""
        return torch.where(torch.isnan(self._own), 0, self._beaten + 1).cpu().numpy()
