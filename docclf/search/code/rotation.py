"""Rotations before a quantiser: drawn without any data, or fitted to what the quantiser loses."""

from collections.abc import Callable

import numpy as np

STEPS = 30


def drawn(width: int, seed: int = 0) -> np.ndarray:
    """Returns a random rotation float32 [D,D], the same for one seed.

    It spreads a vector evenly over its coordinates, which are then close to normal with variance 1/D whatever the
    model, so that one fixed grid fits all of them.
    """
    normal = np.random.Generator(np.random.Philox(seed)).standard_normal((width, width))
    q, r = np.linalg.qr(normal)
    return (q * np.sign(np.diag(r))).astype(np.float32)


def fitted(vectors: np.ndarray, quantise: Callable[[np.ndarray], np.ndarray], steps: int = STEPS) -> np.ndarray:
    """Returns the rotation [D,D] under which quantising loses least, by turns of both as ITQ (CVPR 2011, eq. 2 to 4).

    Args:
        vectors: unit rows to fit, float32 [N,D].
        quantise: rotated rows to what their codes stand for, [N,D] to [N,D].
        steps: turns of quantising and of the orthogonal Procrustes problem.
    """
    turn = drawn(vectors.shape[1]).astype(np.float64)
    rows = vectors.astype(np.float64)
    for _ in range(steps):
        u, _, v = np.linalg.svd(quantise((rows @ turn.T).astype(np.float32)).astype(np.float64).T @ rows)
        turn = u @ v
    return turn.astype(np.float32)
