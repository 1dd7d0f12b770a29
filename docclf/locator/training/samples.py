"""Samples to train on: a scene as a photo shows it, and the look at one of its sheets that a first answer leads to."""

from collections.abc import Callable

import cv2
import numpy as np

from docclf.locator import quad as quads
from docclf.locator.training import scene
from docclf.locator.training.targets import maps

MARGIN = 0.2  # left round a first answer for the second look, in sides of it
LEAST = 0.01  # a sheet of a smaller share of the frame is no aim


def pair(seed: int, number: int, side: int, sheet: Callable, ground: Callable) -> list[tuple]:
    """Returns two samples of scene ``number``: image uint8 [3,side,side] with its maps, whole and looked at closely."""
    rng = np.random.Generator(np.random.Philox(key=[seed, number]))
    drawn = scene.draw(rng, sheet, ground)
    whole = cv2.resize(drawn.image, (side, side), interpolation=cv2.INTER_AREA)
    return [_sample(rng, whole, drawn.sheets, side), _sample(rng, *_close(rng, drawn, side), side)]


def _close(rng: np.random.Generator, drawn: scene.Scene, side: int) -> tuple[np.ndarray, list[np.ndarray]]:
    if drawn.sheets:
        corners = drawn.sheets[-1] if rng.random() < 0.8 else drawn.sheets[int(rng.integers(len(drawn.sheets)))]
        size = np.sqrt(abs(quads.area(corners)))
        guess = corners + rng.normal(0, rng.choice([0.02, 0.05, 0.1]) * size, (4, 2))
        guess = guess if quads.convex(guess) else corners
    else:
        guess = np.array([0.5, 0.5]) + (quads.SQUARE - 0.5) * rng.uniform(0.3, 0.9, 2)
    look = quads.expanded(quads.upright(guess), MARGIN * rng.uniform(0.7, 1.2))
    matrix = quads.homography(look, quads.SQUARE)
    found = [quads.through(matrix, corners) for corners in drawn.sheets if _before(matrix, corners)]
    return quads.straighten(drawn.image, look * scene.SIDE, (side, side)), found


def _before(matrix: np.ndarray, corners: np.ndarray) -> bool:
    """Tells whether corners lie before the camera that a homography puts up, and its frame shows something of them."""
    if ((np.concatenate([corners, np.ones((4, 1))], axis=1) @ matrix[2]) <= 1e-3).any():
        return False
    moved = quads.through(matrix, corners)
    return bool((moved.min(axis=0) < 1).all() and (moved.max(axis=0) > 0).all() and np.abs(moved).max() < 4)


def _sample(rng: np.random.Generator, image: np.ndarray, sheets: list[np.ndarray], side: int) -> tuple:
    """Returns image and maps, turned and mirrored by chance: a sheet in a mirror has its corners there."""
    if rng.random() < 0.5:
        image = image[:, ::-1]
        sheets = [np.stack([1 - corners[:, 0], corners[:, 1]], axis=1) for corners in sheets]
    for _ in range(rng.integers(4)):
        image = np.rot90(image)
        sheets = [np.stack([corners[:, 1], 1 - corners[:, 0]], axis=1) for corners in sheets]
    sheets = [corners if quads.area(corners) > 0 else corners[::-1] for corners in sheets]
    sheets = [corners for corners in sheets if quads.convex(corners) and quads.area(corners) > LEAST]
    return np.ascontiguousarray(image.transpose(2, 0, 1)), *maps(sheets, side)
