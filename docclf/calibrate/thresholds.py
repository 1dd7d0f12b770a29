"""Thresholds for the user's own register: its images are photographed by a simulated camera, no query is looked at."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from docclf.calibrate.bound import SLACK, TARGETS, Impostors, highest, threshold
from docclf.calibrate.labels import per_label, siblings
from docclf.calibrate.photographs import Scores
from docclf.calibrate.probability import probability
from docclf.errors import InputError
from docclf.score import adapter
from docclf.score.rule import Score

MAIN = ("fpr", 1e-3)
COSINE = Score()


def fitted(found: Scores, score: Score) -> Score:
    """Returns the rule, an adapter fitted on the photographs.

    Raises:
        InputError: margin with a single label.
    """
    if found.count < 2 and score.kind == "margin":
        raise InputError("score=margin compares a label with the others, and only one is registered; use score=cosine.")
    if score.kind != "adapter" or score.weights is not None:
        return score
    return Score("adapter", weights=adapter.fit(found.values(COSINE), found.by_query, found.label))


def calibrate(
    found: Scores,
    names: Sequence[str],
    score: Score = COSINE,
    seed: int = 0,
    targets: Sequence[tuple[str, float]] | None = None,
    each: bool = False,
    floor: float = -1.0,
) -> dict[str, Any]:
    """Returns thresholds with bounds, labels that cannot be told apart, and what turns a score into a probability.

    Each threshold: measure (fpr of pairs, or fpir of queries of no registered type), target, value, rate and bound (one
    sided, 95 %) there, whether a tail model gave them, tpr (share of the simulated photographs that reach it), kept.

    Args:
        found: scores of `docclf.calibrate.photographs.Photographs`.
        names: labels, sorted.
        score: rule from cosines to scores.
        seed: of the bootstrap.
        targets: measure and target of each threshold; None: all of `TARGETS`.
        each: also a threshold for each label (`docclf.calibrate.labels.per_label`), for the first target.
        floor: no threshold is below it: verification's own, for photographs of a camera show more points than these.
    """
    asked = targets or [(measure, target) for measure, some in TARGETS.items() for target in some]
    score = fitted(found, score)
    values = found.values(score)
    rows = np.flatnonzero(found.own)
    genuine = values[rows, found.label[rows]]
    wrong = values.copy()
    wrong[rows, found.label[rows]] = -np.inf
    share = max([2 * SLACK["fpr"] * target for measure, target in asked if measure == "fpr"], default=0.0)
    pairs = highest(wrong, found.label, share)
    best = found.values(score, without_own=True).max(axis=1) if score.kind == "margin" else wrong.max(axis=1)
    some = np.isfinite(best)
    queries = Impostors(best[some], found.label[some], np.full(int(some.sum()), -1), len(names))
    thresholds = []
    for measure, target in asked:
        row = threshold(pairs if measure == "fpr" else queries, target, SLACK[measure], seed=seed)
        row = replace(row, value=max(row.value, floor))
        kept = row.bound <= SLACK[measure] * target and row.value <= 1
        passed = float((genuine >= row.value).mean())
        thresholds.append({"measure": measure, "target": target, **asdict(row), "tpr": passed, "kept": kept})
    out: dict[str, Any] = {"score": score.plain(), "labels": len(names), "thresholds": thresholds}
    first = next((row for row in thresholds if (row["measure"], row["target"]) == MAIN), thresholds[0])
    out["siblings"] = siblings(values, found.label, names, first["value"])
    out["by_label"] = per_label(wrong, genuine, found.label, names, thresholds[0], SLACK, each, seed, floor)
    out["probability"] = probability(found, score, values)
    return out
