"""The exact ROC of a set of genuine scores and the counts of impostors around each: areas, equal error rate, points."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Curve:
    """ROC as whole numbers, at the distinct genuine scores in descending order.

    Between two of them only false accepts grow, so these corners are the whole curve.

    Args:
        scores: distinct genuine scores, descending [E].
        weight: genuine pairs at each score [E].
        above: impostor pairs strictly above each score [E].
        tied: impostor pairs at each score [E].
        negatives: impostor pairs.
    """

    scores: np.ndarray
    weight: np.ndarray
    above: np.ndarray
    tied: np.ndarray
    negatives: int

    @cached_property
    def positives(self) -> int:
        """Genuine pairs."""
        return int(self.weight.sum())

    @cached_property
    def accepted(self) -> np.ndarray:
        """Genuine pairs at or above each score [E]."""
        return np.cumsum(self.weight)

    @cached_property
    def corners(self) -> tuple[np.ndarray, np.ndarray]:
        """False and true accepts at every corner of the curve, from (0, 0) to (negatives, positives)."""
        before = self.accepted - self.weight
        false = np.stack([self.above, self.above + self.tied], 1).reshape(-1)
        true = np.stack([before, self.accepted], 1).reshape(-1)
        return np.concatenate([[0], false, [self.negatives]]), np.concatenate([[0], true, [self.positives]])

    def auroc(self) -> float | None:
        """Mann-Whitney with ties at one half, summed in whole numbers and divided once."""
        if not self.positives or not self.negatives:
            return None
        lost = int((self._wide(self.weight) * (2 * self.above + self.tied)).sum())
        whole = 2 * self.positives * self.negatives
        return (whole - lost) / whole

    def partial_auc(self, limit: float) -> float | None:
        """Area up to FPR `limit`, standardised (McClish 1989): 0.5 is chance, 1 perfect, as in scikit-learn."""
        if not self.positives or not self.negatives:
            return None
        false, true = self.corners
        share = Fraction(repr(float(limit)))
        end = share * self.negatives
        inside = int(np.searchsorted(false, float(end), side="right"))
        while inside < len(false) and false[inside] <= end:
            inside += 1
        while false[inside - 1] > end:
            inside -= 1
        area = Fraction(int((self._wide(np.diff(false[:inside])) * (true[1:inside] + true[: inside - 1])).sum()), 2)
        if inside < len(false):
            here, rise = int(true[inside - 1]), int(true[inside]) - int(true[inside - 1])
            run = end - int(false[inside - 1])
            area += run * here + run * run * rise / (2 * (int(false[inside]) - int(false[inside - 1])))
        area /= self.positives * self.negatives
        return float((1 + (area - share * share / 2) / (share - share * share / 2)) / 2)

    def equal_error(self) -> float | None:
        """Where FPR = 1 - TPR on the line between the two points that bracket it."""
        if not self.positives or not self.negatives:
            return None
        false, true = self.corners
        gap = self._wide(false) * self.positives + self._wide(true) * self.negatives - self.positives * self.negatives
        place = int(np.argmax(gap >= 0))
        before, after = -int(gap[place - 1]), int(gap[place])
        step = Fraction(int(false[place]) - int(false[place - 1])) * Fraction(before, before + after)
        return float((int(false[place - 1]) + step) / self.negatives)

    def _wide(self, counts: np.ndarray) -> np.ndarray:
        """Counts whose products fit: int64, or Python integers where 64 bits could overflow."""
        return counts if 4 * self.positives * self.negatives < 2**63 else counts.astype(object)

    def points(self, count: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """At most `count` exact points (FPR, TPR, threshold), spread evenly in log FPR, both ends included."""
        if not self.positives or not self.negatives:
            return np.empty(0), np.empty(0), np.empty(0)
        false = self.above + self.tied
        wanted = np.geomspace(1.0, max(1.0, float(false[-1])), count - 2)
        place = np.clip(np.searchsorted(false, wanted, side="right") - 1, 0, len(false) - 1)
        place = np.unique(np.concatenate([[0], place, [len(false) - 1]]))
        return false[place] / self.negatives, self.accepted[place] / self.positives, self.scores[place].astype(float)
