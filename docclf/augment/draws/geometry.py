"""Draws the homographies of many samples at once; see `docclf.augment.geometry`."""

import math

import numpy as np

from docclf.augment.draws.batch import BatchDraw, each
from docclf.augment.draws.homography import ORIENTED, backdrop, shifted_scaled_rotated, turned_quad
from docclf.augment.draws.params import BORDERS, GRID
from docclf.augment.geometry import TRIES, Geometry


def draw_geometry(geometry: Geometry, draw: BatchDraw, out: dict[str, np.ndarray], image_size: int) -> None:
    """Writes what `geometry.draw` gives for each sample into the arrays of the batch."""
    place = _orient(geometry, draw)
    border = np.array([BORDERS.index(name) for name in geometry.borders])[draw.name(geometry.borders)]
    fill = np.stack([draw.integer(0, 255) for _ in range(3)], axis=1).astype(np.float64)
    contrast, warp = draw.uniform([0.0, 40.0]), out["warp"]
    some = draw.where(draw.chance(geometry.p))
    chosen = some.name(geometry.kinds)
    drawers = {"crop": _crop, "shift_scale_rotate": _shift_scale_rotate, "quad": _quad}
    for number, kind in enumerate(geometry.kinds):
        of_kind = some.where(chosen == number)
        if len(of_kind.rows):
            warp[of_kind.rows] = _matrices(drawers[kind](geometry, of_kind, image_size))
    turned = np.flatnonzero(place.any(axis=1))
    warp[turned] = ORIENTED[tuple(place[turned].T)] @ warp[turned]
    out["border"][:], out["fill"][:] = border, fill
    behind = border == BORDERS.index("backdrop")
    some, bounds = draw.where(behind), [-contrast[behind], contrast[behind]]
    steps = np.stack([some.uniform(bounds) for _ in range(GRID * GRID)], axis=1)
    out["backdrop"][some.rows] = backdrop(fill[behind], steps)


def _matrices(entries: list[list]) -> np.ndarray:
    """[n,3,3] from 3 x 3 arrays [n]."""
    return np.moveaxis(np.array(entries), 2, 0)


def _orient(geometry: Geometry, draw: BatchDraw) -> np.ndarray:
    """int64 [B,3]: half, quarter turns and mirror."""
    place = np.zeros((len(draw.rows), 3), dtype=np.int64)
    half = draw.chance(geometry.halves)
    place[half, 0] = 1 + draw.where(half).integer(0, 1)
    mirror, upside = draw.chance(geometry.flip_horizontal), draw.chance(geometry.flip_vertical)
    quarters, mirror = 2 * upside + 2 * draw.chance(geometry.turn), mirror ^ upside
    free = draw.chance(geometry.orientations)
    some = draw.where(free)
    quarters[free] += some.integer(0, 3)
    mirror[free] ^= some.chance(0.5)
    place[:, 1], place[:, 2] = quarters % 4, mirror
    return place


def _crop(geometry: Geometry, draw: BatchDraw, size: int) -> list[list]:
    ratios = [math.log(geometry.crop_ratio[0]), math.log(geometry.crop_ratio[1])]
    width, height = np.ones(len(draw.rows)), np.ones(len(draw.rows))
    trying = np.arange(len(draw.rows))
    for _ in range(TRIES):
        some = draw.where(trying)
        area, ratio = some.uniform(geometry.crop_area), each(math.exp, some.uniform(ratios))
        w, h = np.sqrt(area * ratio), np.sqrt(area / ratio)
        fits = (w <= 1.0) & (h <= 1.0)
        width[trying[fits]], height[trying[fits]] = w[fits], h[fits]
        trying = trying[~fits]
        if not len(trying):
            break
    width, height = (np.maximum(1, np.rint(side * size)) / size for side in (width, height))
    left, top = (1.0 - width) * draw.random(), (1.0 - height) * draw.random()
    left, top = np.rint(left * size) / size, np.rint(top * size) / size
    zero = np.zeros(len(width))
    return [[width, zero, left], [zero, height, top], [zero, zero, zero + 1.0]]


def _shift_scale_rotate(geometry: Geometry, draw: BatchDraw, size: int) -> list[list]:
    angle = draw.uniform([-geometry.rotation, geometry.rotation])
    scale = draw.uniform([1.0 - geometry.scale, 1.0 + geometry.scale])
    dx, dy = (draw.uniform([-geometry.shift, geometry.shift]) for _ in range(2))
    return shifted_scaled_rotated(each(math.cos, angle), each(math.sin, angle), scale, dx, dy)


def _quad(geometry: Geometry, draw: BatchDraw, size: int) -> list[list]:
    sides = [draw.uniform(geometry.margin) for _ in range(4)]
    steps = [draw.uniform([-geometry.jitter, geometry.jitter]) for _ in range(8)]
    angle = draw.uniform([-geometry.rotation, geometry.rotation])
    return turned_quad(sides, steps, each(math.cos, angle), each(math.sin, angle))
