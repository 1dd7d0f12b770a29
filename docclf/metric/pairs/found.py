"""What is found in the pairs of a layout, whichever way they are gone through."""

from dataclasses import dataclass

import numpy as np

from docclf.metric.pairs.curve import Curve
from docclf.metric.pairs.layout import Layout

HISTOGRAM_EDGES = np.linspace(-1.0, 1.0, 201).astype(np.float32)


@dataclass
class Pairs:
    """Pairs in layout positions: float32 scores [n], rows [n], columns [n]."""

    score: np.ndarray
    row: np.ndarray
    col: np.ndarray

    @classmethod
    def join(cls, parts: list["Pairs"]) -> "Pairs":
        """All pairs, highest score first; equal scores in the order of the tiles."""
        score, row, col = (np.concatenate([getattr(part, name) for part in parts] or [np.empty(0)])
                           for name in ("score", "row", "col"))  # fmt: skip
        order = np.argsort(-score, kind="stable")
        return cls(score[order].astype(np.float32), row[order].astype(np.int32), col[order].astype(np.int32))

    def distinct(self) -> tuple[np.ndarray, np.ndarray]:
        """Distinct scores, highest first, and how often each occurs."""
        first = np.flatnonzero(np.append(True, self.score[1:] != self.score[:-1])) if len(self.score) else []
        first = np.asarray(first, np.int64)
        return self.score[first], np.diff(first, append=len(self.score))


@dataclass
class Sweep:
    """Everything that measures are made from. `own`, `best`, `best_col` and `rank` are None for a triangle of pairs.

    Args:
        curve: the exact ROC.
        genuine: every genuine pair, highest score first.
        extremes: every impostor pair at or above `floor`, highest score first.
        thresholds: per target the smallest admissible score (inf: none is admissible) and the impostors at or above it;
            None when not resolved.
        own: score of each row with its own class, nan where the class is not registered [Q].
        best, best_col: highest impostor score of each row and its column, -inf and -1 where there is none [Q].
        rank: 1 + the number of other classes that score at least as high as the own one, 0 when not registered [Q].
        histogram: impostor pairs per bin of HISTOGRAM_EDGES; the outer bins take what rounding puts beyond -1 and 1.
    """

    curve: Curve
    genuine: Pairs
    extremes: Pairs
    floor: float
    thresholds: dict[float, tuple[float, int] | None]
    own: np.ndarray | None
    best: np.ndarray | None
    best_col: np.ndarray | None
    rank: np.ndarray | None
    histogram: np.ndarray


def own_scores(layout: Layout, genuine: Pairs) -> np.ndarray | None:
    """Score of each row with its own class [Q]; None for a triangle."""
    if layout.triangle:
        return None
    own = np.full(len(layout.row_label), np.nan, np.float32)
    own[genuine.row] = genuine.score
    return own


def threshold(blocked: float, above: float, count: int, scores: np.ndarray) -> tuple[float, int]:
    """Smallest observed score above the first impostor that would be one too many, and the impostors there.

    Args:
        blocked: score of that impostor.
        above: the next higher impostor score, inf if there is none.
        count: impostors above `blocked`.
        scores: genuine ones, highest first.
    """
    larger = scores[scores > np.float32(blocked)]
    return (min(above, float(larger[-1])) if len(larger) else above), count
