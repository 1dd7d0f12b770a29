"""Replicates of a result, and from them the intervals in its metrics and the band round its ROC."""

import hashlib

import numpy as np

from docclf import measures
from docclf.metric.bootstrap.draw import Draws, draw, interval
from docclf.metric.bootstrap.resample import Sample
from docclf.metric.pairs.operating import target_text

BAND_POINTS = 25


def add_intervals(metrics: dict, sample: Sample, targets: list[float], ranks: list[int], roc: dict, replicates: int,
                  seed: int) -> tuple[Draws, dict[str, np.ndarray]]:  # fmt: skip
    """Adds .../low and .../high beside each measure that has an interval; returns the replicates and the ROC's band."""
    resolved = bool(metrics["positives"] and metrics["negatives"])
    grid = np.geomspace(metrics["fpr_floor"], 1.0, BAND_POINTS + 1)[:-1] if resolved else np.empty(0)
    drawn = draw(sample, [*targets, *grid], ranks, replicates, seed)
    units = len(np.unique(sample.row_class[sample.genuine.row]))
    known = units if sample.rank is None else len(np.unique(sample.row_class[sample.rank > 0]))
    texts = [target_text(target) for target in targets]
    points = {"fpr": texts, "fpir": texts, "rank": [str(k) for k in ranks], "curve": [""]}
    values = {}
    for one in measures.MEASURES:
        for at, point in enumerate(points[one.at] if one.interval else ()):
            key = one.key(point)
            if metrics.get(key) is None:
                continue
            values[key] = drawn[one.name][:, at]
            span = interval(metrics[key], values[key], units if one.at in ("fpr", "curve") else known)
            if span is not None and resolved:
                metrics[f"{key}/low"], metrics[f"{key}/high"] = span
    for text in texts if resolved else ():
        metrics |= _carried(metrics, sample, text)
    draws = Draws(values, seed, _split(sample))
    if not resolved:
        return draws, {}
    place = np.clip(np.searchsorted(roc["fpr"], grid, side="right") - 1, 0, None)
    tpr = np.where(grid >= roc["fpr"][0], roc["tpr"][place], np.nan)
    spans = [
        (np.isfinite(point) and interval(point, drawn["tpr"][:, len(targets) + at], units)) or (np.nan, np.nan)
        for at, point in enumerate(tpr)
    ]
    return draws, {
        "fpr": grid,
        "low": np.array([low for low, _ in spans]),
        "high": np.array([high for _, high in spans]),
    }


def _split(sample: Sample) -> str:
    digest = hashlib.sha256(str(sample.triangle).encode())
    for part in (sample.row_class, sample.col_class, sample.row_source):
        digest.update(part.astype("<i8").tobytes() + b"|")
    return digest.hexdigest()


def _carried(metrics: dict, sample: Sample, text: str) -> dict[str, int]:
    """How many distinct pairs of classes the false accepts at a point come from, where all of them are kept."""
    threshold, count = metrics[f"threshold@fpr={text}"], metrics[f"false_accepts@fpr={text}"]
    if threshold is None or not count or (sample.impostor_weight[:count] != 1).any():
        return {}
    row, col = sample.row_class[sample.impostor.row[:count]], sample.col_class[sample.impostor.col[:count]]
    if sample.triangle:
        row, col = np.minimum(row, col), np.maximum(row, col)
    return {f"class_pairs@fpr={text}": len(np.unique(row.astype(np.int64) * sample.classes + col))}
