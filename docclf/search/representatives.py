"""Several images of a label as one or two vectors."""

from collections.abc import Sequence

import numpy as np

from docclf.errors import InputError

KINDS = ("all", "mean", "two")
STEPS = 20


def reduced(vectors: np.ndarray, labels: Sequence[str], kind: str) -> tuple[np.ndarray, list[str]]:
    """Returns the vectors that stand for each label [M,D], unit rows, and their labels.

    Args:
        vectors: unit rows float32 [N,D].
        labels: theirs.
        kind: all; mean: one, the direction of the sum, as metric.fusion=centroid measures it; two: the two centres of
            spherical k-means, for labels of more than two images.

    Raises:
        InputError: an unknown kind.
    """
    if kind not in KINDS:
        raise InputError(f"representatives={kind!r}: want one of {', '.join(KINDS)}.")
    if kind == "all":
        return vectors, list(labels)
    rows: dict[str, list[int]] = {}
    for i, label in enumerate(labels):
        rows.setdefault(label, []).append(i)
    found, names = [], []
    for label, own in rows.items():
        parts = [vectors[own]] if kind == "mean" else _halves(vectors[own])
        found += [_direction(part) for part in parts]
        names += [label] * len(parts)
    return np.stack(found) if found else vectors, names


def _halves(rows: np.ndarray) -> list[np.ndarray]:
    """Two clusters by cosine, begun at the first row and the one farthest from it."""
    if len(rows) < 2:
        return [rows]
    centres = rows[[0, int((rows @ rows[0]).argmin())]]
    side = np.zeros(len(rows), int)
    for _ in range(STEPS):
        now = (rows @ centres.T).argmax(axis=1)
        if now.all() or not now.any():
            return [rows]  # rows that are all alike
        if (now == side).all():
            break
        side, centres = now, np.stack([_direction(rows[now == k]) for k in (0, 1)])
    return [rows[side == 0], rows[side == 1]]


def _direction(rows: np.ndarray) -> np.ndarray:
    total = rows.astype(np.float64).sum(axis=0)
    length = np.linalg.norm(total)
    return rows[0] if length < 1e-6 else (total / length).astype(np.float32)
