"""What a threshold does to each label: how much of the others passes as it, whom it is confused with, and its own cut.

A single label has too few impostors to resolve a rate of its own. So labels share their tails: each one's impostor
scores are measured in deviations from their mean, one height in deviations keeps the promise over all of them, and a
label's threshold is its mean plus so many of its deviations.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import beta

from docclf.calibrate.bound import LEVEL, highest, threshold

SIBLINGS = 0.05  # share of simulated photographs of one label that pass as another, from which the pair is named
_PRIOR = 20  # impostors that the deviation of all labels together counts as


def per_label(
    wrong: np.ndarray,
    genuine: np.ndarray,
    label: np.ndarray,
    names: Sequence[str],
    main: dict,
    slack: dict[str, float],
    each: bool,
    seed: int = 0,
    floor: float = -1.0,
) -> dict[str, dict[str, float]]:
    """Returns of each label its threshold, the share of the impostors that reach it, the bound of that, and its TPR.

    The bound is one-sided, 95 %, by Clopper and Pearson over the labels that are impostors: a label that is
    confused is confused in all its photographs.

    Args:
        wrong: scores of each photograph with each label [Q,L]; -inf where it is its own.
        genuine: scores of the registered photographs with their own label.
        label: number of each photograph's label [Q]; L and above: foreign.
        names: labels [L].
        main: the threshold of all labels.
        slack: how far above its promise a bound may lie, by measure.
        each: give each label its own.
        seed: of the bootstrap.
        floor: no threshold is below it.
    """
    count = len(names)
    cuts = np.full(count, main["value"])
    if each and main["measure"] == "fpr":
        cuts = np.maximum(own_thresholds(wrong, label, main["target"], slack["fpr"], seed), floor)
    rows = label < count
    units = len(np.unique(label))
    share = (wrong >= cuts).sum(axis=0) / np.maximum(np.isfinite(wrong).sum(axis=0), 1)
    bound = beta.ppf(LEVEL, share * (units - 1) + 1, np.maximum((1 - share) * (units - 1), 1e-9))
    reached = np.bincount(label[rows], genuine >= cuts[label[rows]], count) / np.maximum(
        np.bincount(label[rows], minlength=count), 1
    )
    return {
        name: {"value": float(cuts[i]), "rate": float(share[i]), "bound": float(bound[i]), "tpr": float(reached[i])}
        for i, name in enumerate(names)
    }


def own_thresholds(wrong: np.ndarray, label: np.ndarray, target: float, slack: float, seed: int = 0) -> np.ndarray:
    """Returns a threshold for each label [L]; together they keep the promise; see the top of this file."""
    some = np.isfinite(wrong)
    sizes = some.sum(axis=0)
    filled = np.where(some, wrong, 0.0).astype(np.float64)
    mean = filled.sum(axis=0) / np.maximum(sizes, 1)
    squares = np.where(some, (filled - mean) ** 2, 0.0).sum(axis=0)
    pooled = squares.sum() / max(int(sizes.sum()), 1)
    deviation = np.sqrt((squares + _PRIOR * pooled) / (sizes + _PRIOR))
    height = threshold(highest((wrong - mean) / deviation, label, 2 * slack * target), target, slack, seed=seed).value
    return np.minimum(mean + height * deviation, 1.0)


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


def remedy(row: dict[str, Any]) -> str:
    """Returns what a pair of siblings means and what to do, as a sentence."""
    a, b = row["photographs_of"], row["pass_as"]
    return (
        f"{a} and {b}: {row['share']:.0%} of simulated photos of {a} pass as {b}: register a distinguishing crop, "
        "merge them, or set them under a parent"
    )
