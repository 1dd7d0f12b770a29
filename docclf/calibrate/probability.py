"""How likely the nearest label is right, and that none of them is: a small model fitted on simulated photographs."""

from typing import Any

import numpy as np

from docclf.calibrate.photographs import Scores
from docclf.errors import InputError
from docclf.score.rule import Score

KINDS = ("right", "wrong", "none")


def features(values: np.ndarray) -> np.ndarray:
    """Returns what a probability is read from: best score and its lead over the second, [Q,2]."""
    if values.shape[1] < 2:
        return np.repeat(values[:, :1], 2, axis=1).astype(np.float64)
    top = np.partition(values, values.shape[1] - 2, axis=1)[:, -2:].astype(np.float64)
    return np.stack([top[:, 1], top[:, 1] - np.where(np.isfinite(top[:, 0]), top[:, 0], 0.0)], axis=1)


def probability(found: Scores, score: Score, values: np.ndarray) -> dict[str, Any]:
    """Returns a logistic model from `features` to right, wrong and none of them, fitted on the simulated photographs.

    Photographs of no registered type are the cohort's and those whose own label is taken out; both kinds of query,
    registered and not, weigh the same.

    Args:
        found: scores of the photographs.
        score: rule from cosines to scores, fitted.
        values: their scores with each label [Q,L].
    """
    from sklearn.linear_model import LogisticRegression

    own = found.own
    right = values[own].argmax(1) == found.label[own]
    foreign = found.values(score, without_own=True)
    foreign = foreign[np.isfinite(foreign).any(axis=1)]
    x = np.concatenate([features(values[own]), features(foreign)])
    y = np.concatenate([np.where(right, 0, 1), np.full(len(foreign), 2)])
    weight = np.concatenate([np.full(len(right), 1 / len(right)), np.full(len(foreign), 1 / len(foreign))])
    mean, deviation = x.mean(0), np.maximum(x.std(0), 1e-6)
    model = LogisticRegression(C=100.0, max_iter=1000).fit((x - mean) / deviation, y, weight * len(y) / 2)
    kinds = [KINDS[k] for k in model.classes_]
    table = np.concatenate([model.coef_, model.intercept_[:, None]], axis=1)
    if len(table) == 1:  # two classes: scikit-learn keeps the second's row only
        table = np.concatenate([-table / 2, table / 2])
    return {"kinds": kinds, "mean": mean.tolist(), "deviation": deviation.tolist(), "table": table.tolist()}


def probabilities(model: dict[str, Any], values: np.ndarray) -> dict[str, np.ndarray]:
    """Returns the probability [Q] that the nearest label is right, wrong, and that none of the labels is.

    Args:
        model: of `probability`.
        values: scores [Q,L], or the two highest of them.
    """
    x = (features(values) - np.array(model["mean"])) / np.array(model["deviation"])
    table = np.array(model["table"])
    logits = x @ table[:, :-1].T + table[:, -1]
    share = np.exp(logits - logits.max(1, keepdims=True))
    share /= share.sum(1, keepdims=True)
    return dict.fromkeys(KINDS, np.zeros(len(values))) | {kind: share[:, k] for k, kind in enumerate(model["kinds"])}


def checked(model: Any, where: str) -> dict[str, Any]:
    """Returns a model that came in a file; raises InputError unless it is what `probability` gives."""
    try:
        kinds, table = model["kinds"], np.array(model["table"], np.float64)
        rest = [np.array(model[name], np.float64) for name in ("mean", "deviation")]
        whole = set(model) == {"kinds", "mean", "deviation", "table"} and set(kinds) <= set(KINDS) and len(kinds) > 1
        whole &= table.shape == (len(set(kinds)), 3) and all(row.shape == (2,) for row in rest)
        whole &= all(np.isfinite(row).all() for row in (table, *rest)) and bool((rest[1] > 0).all())
    except (TypeError, KeyError, ValueError):
        whole = False
    if not whole:
        raise InputError(f"{where}: its model of probabilities is none of docclf's; calibrate the gallery anew.")
    return model
