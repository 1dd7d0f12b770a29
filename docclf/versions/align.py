"""Maps from the embeddings of an old model to those of a new one, without training either."""

import numpy as np
from scipy.linalg import orthogonal_procrustes
from sklearn.linear_model import RidgeCV

from docclf.errors import InputError

KINDS = ("procrustes", "map")
_PENALTIES = np.logspace(-4, 2, 7)
_FEWEST = 8


def fit(kind: str, old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Returns a map [D_old,D_new] that takes old embeddings to new ones: ``unit(old @ map)`` stands beside new rows.

    ``procrustes`` is the orthogonal matrix nearest in the least squares sense (Schoenemann 1966); of unequal widths the
    narrower side is filled up with zeros. It keeps cosines among old rows when D_old <= D_new. ``map`` is a ridge
    regression without intercept, its penalty chosen by generalised cross-validation; it needs more images than D_old to
    be worth more.

    Args:
        kind: procrustes or map.
        old: the old model's embeddings, of any length but zero [N,D_old].
        new: the new model's of the same images, in the same order [N,D_new].

    Raises:
        InputError: another kind, too few images, rows that do not pair up or have no direction.
    """
    if kind not in KINDS:
        raise InputError(f"align={kind!r}: choose one of none, {', '.join(KINDS)}.")
    if len(old) != len(new) or len(old) < _FEWEST:
        raise InputError(
            f"align={kind}: {len(old)} old and {len(new)} new embeddings; want those of the same images, "
            f"{_FEWEST} or more (better several times the width {old.shape[1]})."
        )
    a, b = (unit(rows) for rows in (old, new))
    if kind == "map":
        return RidgeCV(_PENALTIES, fit_intercept=False).fit(a, b).coef_.T.reshape(a.shape[1], b.shape[1])
    width = max(a.shape[1], b.shape[1])
    turn, _ = orthogonal_procrustes(_filled(a, width), _filled(b, width))
    return turn[: a.shape[1], : b.shape[1]]


def apply(rows: np.ndarray, map: np.ndarray) -> np.ndarray:
    """Returns unit rows float32 [N,D_new] of old rows [N,D_old]."""
    return unit(unit(rows) @ map).astype(np.float32)


def common(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns two sets of rows cut to the first numbers they share, unit float32."""
    width = min(a.shape[1], b.shape[1])
    return unit(a[:, :width]).astype(np.float32), unit(b[:, :width]).astype(np.float32)


def unit(rows: np.ndarray) -> np.ndarray:
    """Returns rows [N,D] of length one in double precision.

    Raises:
        InputError: a row without a direction.
    """
    rows = np.asarray(rows, np.float64)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    if not (np.isfinite(length) & (length > 0)).all():
        row = int(np.argmin(np.isfinite(length) & (length > 0)))
        raise InputError(f"row {row} of the embeddings has length {length[row, 0]}: it has no direction to compare.")
    return rows / length


def _filled(rows: np.ndarray, width: int) -> np.ndarray:
    return np.pad(rows, ((0, 0), (0, width - rows.shape[1])))
