"""The numbers of a result in rows: operating points, summary, sub-labels."""

import csv
import io
from dataclasses import dataclass
from typing import Any

from docclf.measures import keys, title
from docclf.report.inputs import Evaluation
from docclf.report.outcome import Outcome

COLUMNS = (
    "fpr", "resolved", "threshold_cosine", "threshold_half_cosine_plus_1", "tpr", "tpr_low", "tpr_high",
    "false_accepts", "class_pairs", "positives", "negatives", "missing_negatives", "tpr_bound",
)  # fmt: skip


@dataclass
class Point:
    """One operating point.

    Args:
        target: false-positive rate.
        text: the target as keys write it.
        threshold: cosine; None when not resolved or when none is admissible.
        tpr, low, high: share of genuine pairs accepted and its interval.
        false_accepts: impostor pairs accepted.
        class_pairs: distinct pairs of classes they come from.
        missing: further negatives needed to resolve it; 0 when resolved.
        bound: TPR above every impostor, for a point that is not resolved.
    """

    target: float
    text: str
    threshold: float | None
    tpr: float | None
    low: float | None
    high: float | None
    false_accepts: int | None
    class_pairs: int | None
    missing: int
    bound: float | None


def points(result: Any) -> list[Point]:
    """Returns the operating points, the largest FPR first."""
    texts = {
        float(key[len("resolved@fpr=") :]): key[len("resolved@fpr=") :]
        for key in result.metrics
        if key[:9] == "resolved@"
    }
    rows = []
    for target in sorted(result.targets, reverse=True):
        text = texts[target]
        get = result.metrics.get
        key = f"tpr@fpr={text}"
        rows.append(Point(target, text, get(f"threshold@fpr={text}"), get(key), get(f"{key}/low"), get(f"{key}/high"),
                          get(f"false_accepts@fpr={text}"), get(f"class_pairs@fpr={text}"),
                          get(f"missing_negatives@fpr={text}") or 0, get(f"{key}/bound")))  # fmt: skip
    return rows


def thresholds_csv(rows: list[Point], metrics: dict) -> str:
    """Returns the operating points as CSV; what is undefined is an empty field."""
    lines = []
    for row in rows:
        half = None if row.threshold is None else (row.threshold + 1) / 2
        lines.append((row.text, str(row.missing == 0).lower(), row.threshold, half, row.tpr, row.low, row.high,
                      row.false_accepts, row.class_pairs, metrics["positives"], metrics["negatives"], row.missing,
                      row.bound))  # fmt: skip
    return table_csv(COLUMNS, lines)


def table_csv(columns: tuple[str, ...], rows: list[tuple]) -> str:
    """Returns rows as CSV with a header; None and nan are empty fields."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        # A spreadsheet would run a text that begins like a formula.
        writer.writerow(
            ["" if v is None or v != v else f"'{v}" if isinstance(v, str) and v[:1] in "=+@" and v else v for v in row]
        )
    return out.getvalue()


def queries_csv(evaluation: Evaluation, found: Outcome) -> str:
    """Returns one line per query: what it is, what it was taken for, and both scores."""
    columns = ("image", "class", "right", "own_score", "nearest_other_class", "other_score", "own_image", "other_image")
    rows = []
    for i in range(len(found.own)):
        own, other = int(found.own_at[i]), int(found.other_at[i])
        mine, theirs = (None if at < 0 else found.column(at) for at in (own, other))
        rows.append((evaluation.name(found.row(i)), evaluation.class_of(found.row(i)),
                     str(bool(found.right[i])).lower() if found.known[i] else None, _short(found.own[i]),
                     theirs and evaluation.class_of(theirs), _short(found.other[i]), mine and evaluation.name(mine),
                     theirs and evaluation.name(theirs)))  # fmt: skip
    return table_csv(columns, rows)


def _short(value: float) -> float | None:
    return None if value != value else round(float(value), 6)


def sub_labels(evaluation: Evaluation, found: Outcome, metrics: dict) -> dict | None:
    """Returns numbers at leaf and parent, and a row per parent; None without sub-labels."""
    if not any("/" in name for name in evaluation.class_names):
        return None
    levels = [(title(key), metrics[key], metrics[f"parent/{key}"]) for key in keys("levels", metrics)
              if f"parent/{key}" in metrics]  # fmt: skip
    rows: dict[str, dict] = {}
    for i in range(len(found.own)):
        leaf = evaluation.class_of(found.row(i))
        parent = leaf.split("/")[0]
        row = rows.setdefault(
            parent, {"parent": parent, "leaves": set(), "queries": 0, "known": 0, "leaf": 0, "wrong": 0}
        )
        row["leaves"].add(leaf)
        row["queries"] += 1
        row["known"] += bool(found.known[i])
        row["leaf"] += bool(found.right[i])
        if found.known[i] and not found.right[i]:
            row["wrong"] += evaluation.class_of(found.column(int(found.other_at[i]))).split("/")[0] == parent
    table = [row | {"leaves": len(row["leaves"])} for row in rows.values()]
    table.sort(key=lambda row: (row["leaf"] + row["wrong"]) / max(1, row["known"]))
    return {"levels": levels, "rows": table, "wrong": metrics.get("wrong_leaf@rank1")}
