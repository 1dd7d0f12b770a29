"""The measures: name, direction, how each is computed, whether it has an interval, and where it is shown.

A new measure is an entry here and a function; whatever prints, keeps, compares or draws measures reads this table.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Number = float | np.ndarray


@dataclass(frozen=True)
class Counts:
    """Whole numbers; in a replicate of the bootstrap arrays [points], as multiples of the genuine weight.

    Args:
        true: genuine pairs (of identification: registered queries) accepted.
        genuine: all of them.
        false: impostor pairs (unregistered queries) accepted.
    """

    true: Number
    genuine: Number
    false: Number = np.nan


def recall(at: Counts) -> Number:
    """Share of the genuine that is accepted."""
    return at.true / at.genuine


def miss(at: Counts) -> Number:
    """Share of the genuine that is not accepted."""
    return (at.genuine - at.true) / at.genuine


def f1(at: Counts) -> Number:
    """Harmonic mean of recall and of the share of the accepted that is genuine, at these numbers of pairs."""
    return 2 * at.true / (at.true + at.false + at.genuine)


EVERY = ()  # points: all that were asked for


@dataclass(frozen=True)
class Measure:
    """One measure.

    Args:
        name: in keys: ``tpr`` for ``tpr@fpr=1e-4``.
        at: what it is measured at: ``fpr`` and ``fpir`` (each target), ``rank`` (each k) or ``curve`` (the whole ROC).
        title: for readers.
        value: of `Counts`, or of the curve (`docclf.metric.pairs.curve`); there it may be None.
        lower: less is better.
        interval: has a bootstrap interval, for which `value` is asked of each replicate.
        shown: place to the points shown there; `EVERY` is all. Places: epoch (its line and picture), curve
            (curve.csv), printed (below the table), tile and report (the page), class (order of the classes), levels
            (sub-labels), card, line (of results), draws and learning (replicates and validations in that line), logger,
            comparison, ablation (the table of experiments).
        digits: printed after the point.
    """

    name: str
    at: str
    title: str
    value: Callable[[Any], Any]
    lower: bool = False
    interval: bool = False
    shown: dict[str, tuple[str, ...]] = field(default_factory=dict)
    digits: int = 4

    def key(self, point: str = "") -> str:
        """Returns the key in the metrics: tpr@fpr=1e-4, rank1, auroc."""
        return {"curve": self.name, "rank": f"{self.name}{point}"}.get(self.at, f"{self.name}@{self.at}={point}")

    def point(self, key: str) -> str | None:
        """Returns the point of a key, "" for a measure of the whole curve; None when it is no key of this measure."""
        head = self.key()
        point = key[len(head) :]
        fits = key.startswith(head) and (not point if self.at == "curve" else point[:1].isdigit() and "/" not in point)
        return point if fits and (self.at != "rank" or point.isdigit()) else None


def _shown(*places: str, **chosen: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(places, EVERY) | chosen


_NUMBER = ("report", "line", "logger", "comparison")
MEASURES = (
    Measure("tpr", "fpr", "TPR at FPR", recall, interval=True, shown=_shown(
        *_NUMBER, "levels", "tile", epoch=("1e-4", "1e-2"), curve=("1e-4", "1e-2"), learning=("1e-2",),
        draws=("1e-2", "1e-3", "1e-4"), ablation=("1e-1", "1e-2", "1e-3", "1e-4", "1e-5"))),
    Measure("rank", "rank", "rank-", recall, interval=True, shown=_shown(
        *_NUMBER, "levels", "tile", "printed", **dict.fromkeys(
            ("epoch", "curve", "learning", "draws", "card", "ablation", "class"), ("1",)))),
    Measure("auroc", "curve", "AUROC", lambda curve: curve.auroc(), interval=True, digits=6, shown=_shown(
        *_NUMBER, "levels", "tile", "printed", "epoch", "curve", "draws", "card", "ablation", "class")),
    Measure("pauc@fpr=1e-2", "curve", "partial AUC to FPR 1e-2", lambda curve: curve.partial_auc(1e-2), digits=6,
            shown=_shown("report", "printed")),
    Measure("eer", "curve", "equal error rate", lambda curve: curve.equal_error(), lower=True, digits=6,
            shown=_shown(*_NUMBER, "levels", "tile", "printed", "curve")),
    Measure("f1", "fpr", "F1 at FPR", f1, interval=True, shown=_shown(*_NUMBER)),
    Measure("fnir", "fpir", "FNIR at FPIR", miss, lower=True, interval=True, shown=_shown(*_NUMBER)),
    Measure("dir", "fpir", "detection and identification rate at FPIR", recall, interval=True, shown=_shown(*_NUMBER)),
)  # fmt: skip
# What a line of results keeps beside measures, by the beginnings of the keys.
COUNTS = ("threshold@fpr", "missing_negatives@", "fpr_floor", "positives", "negatives", "queries_")


def measure_of(key: str) -> Measure | None:
    """Returns the measure that a key (tpr@fpr=1e-4, parent/auroc) belongs to; None for counts and ends of intervals."""
    return next((one for one in MEASURES if one.point(key.removeprefix("parent/")) is not None), None)


def title(key: str) -> str:
    """Returns what a key means, for readers: TPR at FPR 1e-4, rank-1, AUROC; with `at the parent` where it is that."""
    leaf = key.removeprefix("parent/")
    measure = measure_of(leaf)
    point = measure.point(leaf)
    gap = " " if point and measure.at != "rank" else ""
    return measure.title + gap + point + ("" if key == leaf else ", at the parent")


def keys(place: str, metrics: Iterable[str] = ()) -> list[str]:
    """Returns the keys shown at a place, in the order of the table.

    Points that are named come as named, whether or not the metrics hold them; for `EVERY` those that they hold.

    Args:
        place: see `Measure`.
        metrics: keys of the metrics.
    """
    found = []
    for one in MEASURES:
        if (points := one.shown.get(place)) is None:
            continue
        held = points or ([""] if one.at == "curve" else [p for p in map(one.point, metrics) if p is not None])
        found += [one.key(point) for point in held]
    return found
