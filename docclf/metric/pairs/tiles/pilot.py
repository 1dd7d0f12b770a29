"""A sample of scores plans the walk over all of them; the walk proves the plan or has it widened."""

from dataclasses import dataclass

import numpy as np
import torch

from docclf.metric.pairs.layout import Layout

SIDE = 2048  # rows and columns sampled at most; 4 M scores place a bracket within a few per cent of its rank


@dataclass(frozen=True)
class Plan:
    """What a counter is asked for; a plan decides cost and memory, the numbers come out the same.

    Args:
        edges: ascending, distinct float32 values to count against [E].
        brackets: ascending, disjoint closed ranges [low, high] whose scores are kept whole.
        floor: scores from here on are returned with their places.
    """

    edges: np.ndarray
    brackets: list[tuple[float, float]]
    floor: float


class Pilot:
    """Makes plans: brackets around the impostor scores of given ranks, and a floor.

    Args:
        layout: what is walked over.
        edges: ascending, distinct genuine scores.
        negatives: impostor pairs of the layout.
        ranks: how many false accepts each operating point allows, from 1.
        extremes: about how many of the highest impostors lie above the floor.
    """

    def __init__(self, layout: Layout, edges: np.ndarray, negatives: int, ranks: list[int], extremes: int):
        self.edges, self.negatives, self.slack = edges, negatives, 0.1
        self.ranks, self.sample = sorted(set(ranks)), _sample(layout)
        least = 31 * negatives / max(1, len(self.sample))
        self.floor = self._score(max(extremes, least)) if extremes < negatives else -np.inf

    def plan(self) -> Plan:
        """The plan at the present slack."""
        if self.slack > 1:
            return Plan(self.edges, [(-np.inf, np.inf)], self.floor)
        brackets: list[tuple[float, float]] = []
        for rank in self.ranks[::-1]:
            # Rows share their query, so a sample strays further than counting alone would say: 10 % on top of 6 sigma.
            place = rank / self.negatives * len(self.sample)
            reach = self.slack * (place + 60 * place**0.5 + 100)
            low, high = self._at(place + reach), self._at(place - reach)
            if brackets and low <= brackets[-1][1]:
                brackets[-1] = (brackets[-1][0], max(high, brackets[-1][1]))
            else:
                brackets.append((low, high))
        return Plan(self.edges, brackets, self.floor)

    def widen(self) -> None:
        """More slack: the walk must be repeated because a wanted score lay outside its bracket."""
        self.slack *= 4

    def _score(self, rank: float) -> float:
        return self._at(rank / self.negatives * len(self.sample))

    def _at(self, place: float) -> float:
        """The sample's score at a place from the top; beyond its ends, beyond every score."""
        if place < 1:
            return np.inf
        if place >= len(self.sample):
            return -np.inf
        return float(self.sample[len(self.sample) - 1 - int(place)])


def _sample(layout: Layout) -> np.ndarray:
    """Ascending impostor scores of evenly spaced rows against evenly spaced columns; only a guide, never a result."""
    side = min(SIDE, max(SIDE // 8, int((layout.pairs() / 32) ** 0.5)))
    rows = torch.linspace(0, len(layout.rows) - 1, min(side, len(layout.rows))).long()
    cols = torch.linspace(0, len(layout.cols) - 1, min(side, len(layout.cols))).long()
    label = layout.image_label()
    scores = layout.images(rows, cols)
    keep = layout.row_label[rows][:, None] != label[cols][None]
    return np.sort(scores[keep].cpu().numpy())
