"""The classes that go wrong most, and what their queries are taken for."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from docclf.report.inputs import Evaluation, Place
from docclf.report.outcome import Outcome

ROWS = 12
COLUMNS = 5


@dataclass
class Row:
    """A class of queries.

    Args:
        label: its number.
        name: its name.
        example: an image of it, a registered one where there is one.
        queries: how many.
        right: how many are nearest to their class; None when it is not registered.
        taken: (name, image, count) of the classes they are taken for, the most frequent first.
        rest: queries taken for still other classes.
    """

    label: int
    name: str
    example: Place
    queries: int
    right: int | None
    taken: list[tuple[str, Place, int]]
    rest: int


def worst(evaluation: Evaluation, found: Outcome, result: Any) -> list[Row]:
    """Returns the registered classes with the smallest share of right answers, those without a mistake left out."""
    labels = np.array([evaluation.label(found.row(i)) for i in range(len(found.own))])
    shown = []
    separation = {entry["class"]: entry.get("auroc") for entry in result.classes}
    for label in np.unique(labels[found.known]):
        rows = np.flatnonzero((labels == label) & found.known)
        share = float(found.right[rows].mean())
        if share < 1:
            shown.append((share, separation.get(int(label)) or 0.0, -len(rows), int(label), rows))
    return [_row(evaluation, found, label, rows) for *_, label, rows in sorted(shown, key=lambda row: row[:4])[:ROWS]]


def _row(evaluation: Evaluation, found: Outcome, label: int, rows: np.ndarray) -> Row:
    missed = rows[~found.right[rows]]
    targets = [found.column(int(at)) for at in found.other_at[missed] if at >= 0]
    counts = Counter(evaluation.label(place) for place in targets)
    first = {evaluation.label(place): place for place in reversed(targets)}
    taken = [(evaluation.class_names[other], first[other], count) for other, count in counts.most_common(COLUMNS)]
    return Row(label, evaluation.class_names[label], found.column(int(found.own_at[rows[0]])), len(rows),
               len(rows) - len(missed), taken, sum(counts.values()) - sum(count for *_, count in taken))  # fmt: skip
