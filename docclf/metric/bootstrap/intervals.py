"""Writes bootstrap intervals into the metrics and the band of a result."""

import numpy as np

from docclf.metric.bootstrap.draw import draw, interval
from docclf.metric.bootstrap.resample import Sample
from docclf.metric.pairs.operating import target_text

BAND_POINTS = 25


def add_intervals(metrics: dict, sample: Sample, targets: list[float], ranks: list[int], roc: dict, replicates: int,
                  seed: int) -> dict[str, np.ndarray]:  # fmt: skip
    """Adds .../low and .../high beside each defined share; returns the band of the ROC."""
    if not metrics["positives"] or not metrics["negatives"]:
        return {}
    grid = np.geomspace(metrics["fpr_floor"], 1.0, BAND_POINTS + 1)[:-1]
    draws = draw(sample, [*targets, *grid], ranks, replicates, seed)
    units = len(np.unique(sample.row_class[sample.genuine.row]))
    known = units if sample.rank is None else len(np.unique(sample.row_class[sample.rank > 0]))

    def write(key: str, values: np.ndarray, classes: int) -> None:
        span = None if metrics.get(key) is None else interval(metrics[key], values, classes)
        if span is not None:
            metrics[f"{key}/low"], metrics[f"{key}/high"] = span

    for at, target in enumerate(targets):
        text = target_text(target)
        write(f"tpr@fpr={text}", draws.tpr[:, at], units)
        write(f"fnir@fpir={text}", draws.fnir[:, at], known)
        metrics |= _carried(metrics, sample, text)
    write("auroc", draws.auroc, units)
    for k in ranks:
        write(f"rank{k}", draws.ranks[k], known)
    place = np.clip(np.searchsorted(roc["fpr"], grid, side="right") - 1, 0, None)
    tpr = np.where(grid >= roc["fpr"][0], roc["tpr"][place], np.nan)
    spans = [
        (np.isfinite(point) and interval(point, draws.tpr[:, len(targets) + at], units)) or (np.nan, np.nan)
        for at, point in enumerate(tpr)
    ]
    return {"fpr": grid, "low": np.array([low for low, _ in spans]), "high": np.array([high for _, high in spans])}


def _carried(metrics: dict, sample: Sample, text: str) -> dict[str, int]:
    """How many distinct pairs of classes the false accepts at a point come from, where all of them are kept."""
    threshold, count = metrics[f"threshold@fpr={text}"], metrics[f"false_accepts@fpr={text}"]
    if threshold is None or not count or (sample.impostor_weight[:count] != 1).any():
        return {}
    row, col = sample.row_class[sample.impostor.row[:count]], sample.col_class[sample.impostor.col[:count]]
    if sample.triangle:
        row, col = np.minimum(row, col), np.maximum(row, col)
    return {f"class_pairs@fpr={text}": len(np.unique(row.astype(np.int64) * sample.classes + col))}
