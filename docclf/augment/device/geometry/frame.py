"""Where the sources of a batch lie: `docclf.imaging.warp`'s questions, asked for many homographies at once."""

import numpy as np

from docclf.imaging.warp import CLOSE, CORNERS


def pixel_maps(warps: np.ndarray, size: int, height: int, width: int) -> np.ndarray:
    """float64 [n,3,3] from output pixel indices to source pixel indices, of homographies in [0,1] coordinates."""
    inner = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 0.0, size]]) / size
    outer = np.array([[width, 0.0, -0.5], [0.0, height, -0.5], [0.0, 0.0, 1.0]])
    return outer @ warps @ inner


def boxes(warps: np.ndarray, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """bool [n], which are crops on whole source pixels, and float64 [n,4], their left, top, right and lower edges."""
    a, d, left, top = warps[:, 0, 0], warps[:, 1, 1], warps[:, 0, 2], warps[:, 1, 2]
    edges = np.stack([left * width, top * height, (left + a) * width, (top + d) * height], axis=1)
    whole = np.rint(edges)
    straight = (warps[:, 0, 1] == 0) & (warps[:, 1, 0] == 0) & (warps[:, 2] == [0, 0, 1]).all(axis=1)
    near = np.abs(edges - whole).max(axis=1) <= CLOSE * max(width, height)
    inside = (whole[:, :2] >= 0).all(axis=1) & (whole[:, 2] <= width) & (whole[:, 3] <= height)
    return straight & near & inside & (whole[:, 2] > whole[:, 0]) & (whole[:, 3] > whole[:, 1]), whole


def limits(warps: np.ndarray, constant: np.ndarray, height: int, width: int, far: float) -> np.ndarray:
    """float64 [n,4]: smallest x and y and largest x and y, source pixel indices, that a sample is read at.

    Args:
        warps: [n,3,3].
        constant: bool [n], samples whose border is a colour: they are read up to `far` pixels outside.
        height: of the source, pixels.
        width: of the source, pixels.
        far: pixels.
    """
    bounds = np.tile(np.array([0.0, 0.0, width - 1.0, height - 1.0]), (len(warps), 1))
    bounds[constant] += [-far, -far, far, far]
    crop, edges = boxes(warps, height, width)
    # A crop is resized by itself: its last pixels are repeated, not mixed with those outside of it.
    bounds[crop] = edges[crop] - [0.0, 0.0, 1.0, 1.0]
    return bounds


def covered(warps: np.ndarray) -> np.ndarray:
    """bool [n]: every output pixel lies in the source."""
    x, y, w = np.moveaxis(warps @ CORNERS, 1, 0)
    places = np.stack([x / w, y / w])
    return ((places >= -CLOSE) & (places <= 1.0 + CLOSE)).all(axis=(0, 2))


def outlines(warps: np.ndarray, size: int) -> np.ndarray:
    """float64 [n,4,3]: a, b, c of each side of the source's outline in the output.

    a x + b y + c is 0.5 plus the distance of pixel (x, y) to the side, pixels, growing inwards.
    """
    corners = np.linalg.inv(warps) @ CORNERS
    x0, y0 = corners[:, :2].swapaxes(0, 1) / corners[:, 2] * size - 0.5
    x1, y1 = np.roll(x0, -1, axis=1), np.roll(y0, -1, axis=1)
    # The outline runs clockwise on the screen unless it is mirrored.
    way = np.sign((x0 * y1 - x1 * y0).sum(axis=1, keepdims=True))
    length = np.hypot(x1 - x0, y1 - y0) * way
    a, b = (y0 - y1) / length, (x1 - x0) / length
    return np.stack([a, b, 0.5 - a * x0 - b * y0], axis=2)
