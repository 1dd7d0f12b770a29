"""Several runs on one split, side by side: which queries, classes and facts differ."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from docclf.measures import keys

SHOWN = 40


def changed(a: Any, b: Any) -> dict:
    """Returns the queries that one run gets right at the nearest image and the other does not, and how many of each.

    Args:
        a, b: saved runs on one split (`docclf.compare.saved.Saved`).
    """
    both, neither = int((a.right & b.right).sum()), int((a.known & ~a.right & ~b.right).sum())
    fixed, broken = np.flatnonzero(~a.right & b.right), np.flatnonzero(a.right & ~b.right)
    # The largest moves first: they say most about what changed.
    move = np.nan_to_num(b.margin - a.margin)
    fixed, broken = fixed[np.argsort(-move[fixed], kind="stable")], broken[np.argsort(move[broken], kind="stable")]
    return {
        "both": both,
        "neither": neither,
        "fixed": len(fixed),
        "broken": len(broken),
        "fixed_rows": [_query(a, a, b, i) for i in fixed[:SHOWN]],
        "broken_rows": [_query(b, a, b, i) for i in broken[:SHOWN]],
    }


def _query(wrong: Any, a: Any, b: Any, i: int) -> dict:
    taken = int(wrong.taken[i])
    return {
        "name": a.names[i],
        "class": a.class_names[int(a.labels[i])],
        "taken": a.class_names[taken] if taken >= 0 else None,
        "before": float(a.margin[i]),
        "after": float(b.margin[i]),
    }


def classes(a: Any, b: Any) -> list[dict]:
    """Returns per class the share of right answers and the AUROC of both runs, the largest loss first."""
    theirs = {entry["class"]: entry for entry in b.result.classes}
    rows = []
    for entry in a.result.classes:
        other = theirs[entry["class"]]
        row = {"name": a.class_names[entry["class"]], "queries": entry["queries"]}
        for key in keys("class"):
            row[key] = (entry.get(key), other.get(key), _step(entry.get(key), other.get(key)))
        rows.append(row)
    return sorted(rows, key=lambda row: tuple(9.0 if row[key][2] is None else row[key][2] for key in keys("class")))


def _step(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else b - a


def differing(tables: Sequence[list[tuple[str, list[tuple[str, str]]]]]) -> list[tuple[str, list[str]]]:
    """Returns (name, one value per run) of the facts in which runs differ.

    Args:
        tables: per run what `docclf.report.table.facts.facts` returns.
    """
    flat = [{f"{title}.{key}": value for title, rows in run for key, value in rows} for run in tables]
    keys = dict.fromkeys(key for run in flat for key in run)
    rows = [(key, [run.get(key, "–") for run in flat]) for key in keys]
    return [(key, values) for key, values in rows if len(set(values)) > 1]
