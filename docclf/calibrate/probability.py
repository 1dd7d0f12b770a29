"""How likely the nearest label is right, and that none of them is: a small model fitted on simulated photographs."""

from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from docclf.calibrate.simulate import Scores
from docclf.metric.score import Score


def features(values: np.ndarray) -> np.ndarray:
    """Returns what a probability is read from: best score and its lead over the second, [Q,2]."""
    best = values.max(axis=1)
    return np.stack([best, best - np.where(values.shape[1] > 1, np.sort(values, axis=1)[:, -2:][:, 0], 0.0)], axis=1)


def probability(found: Scores, score: Score, count: int) -> dict[str, Any]:
    """Returns a logistic model from `features` to right, wrong and none of them, fitted on the simulated photographs.

    Photographs of no registered type are the cohort's and those whose own label is taken out; both kinds of query,
    registered and not, weigh the same.
    """
    own = found.label < count
    values = found.scored(score)
    inside = features(values[own])
    right = values[own].argmax(1) == found.label[own]
    outside = features(found.scored(score, own=-1.0))
    x = np.concatenate([inside, outside])
    y = np.concatenate([np.where(right, 0, 1), np.full(len(outside), 2)])
    weight = np.concatenate([np.full(len(inside), 1 / len(inside)), np.full(len(outside), 1 / len(outside))])
    mean, deviation = x.mean(0), np.maximum(x.std(0), 1e-6)
    model = LogisticRegression(C=100.0, max_iter=1000).fit((x - mean) / deviation, y, weight * len(y) / 2)
    kinds = [("right", "wrong", "none")[k] for k in model.classes_]
    table = np.concatenate([model.coef_, model.intercept_[:, None]], axis=1)
    if len(table) == 1:  # two classes: scikit-learn keeps the second's row only
        table = np.concatenate([-table / 2, table / 2])
    return {"kinds": kinds, "mean": mean.tolist(), "deviation": deviation.tolist(), "table": table.tolist()}


def probabilities(model: dict[str, Any], values: np.ndarray) -> dict[str, np.ndarray]:
    """Returns the probability [Q] that the nearest label is right, and that none of the labels is.

    Args:
        model: of `probability`.
        values: scores [Q,L].
    """
    x = (features(values) - np.array(model["mean"])) / np.array(model["deviation"])
    table = np.array(model["table"])
    logits = x @ table[:, :-1].T + table[:, -1]
    share = np.exp(logits - logits.max(1, keepdims=True))
    share /= share.sum(1, keepdims=True)
    return {kind: share[:, k] for k, kind in enumerate(model["kinds"])}
