"""What a query's cosines with every label are turned into before a threshold: one rule for metric, gallery and export.

A raw cosine is not comparable between queries: a query that resembles everything scores high everywhere. ``margin``
takes off what the query scores with its best *other* label; ``snorm`` measures each cosine against a cohort of foreign
documents (symmetric score normalisation, arXiv:1702.03883 section 2).
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from docclf.errors import InputError

KINDS = ("cosine", "margin", "snorm")


@dataclass(frozen=True)
class Score:
    """A rule from cosines [Q,L] to scores [Q,L].

    Args:
        kind: cosine, margin or snorm.
        alpha: of margin: share of the best other label's cosine that is taken off, in [0, 1]; 0 is cosine.

    Raises:
        InputError: an unknown kind or an alpha outside [0, 1].
    """

    kind: str = "cosine"
    alpha: float = 0.4

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"score={self.kind!r}: want one of {', '.join(KINDS)}.")
        if not 0 <= self.alpha <= 1:
            raise InputError(f"score.alpha={self.alpha}: want a share in [0, 1].")

    def __call__(
        self, cosines: np.ndarray, query_cohort: np.ndarray | None = None, label_cohort: np.ndarray | None = None
    ) -> np.ndarray:
        """Returns the scores, float64 [Q,L]; cosines that are -inf (labels taken out) stay so.

        Args:
            cosines: of each query with each label, [Q,L].
            query_cohort: of snorm: cosines of each query with the cohort [Q,C].
            label_cohort: of snorm: cosines of the cohort with each label [C,L].

        Raises:
            InputError: snorm without a cohort.
        """
        cosines = np.asarray(cosines, np.float64)
        if self.kind == "cosine" or (self.kind == "margin" and (cosines.shape[1] < 2 or self.alpha == 0)):
            return cosines
        if self.kind == "margin":
            return cosines - self.alpha * others(cosines)
        if query_cohort is None or label_cohort is None:
            raise InputError("score=snorm needs a cohort of foreign documents; calibrate the gallery with one.")
        by_query = (cosines - query_cohort.mean(1, keepdims=True)) / spread(query_cohort, 1)
        by_label = (cosines - label_cohort.mean(0, keepdims=True)) / spread(label_cohort, 0)
        return (by_query + by_label) / 2

    def plain(self) -> dict[str, Any]:
        """Returns what a file keeps of it."""
        return asdict(self) if self.kind == "margin" else {"kind": self.kind}


def others(cosines: np.ndarray) -> np.ndarray:
    """Returns for each entry the highest of the *other* entries of its row, [Q,L]; 0 where there is no other."""
    top = np.argmax(cosines, axis=1)
    rows = np.arange(len(cosines))
    without = cosines.copy()
    without[rows, top] = -np.inf
    best = np.broadcast_to(cosines[rows, top][:, None], cosines.shape).copy()
    best[rows, top] = without.max(axis=1)
    return np.where(np.isfinite(best), best, 0.0)


def spread(cosines: np.ndarray, axis: int) -> np.ndarray:
    """Returns the standard deviation along an axis, kept as one; a cohort that is all alike counts as spread 1e-6."""
    return np.maximum(cosines.std(axis, keepdims=True, dtype=np.float64), 1e-6)
