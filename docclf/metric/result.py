"""What a metric returns: flat numbers, a table, and the arrays a report draws."""

from dataclasses import dataclass, field

import numpy as np

from docclf.metric.bootstrap.draw import Draws
from docclf.metric.pairs.found import HISTOGRAM_EDGES


@dataclass
class Result:
    """Numbers and arrays of one evaluation.

    Args:
        metrics: flat and ready for JSON; None marks what the data cannot answer, `notes` says why.
        targets: the false-positive rates asked for.
        protocol: register_query or all_pairs.
        roc: fpr, tpr, threshold: exact points, evenly spread in log FPR.
        band: fpr, low, high: interval of the TPR along the ROC (empty without replicates).
        det: fpir, fnir, threshold of open-set identification (empty where there are no unregistered queries).
        histograms: edges [201], genuine [200], impostor [200]: pairs per bin.
        classes: one dict per class: class, queries, rank1, auroc, tpr@fpr=..., confused (label) and confused_score.
        notes: sentences on what is undefined and why.
        draws: replicates of the measures; None without.
    """

    metrics: dict
    targets: list[float]
    protocol: str
    roc: dict[str, np.ndarray]
    det: dict[str, np.ndarray]
    histograms: dict[str, np.ndarray]
    classes: list[dict]
    false_accepts: list[tuple[int, int, float]]
    false_rejects: list[tuple[int, int, float]]
    notes: list[str] = field(default_factory=list)
    band: dict[str, np.ndarray] = field(default_factory=dict)
    draws: Draws | None = None

    def hardest(self, k: int) -> tuple[list[tuple[int, int, float]], list[tuple[int, int, float]]]:
        """The k highest impostor and the k lowest genuine pairs as (query index, register index, score).

        Indices count the rows as they were given; with several images of a class the register index is its first.
        """
        return self.false_accepts[:k], self.false_rejects[:k]


def histogram(genuine: np.ndarray, impostor: np.ndarray) -> dict[str, np.ndarray]:
    """Histograms over HISTOGRAM_EDGES; the outer bins take what rounding puts beyond -1 and 1."""
    counts = np.histogram(np.clip(genuine, -1.0, 1.0), HISTOGRAM_EDGES)[0]
    return {"edges": HISTOGRAM_EDGES.astype(float), "genuine": counts, "impostor": impostor}
