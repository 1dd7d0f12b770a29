"""Thresholds for the user's own register: its images are photographed by a simulated camera, no query is looked at."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from docclf.calibrate.bound import Impostors, threshold
from docclf.calibrate.probability import probability
from docclf.calibrate.simulate import Scores
from docclf.errors import InputError
from docclf.metric.score import Score

TARGETS = {"fpr": (1e-2, 1e-3, 1e-4), "fpir": (0.1, 0.05, 0.01)}
SIBLINGS = 0.05  # share of simulated photographs of one label that pass as another, from which the pair is named
SLACK = 2.0  # a threshold whose upper bound exceeds so many times its promise is not kept
COSINE = Score()


def calibrate(found: Scores, names: Sequence[str], score: Score = COSINE, seed: int = 0) -> dict[str, Any]:
    """Returns thresholds with bounds, labels that cannot be told apart, and what turns a score into a probability.

    Each threshold: measure (fpr of pairs, or fpir of queries of no registered type), target, value, rate and bound (one
    sided, 95 %) there, whether a tail model gave them, tpr (share of the simulated photographs that reach it), kept.

    Args:
        found: of `simulate`.
        names: labels, sorted.
        score: rule from cosines to scores.
        seed: of the bootstrap.
    """
    count = len(names)
    if count < 2 and score.kind == "margin":
        raise InputError("score=margin compares a label with the others, and only one is registered; use score=cosine.")
    values = found.scored(score)
    own = found.label < count
    genuine = values[own, found.label[own]]
    pairs, queries = impostor_pairs(values, found.label, count), impostor_queries(found, score, count)
    rows = []
    for rate, targets in TARGETS.items():
        impostors = pairs if rate == "fpr" else queries
        for target in targets:
            row = threshold(impostors, target, SLACK, seed=seed)
            kept = row.bound <= SLACK * target and (score.kind != "cosine" or row.value <= 1)
            share = float((genuine >= row.value).mean())
            rows.append({"measure": rate, "target": target, **asdict(row), "tpr": share, "kept": kept})
    out: dict[str, Any] = {"score": score.plain(), "labels": count, "thresholds": rows}
    out["siblings"] = siblings(values, found.label, names, cut(rows))
    out["probability"] = probability(found, score, count)
    return out


def cut(rows: list[dict]) -> float:
    """Returns the default threshold: that of FPR 1e-3."""
    return next(row["value"] for row in rows if (row["measure"], row["target"]) == ("fpr", 1e-3))


def impostor_pairs(values: np.ndarray, label: np.ndarray, count: int) -> Impostors:
    """Returns each photograph with each label that is not its own."""
    wrong = np.arange(count) != label[:, None]
    rows, columns = np.nonzero(wrong)
    return Impostors(values[wrong], label[rows], columns, count, int(max(label.max() + 1, count)))


def impostor_queries(found: Scores, score: Score, count: int) -> Impostors:
    """Returns the best score of each photograph when its own label is taken out, and of the cohort."""
    best = np.where(np.isfinite(v := found.scored(score, own=-np.inf)), v, -np.inf).max(axis=1)
    some = np.isfinite(best)
    label = found.label[some]
    units = int(max(found.label.max() + 1, count))
    return Impostors(best[some], label, np.full(len(label), -1), count, units)


def siblings(values: np.ndarray, label: np.ndarray, names: Sequence[str], cut: float) -> list[dict[str, Any]]:
    """Returns the ordered pairs of labels of which a share of the photographs of one passes as the other.

    It passes when it reaches the threshold, or at least what the photograph scores with its own label: siblings raise
    the threshold themselves, and would else hide behind it.
    """
    out = []
    for i, name in enumerate(names):
        mine = values[label == i]
        share = (mine >= np.minimum(cut, mine[:, i : i + 1])).mean(axis=0)
        out += [
            {"photographs_of": name, "pass_as": names[j], "share": round(float(share[j]), 4)}
            for j in np.flatnonzero(share >= SIBLINGS)
            if j != i
        ]
    return sorted(out, key=lambda row: -row["share"])
