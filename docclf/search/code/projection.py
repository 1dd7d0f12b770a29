"""Fewer coordinates before a code: the directions that carry the register, or register and photos (LeanVec)."""

import numpy as np

from docclf.errors import InputError


def pca(rows: np.ndarray, width: int) -> np.ndarray:
    """Returns the directions float32 [width,D] in which unit rows [N,D] are longest.

    Nothing is centred, since a score is an inner product.

    Raises:
        InputError: fewer rows than directions, or a width outside 1 .. D.
    """
    _check(rows, width)
    return _top(_moment(rows), width)


def lean(rows: np.ndarray, queries: np.ndarray, width: int, steps: int = 21) -> np.ndarray:
    """Returns directions [width,D] that keep the products of queries with rows (LeanVec, arXiv:2312.16335 section 2.3).

    The form by eigenvectors: of the mixtures of both second moments it is the one that loses least of the products.

    Args:
        rows: registered unit rows [N,D], of clean images.
        queries: unit rows [M,D] of photographs.
        width: directions.
        steps: mixtures tried from rows alone to queries alone.

    Raises:
        InputError: as `pca`.
    """
    _check(rows, width)
    _check(queries, width)
    own, asked = _moment(rows), _moment(queries)

    def lost(turn: np.ndarray) -> float:
        """The squared error of all products: trace(Kq (I-P) Kx (I-P)), P the projection onto the directions."""
        rest = np.eye(len(own)) - turn.T.astype(np.float64) @ turn
        return float(np.trace(asked @ rest @ own @ rest))

    return min((_top((1 - beta) * own + beta * asked, width) for beta in np.linspace(0, 1, steps)), key=lost)


def _moment(rows: np.ndarray) -> np.ndarray:
    rows = rows.astype(np.float64)
    return rows.T @ rows / len(rows)


def _top(moment: np.ndarray, width: int) -> np.ndarray:
    return np.linalg.eigh(moment)[1][:, ::-1][:, :width].T.astype(np.float32)


def _check(rows: np.ndarray, width: int) -> None:
    if not 1 <= width <= rows.shape[1]:
        raise InputError(f"a projection to {width} coordinates: want 1 .. {rows.shape[1]}, the width of the model.")
    if len(rows) < width:
        raise InputError(f"a projection to {width} coordinates needs {width} vectors to be fitted, not {len(rows)}.")
