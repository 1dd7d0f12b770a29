"""A sample of scores plans the walk over all of them; the walk proves the plan or has it widened."""

import numpy as np
import torch

from docclf.metric.pairs.counter import HISTOGRAM_EDGES, Plan
from docclf.metric.pairs.layout import Layout

SIDE = 2048  # rows and columns sampled at most; 4 M scores place a bracket within a few per cent of its rank
KEEP_ALL = 1 << 20  # below this many impostors all are sorted and nothing need be guessed
SORT_COST = 11.0  # ns to sort a score (np.sort, AVX2), against
EDGE_COST = 0.5  # ns to compare it with one edge, twice


class Pilot:
    """Makes plans: brackets around the impostor scores of given ranks, a cut and a floor.

    Args:
        edges: ascending, distinct genuine scores.
        negatives: impostor pairs of the layout.
        ranks: how many false accepts each operating point allows; ranks below 1 are passed over.
        extremes: about how many of the highest impostors lie above the floor.
    """

    def __init__(self, layout: Layout, edges: np.ndarray, negatives: int, ranks: list[int], extremes: int):
        self.edges, self.negatives, self.slack = edges, negatives, 0.1
        self.ranks = sorted({rank for rank in ranks if 1 <= rank < negatives})
        guess = extremes < negatives or negatives > KEEP_ALL
        self.sample = _sample(layout) if guess else np.empty(0, np.float32)
        least = 31 * negatives / max(1, len(self.sample))
        self.floor = self._score(max(extremes, least)) if extremes < negatives else -2.0

    def plan(self) -> Plan:
        """The plan at the present slack."""
        if self.negatives <= KEEP_ALL or self.slack > 1:
            return Plan(self.edges, [(-2.0, float("inf"))], -2.0, self.floor)
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
        return Plan(self.edges, brackets, self._cut(min([self.floor, *[low for low, _ in brackets]])), self.floor)

    def widen(self) -> None:
        """More slack: the walk must be repeated because a wanted score lay outside its bracket."""
        self.slack *= 4

    def _cut(self, ceiling: float) -> float:
        """Where sorting what lies above and comparing every score with each edge below costs least."""
        cuts = np.append(self.edges[: int(SORT_COST / EDGE_COST) + 1], np.float32(np.inf))
        cuts = np.unique(np.minimum(cuts, np.float32(ceiling)))
        share = 1 - np.searchsorted(self.sample, cuts) / len(self.sample)
        cost = SORT_COST * share + EDGE_COST * np.searchsorted(self.edges, cuts)
        return float(cuts[np.argmin(cost)])

    def histogram(self, exact: np.ndarray, uncounted: int) -> np.ndarray:
        """Bins of what was sorted, plus the sample's shape of the scores that were only counted."""
        if not uncounted:
            return exact
        low = self.sample[self.sample < np.float32(self.plan().cut)]
        shape = np.diff(np.searchsorted(low, HISTOGRAM_EDGES[1:-1]), prepend=0, append=len(low))
        return exact + np.round(shape * (uncounted / max(1, len(low)))).astype(np.int64)

    def _score(self, rank: float) -> float:
        return self._at(rank / self.negatives * len(self.sample))

    def _at(self, place: float) -> float:
        """The sample's score at a place from the top; beyond its ends, beyond every score."""
        if place < 1:
            return float("inf")
        if place >= len(self.sample):
            return -2.0
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
