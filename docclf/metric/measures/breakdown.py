"""The same numbers class by class."""

import numpy as np

from docclf.metric.pairs.found import Sweep
from docclf.metric.pairs.layout import Layout
from docclf.metric.pairs.operating import target_text


def by_class(layout: Layout, found: Sweep, targets: list[float]) -> list[dict]:
    """One dict per class of the rows, by label: class, queries, genuine, auroc, rank1, tpr@fpr=..., confused, ....

    `auroc` sets the genuine scores of the class against all impostors, `tpr@fpr=x` uses the common threshold of x, and
    `confused` is the label of the highest impostor score met (None when there is none).
    """
    labels, row_class = np.unique(layout.row_label.cpu().numpy(), return_inverse=True)
    names, count = layout.col_label.cpu().numpy(), len(labels)
    owner = row_class[found.genuine.row]
    genuine = np.bincount(owner, minlength=count)
    table = {"queries": np.bincount(row_class, minlength=count), "genuine": genuine}
    shares = {"auroc": _share(np.bincount(owner, _standing(found), count), genuine * (found.curve.negatives or np.nan))}
    if found.rank is not None:
        known = np.bincount(row_class[found.rank > 0], minlength=count)
        shares["rank1"] = _share(np.bincount(row_class[found.rank == 1], minlength=count), known)
    for target in targets:
        point = found.thresholds[target]
        hit = np.zeros(0, bool) if point is None else found.genuine.score >= point[0]
        value = np.full(count, np.nan) if point is None else _share(np.bincount(owner[hit], minlength=count), genuine)
        shares[f"tpr@fpr={target_text(target)}"] = value
    who, how = _confused(found, row_class, count)
    return [
        {"class": int(labels[at])}
        | {name: int(values[at]) for name, values in table.items()}
        | {name: float(values[at]) if np.isfinite(values[at]) else None for name, values in shares.items()}
        | {"confused": int(names[who[at]]) if who[at] >= 0 else None}
        | {"confused_score": float(how[at]) if who[at] >= 0 else None}
        for at in range(count)
    ]


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)


def _standing(found: Sweep) -> np.ndarray:
    """Impostors below each genuine pair, those at its score counted half."""
    curve = found.curve
    return np.repeat(curve.negatives - curve.above - curve.tied / 2, curve.weight)


def _confused(found: Sweep, row_class: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Column and score of the highest impostor of each class; among all pairs only the extremes are known."""
    if found.best is not None:
        row, col, score = row_class, found.best_col, found.best
    else:
        top = found.extremes
        row = np.concatenate([row_class[top.row], row_class[top.col]])
        col, score = np.concatenate([top.col, top.row]), np.concatenate([top.score, top.score])
    order = np.argsort(-score, kind="stable")
    who, how = np.full(count, -1, np.int64), np.full(count, -np.inf)
    # Written from the lowest to the highest, so the highest stays.
    who[row[order][::-1]], how[row[order][::-1]] = col[order][::-1], score[order][::-1]
    return who, how
