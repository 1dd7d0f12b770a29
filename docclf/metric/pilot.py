"""A sample of scores that guesses where the wanted impostor scores lie; the walk over all scores proves or widens it."""

import numpy as np
import torch

from docclf.metric.layout import Layout

SIDE = 2048  # rows and columns sampled; 4 M scores place a bracket within a few per cent of its rank
KEEP_ALL = 1 << 22  # below this many impostors everything in question is kept and nothing need be guessed


class Pilot:
    """Brackets [low, high] around the impostor scores of given ranks, and a floor above which about `extremes` lie.

    Args:
        negatives: impostor pairs of the layout.
        ranks: how many false accepts each operating point allows; ranks below 1 are passed over.
    """

    def __init__(self, layout: Layout, negatives: int, ranks: list[int], extremes: int):
        self.negatives, self.slack = negatives, 0.1
        self.ranks = sorted({rank for rank in ranks if 1 <= rank < negatives})
        guess = extremes < negatives or negatives > KEEP_ALL
        self._sample = _sample(layout) if guess else np.empty(0, np.float32)
        least = 31 * negatives / max(1, len(self._sample))
        self.floor = self._score(max(extremes, least)) if extremes < negatives else -2.0
        self.brackets = self._brackets()

    def widen(self, missed: list[int]) -> bool:
        """False when nothing was missed; else doubles the slack and says that the walk must be repeated."""
        if not missed:
            return False
        self.slack = self.slack * 3 if self.slack < 0.9 else 1e9
        self.brackets = self._brackets()
        return True

    def _brackets(self) -> list[tuple[float, float]]:
        if self.negatives <= KEEP_ALL or self.slack > 1e6:
            return [(-2.0, float("inf"))]
        spans = sorted((self._score(rank * (1 + self.slack) + 50), self._score(rank / (1 + self.slack) - 50))
                       for rank in self.ranks)  # fmt: skip
        merged: list[tuple[float, float]] = []
        for low, high in spans:
            if merged and low <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
            else:
                merged.append((low, high))
        return merged

    def _score(self, rank: float) -> float:
        """Score that about `rank` impostors reach; beyond the ends of the sample, beyond every score."""
        place = rank / self.negatives * len(self._sample)
        if place < 30:
            return float("inf")
        if place >= len(self._sample):
            return -2.0
        return float(self._sample[len(self._sample) - 1 - int(place)])


def _sample(layout: Layout) -> np.ndarray:
    """Ascending impostor scores of evenly spaced rows against evenly spaced columns; only a guide, never a result."""
    rows = torch.linspace(0, len(layout.rows) - 1, min(SIDE, len(layout.rows))).long()
    cols = torch.linspace(0, len(layout.cols) - 1, min(SIDE, len(layout.cols))).long()
    label = layout.image_label()
    scores = layout.rows[rows] @ layout.cols[cols].T
    keep = layout.row_label[rows][:, None] != label[cols][None]
    return np.sort(scores[keep].cpu().numpy())
