"""One scene with its corners: for a corner detector, a calibration, a picture."""

import functools

import numpy as np

from docclf.augment.recipe import Recipe
from docclf.augment.sheet.recipes import load
from docclf.imaging.warp import CORNERS


def scene(
    image: np.ndarray,
    ground: np.ndarray | None = None,
    rng: np.random.Generator | int = 0,
    size: int = 256,
    level: float = 1.0,
    recipe: Recipe | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """A photograph of a sheet, uint8 [S,S,3], and its corners, float64 [4,2].

    Corners are x, y as shares of the photograph's sides, of the sheet's own top left, top right, bottom right and
    bottom left, whatever its roll; they may lie outside of it. The same number gives the same scene.

    Args:
        image: the sheet, uint8 [H,W,3]; its proportions are kept.
        ground: uint8 [h,w,3], what it lies on; None takes one of the recipe's.
        rng: a generator, or the number of the scene.
        size: S, pixels.
        level: difficulty, 0 to 1.
        recipe: of augment=scene; None takes that of the yaml, with drawn desks.
    """
    recipe = _recipe(size) if recipe is None else recipe
    number = int(rng.integers(1 << 62)) if isinstance(rng, np.random.Generator) else int(rng)
    start, stop, _ = recipe.curriculum or (0.0, 1.0, 1.0)
    aspects = np.array([image.shape[1] / image.shape[0]])
    values = recipe.plan(np.zeros(1, np.int64), np.array([number]), start + level * (stop - start), aspects)
    if ground is not None:
        side = min(ground.shape[:2])  # a square part, so that its proportions are kept too
        top, left = (ground.shape[0] - side) // 2, (ground.shape[1] - side) // 2
        ground = np.ascontiguousarray(ground[top : top + side, left : left + side])
    return recipe.apply(image, values, 0, ground), corners(values["warp"])[0]


def corners(warps: np.ndarray) -> np.ndarray:
    """float64 [B,4,2]: where the corners of the sheets lie, shares of the sides, see `scene`.

    Args:
        warps: [B,3,3], the field warp of `Recipe.plan`.
    """
    points = np.linalg.inv(warps) @ CORNERS
    return (points[:, :2] / points[:, 2:]).swapaxes(1, 2)


@functools.lru_cache(maxsize=4)
def _recipe(size: int) -> Recipe:
    return load("scene", size, 0)
