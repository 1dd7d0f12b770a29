"""From a layout to a result: the walk, the numbers, the arrays."""

import numpy as np

from docclf import measures
from docclf.errors import InputError
from docclf.metric.bootstrap.intervals import add_intervals
from docclf.metric.bootstrap.resample import draw_sample
from docclf.metric.measures.breakdown import by_class
from docclf.metric.measures.identification import detection_curve, identification
from docclf.metric.measures.selection import selection
from docclf.metric.measures.verification import verification
from docclf.metric.pairs.found import Pairs, Sweep
from docclf.metric.pairs.layout import Layout
from docclf.metric.pairs.sweep import sweep
from docclf.metric.result import Result, histogram

HARDEST = 1000  # pairs kept for a report
EXTREMES = 1 << 20  # impostor pairs kept with their places for the bootstrap: 12 MB


def check_settings(targets: list[float], replicates: int, block_rows: int) -> None:
    """Raises InputError for settings out of range."""
    if not targets or not all(0 < target < 1 for target in targets):
        raise InputError(f"targets={targets}: give false-positive rates strictly between 0 and 1, such as 1e-4.")
    if replicates < 0 or block_rows < 1:
        raise InputError(f"replicates={replicates}, block_rows={block_rows}: give 0 or more and 1 or more.")


def assemble(layout: Layout, targets: list[float], ranks: list[int], replicates: int, seed: int,
             block_rows: int) -> tuple[Result, Sweep]:  # fmt: skip
    """Walks the layout and builds its result."""
    found = sweep(layout, targets, EXTREMES if replicates else HARDEST, block_rows)
    metrics, points, notes = verification(found, targets)
    measured: dict[str, dict] = {"fpr": points, "curve": {"": found.curve}}
    if ranks:
        facts, measured["rank"], measured["fpir"] = identification(found.own, found.best, found.rank, ranks, targets)
        metrics |= facts
    for one in measures.MEASURES:
        for point, at in measured.get(one.at, {}).items():
            metrics[one.key(point)] = None if at is None else one.value(at)
    value = selection(metrics)
    metrics["select"] = value if np.isfinite(value) else None
    roc = dict(zip(("fpr", "tpr", "threshold"), found.curve.points(), strict=True))
    draws, band = None, {}
    if replicates:
        sample = draw_sample(layout, found, seed)
        draws, band = add_intervals(metrics, sample, targets, ranks, roc, replicates, seed)
    result = Result(
        metrics=metrics,
        targets=targets,
        protocol="all_pairs" if layout.triangle else "register_query",
        roc=roc,
        det=detection_curve(found.own, found.best, found.rank) if ranks else {},
        histograms=histogram(found.genuine.score, found.histogram),
        classes=by_class(layout, found, targets),
        false_accepts=_named(layout, found.extremes, slice(0, HARDEST)),
        false_rejects=_named(layout, found.genuine, slice(None, -HARDEST - 1, -1)),
        notes=notes,
        band=band,
        draws=draws,
    )
    return result, found


def _named(layout: Layout, pairs: Pairs, part: slice) -> list[tuple[int, int, float]]:
    rows, cols = layout.row_source.cpu().numpy()[pairs.row[part]], layout.col_source.cpu().numpy()[pairs.col[part]]
    return [(int(row), int(col), float(score)) for row, col, score in zip(rows, cols, pairs.score[part], strict=True)]
