"""Slow and obvious: every number from one sorted list of scores, in exact fractions."""

from fractions import Fraction

import numpy as np


def floor_of(target: float, count: int) -> int:
    return int(Fraction(str(target)) * count)


def threshold(genuine: np.ndarray, impostor: np.ndarray, target: float):
    """Smallest observed score whose false accepts stay within the target; inf if none, None if not resolved."""
    permitted = floor_of(target, len(impostor))
    if permitted < 1:
        return None
    impostor = np.sort(impostor)
    seen = np.unique(np.concatenate([genuine, impostor]))
    false = len(impostor) - np.searchsorted(impostor, seen, side="left")
    admissible = seen[false <= permitted]
    return float(admissible[0]) if len(admissible) else float("inf")


def tpr(genuine: np.ndarray, impostor: np.ndarray, target: float):
    at = threshold(genuine, impostor, target)
    return None if at is None or not len(genuine) else int((genuine >= at).sum()) / len(genuine)


def points(genuine: np.ndarray, impostor: np.ndarray) -> list[tuple[int, int]]:
    """(false, true) accepts at every observed score from the highest down, with (0, 0) in front."""
    genuine, impostor = np.sort(genuine), np.sort(impostor)
    seen = np.unique(np.concatenate([genuine, impostor]))[::-1]
    false = len(impostor) - np.searchsorted(impostor, seen, side="left")
    true = len(genuine) - np.searchsorted(genuine, seen, side="left")
    return [(0, 0), *zip(false.tolist(), true.tolist(), strict=True)]


def area(genuine: np.ndarray, impostor: np.ndarray, limit: Fraction) -> Fraction:
    """Area under the line through all points up to FPR `limit`."""
    positives, negatives = len(genuine), len(impostor)
    total, last = Fraction(0), (Fraction(0), Fraction(0))
    for false, true in points(genuine, impostor)[1:]:
        here = Fraction(false, negatives), Fraction(true, positives)
        if here[0] > limit:
            height = last[1] + (here[1] - last[1]) * (limit - last[0]) / (here[0] - last[0])
            return total + (limit - last[0]) * (last[1] + height) / 2
        total += (here[0] - last[0]) * (here[1] + last[1]) / 2
        last = here
    return total


def auroc(genuine: np.ndarray, impostor: np.ndarray):
    return float(area(genuine, impostor, Fraction(1))) if len(genuine) and len(impostor) else None


def partial_auc(genuine: np.ndarray, impostor: np.ndarray, limit: float = 1e-2):
    if not len(genuine) or not len(impostor):
        return None
    end = Fraction(str(limit))
    return float((1 + (area(genuine, impostor, end) - end * end / 2) / (end - end * end / 2)) / 2)


def equal_error(genuine: np.ndarray, impostor: np.ndarray):
    if not len(genuine) or not len(impostor):
        return None
    last = None
    for false, true in points(genuine, impostor):
        here = Fraction(false, len(impostor)), 1 - Fraction(true, len(genuine))
        if here[0] >= here[1]:
            rise, fall = here[0] - last[0], last[1] - here[1]
            part = (last[1] - last[0]) / (rise + fall)
            return float(last[0] + part * rise)
        last = here


def ranks(scores: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Rank of the own class in each row of [Q, K]; own holds its column or -1."""
    return np.array([0 if at < 0 else sum(row[k] >= row[at] for k in range(len(row))) for row, at in zip(scores, own)])  # noqa: B905


def fnir(scores: np.ndarray, own: np.ndarray, target: float):
    rank, known = ranks(scores, own), own >= 0
    alarms = scores[~known].max(1) if (~known).any() else np.empty(0)
    permitted = floor_of(target, len(alarms))
    if permitted < 1 or not known.any():
        return None
    mine = scores[known, own[known]]
    seen = np.unique(np.concatenate([alarms, mine]))
    admissible = [at for at in seen if (alarms >= at).sum() <= permitted]
    at = admissible[0] if admissible else np.inf
    return int(((rank[known] > 1) | (mine < at)).sum()) / int(known.sum())
