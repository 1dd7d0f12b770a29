"""Homographies from drawn numbers of many samples; entries are arrays [B]."""

import numpy as np

from docclf.augment.draws.params import GRID
from docclf.imaging.warp import square_to_quad

_MUTED = 0.4  # share of the colour a backdrop keeps
_QUARTER = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
_MIRROR = np.array([[-1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
_HALVES = [np.eye(3), *(np.array([[1.0, 0.0, 0.0], [0.0, 0.5, low], [0.0, 0.0, 1.0]]) for low in (0.0, 0.5))]


def _oriented() -> np.ndarray:
    quarters = [np.linalg.matrix_power(_QUARTER, turns) for turns in range(4)]
    return np.array([[[half @ quarter @ m for m in (np.eye(3), _MIRROR)] for quarter in quarters] for half in _HALVES])


# [3,4,2,3,3]: whole, upper half or lower half; quarter turns; mirrored or not. A row has at most two entries that are
# not 0, so that the product with another homography rounds once, however it is computed.
ORIENTED = _oriented()


def matrices(entries: list[list]) -> np.ndarray:
    """[B,3,3] from 3 x 3 arrays [B]."""
    return np.moveaxis(np.array(entries), 2, 0)


def shifted_scaled_rotated(cos, sin, scale, dx, dy) -> list[list]:
    """3 x 3 entries, output to source, of a rotation and scaling about the centre and a shift."""
    cos, sin = cos / scale, sin / scale
    x, y = 0.5 + dx, 0.5 + dy
    zero = 0.0 * dx
    return [[cos, -sin, 0.5 - cos * x + sin * y], [sin, cos, 0.5 - sin * x - cos * y], [zero, zero, zero + 1.0]]


def turned_quad(sides: list, steps: list, cos, sin) -> list[list]:
    """3 x 3 entries, output to source, that cut a quadrangle out.

    Args:
        sides: 4 distances of the left, top, right and lower side from the document's edge, positive outwards.
        steps: 8 displacements, x and y of the upper left, upper right, lower right and lower left corner.
        cos: of the angle the quadrangle is turned by.
        sin: of that angle.
    """
    left, top, right, bottom = sides
    corners = [(-left, -top), (1.0 + right, -top), (1.0 + right, 1.0 + bottom), (-left, 1.0 + bottom)]
    corners = [(x + steps[2 * i] - 0.5, y + steps[2 * i + 1] - 0.5) for i, (x, y) in enumerate(corners)]
    return square_to_quad([(x * cos - y * sin + 0.5, x * sin + y * cos + 0.5) for x, y in corners])


def backdrop(base: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """[...,4,4,3] cells about one muted colour that differ in lightness: a table top under uneven light.

    Args:
        base: [...,3] RGB, 0..255.
        steps: [...,16] differences in lightness.
    """
    grey = ((base[..., 0] + base[..., 1] + base[..., 2]) / 3.0)[..., None]
    muted = grey + _MUTED * (base - grey)
    cells = steps.reshape(*steps.shape[:-1], GRID, GRID, 1) + muted[..., None, None, :]
    return np.minimum(np.maximum(cells, 0.0), 255.0)
