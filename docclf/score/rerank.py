"""Reranking by neighbours: SuperGlobal's refinement of descriptors (arXiv:2308.06954, section 3.3)."""

import numpy as np

LEAST = 3  # images of every label: with fewer, a neighbour is another label as often as not
MOST, NEAR, BETA = 400, 9, 0.15  # the paper's M, K and beta


def helps(counts: dict[str, int]) -> str | None:
    """Returns why a register is not reranked, or ``None`` where every label has `LEAST` images or more."""
    few = [label for label, count in counts.items() if count < LEAST]
    if not few:
        return None
    return f"off: {len(few)} of {len(counts)} labels have fewer than {LEAST} images, for example {few[0]}"


def refined(query: np.ndarray, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the rows of the best `MOST` registered images, best first after refinement, and their refined scores.

    Each of them becomes the mean of itself and its `NEAR` - 1 nearest among them, weighted by `BETA` times their
    cosine; the refined query is the element-wise highest of the `NEAR` nearest after that. The score is the mean of
    two products with the refined images: of the refined query and of the query itself.

    Args:
        query: unit vector [D].
        vectors: registered unit vectors [R,D].
    """
    q, every = query.astype(np.float64), vectors.astype(np.float64)
    rows = np.argsort(-(every @ q), kind="stable")[:MOST]
    images = every[rows]
    alike = images @ images.T
    np.fill_diagonal(alike, np.inf)  # an image is its own first neighbour, whatever copies there are
    near = np.argsort(-alike, axis=1, kind="stable")[:, :NEAR]
    weight = BETA * np.take_along_axis(alike, near, axis=1)
    weight[:, 0] = 1.0
    smooth = np.einsum("nk,nkd->nd", weight, images[near]) / weight.sum(1, keepdims=True)
    closest = smooth[np.argsort(-(smooth @ q), kind="stable")[:NEAR]]
    score = smooth @ (closest.max(axis=0) + q) / 2
    order = np.lexsort((rows, -score))
    return rows[order], score[order].astype(np.float32)
