"""Several runs on one split, side by side: which queries and which classes changed, and how the curves lie."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from docclf.measures import keys
from docclf.report.figure import GREY, PALETTE, Drawing, decade, draw

LETTERS = "ABCDEFGH"
SHOWN = 40


def curves(results: Sequence[Any]) -> list[Drawing]:
    """Returns ROC and DET of all results that have one; letters and colours follow their order."""
    drawn = [(at, result.roc) for at, result in enumerate(results) if len(result.roc.get("fpr", ()))]
    if not drawn:
        return []
    left = max(1e-9, min(float(curve["fpr"][curve["fpr"] > 0].min(initial=1e-3)) for _, curve in drawn) / 2)
    least = 0.5 / max(1, max(result.metrics.get("positives") or 1 for result in results))

    def frame(axes: Axes, label: str) -> None:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(decade)
        axes.set(xlim=(left, 1.15), xlabel="false-positive rate (FPR)", ylabel=label)
        axes.legend(fontsize=8.5)

    def roc(axes: Axes) -> None:
        for at, curve in drawn:
            fpr = np.append(np.maximum(curve["fpr"], left), 1.0)
            axes.step(
                fpr, np.append(curve["tpr"], curve["tpr"][-1]), where="post", color=PALETTE[at], label=LETTERS[at]
            )
        chance = np.geomspace(left, 1, 60)
        axes.plot(chance, chance, color=GREY, lw=1, ls=(0, (3, 3)), label="chance")
        frame(axes, "true-positive rate (TPR)")
        axes.set_ylim(0, 1.02)

    def det(axes: Axes) -> None:
        for at, curve in drawn:
            fpr = np.append(np.maximum(curve["fpr"], left), 1.0)
            miss = np.maximum(1 - np.append(curve["tpr"], curve["tpr"][-1]), least)
            axes.step(fpr, miss, where="post", color=PALETTE[at], label=LETTERS[at])
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(decade)
        frame(axes, "false-negative rate (1 - TPR)")
        axes.set_ylim(least, 1.2)

    return [draw("roc", "ROC of the runs", roc), draw("det", "DET of the runs", det)]


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
        tables: per run what `docclf.report.fact_tables.facts` returns.
    """
    flat = [{f"{title}.{key}": value for title, rows in run for key, value in rows} for run in tables]
    keys = dict.fromkeys(key for run in flat for key in run)
    rows = [(key, [run.get(key, "–") for run in flat]) for key in keys]
    return [(key, values) for key, values in rows if len(set(values)) > 1]
