"""Draws the one homography of a sample."""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from docclf.augment.draws.draw import Draw
from docclf.augment.draws.homography import ORIENTED, backdrop, matrices, shifted_scaled_rotated, turned_quad
from docclf.augment.draws.params import BORDERS, GRID, Values
from docclf.augment.draws.part import Part, Share, UpTo, Weights, Within

TRIES = 10  # as torchvision's and albumentations' random resized crop


@dataclass(eq=False)
class Geometry(Part):
    """With probability p one kind of warp, after half crops, orientation and flips; lengths are fractions of the side.

    All act on the image as squeezed to a square: a rotation of a wide document is a shear of it in real proportions.

    Args:
        p: probability of a warp.
        kinds: weights of "crop" (random resized crop), "shift_scale_rotate" and "quad" (a corner detector's errors).
        crop_area: area of a crop as a share of the image.
        crop_ratio: its width over its height, log-uniform.
        shift: largest shift along x and along y.
        scale: largest change of scale, about 1.
        rotation: largest rotation, degrees, of "shift_scale_rotate" and "quad".
        margin: distance of each side of a quad from the document's edge: negative cuts into it, positive shows the rim.
        jitter: largest further displacement of each corner of a quad, along x and along y.
        borders: weights of what lies outside: "constant", "replicate", "reflect", "backdrop".
        flip_horizontal: probability of a mirror image, left and right swapped.
        flip_vertical: probability of a mirror image, top and bottom swapped.
        turn: probability of 180 degrees.
        orientations: probability of one of the 8 orientations (4 quarter turns, mirrored or not), all alike.
        halves: probability of keeping only the upper or only the lower half.
    """

    group = "geometry"
    p: Share
    kinds: Annotated[dict[str, float], Weights(("crop", "shift_scale_rotate", "quad"))]
    borders: Annotated[dict[str, float], Weights(BORDERS[:4])]
    crop_area: Annotated[list[float], Within(0.01, 1.0)]
    crop_ratio: Annotated[list[float], Within(0.1, 10.0)]
    shift: Annotated[float, UpTo(0.5)]
    scale: Annotated[float, UpTo(0.9)]
    rotation: Annotated[float, UpTo(180.0)]
    # Beyond these a quad may fold over itself and no homography exists.
    margin: Annotated[list[float], Within(-0.3, 0.3)]
    jitter: Annotated[float, UpTo(0.15)]
    flip_horizontal: Share = 0.0
    flip_vertical: Share = 0.0
    turn: Share = 0.0
    orientations: Share = 0.0
    halves: Share = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.rotation = math.radians(self.rotation)

    def draw(self, draw: Draw, out: Values, image_size: int) -> None:
        """Writes the fields warp, border, fill and backdrop."""
        half, quarters, mirror = self._orient(draw)
        border = np.array([BORDERS.index(name) for name in self.borders])[draw.choice(self.borders)]
        fill, contrast = np.floor(256.0 * draw.random(3)), draw.uniform(0.0, 40.0)[:, None]
        steps = draw.uniform(-contrast, contrast, GRID * GRID)
        drawn, chosen = draw.chance(self.p), draw.choice(self.kinds)
        drawers = {"crop": self._crop, "shift_scale_rotate": self._shift_scale_rotate, "quad": self._quad}
        for place, kind in enumerate(self.kinds):
            rows = drawn & (chosen == place)
            if rows.any():
                out["warp"][rows] = drawers[kind](draw.fork(), image_size)[rows]
        out["warp"][:] = ORIENTED[half, quarters, mirror] @ out["warp"]
        out["border"][:], out["fill"][:] = border, fill
        behind = border == BORDERS.index("backdrop")
        out["backdrop"][behind] = backdrop(fill[behind], steps[behind])

    def _orient(self, draw: Draw) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """int64 [B] each: half, quarter turns and mirror."""
        half = draw.chance(self.halves) * draw.integer(1, 2)
        mirror, upside = draw.chance(self.flip_horizontal), draw.chance(self.flip_vertical)
        quarters, mirror = 2 * upside + 2 * draw.chance(self.turn), mirror ^ upside
        free, turns, flip = draw.chance(self.orientations), draw.integer(0, 3), draw.chance(0.5)
        return half, (quarters + free * turns) % 4, (mirror ^ (free & flip)).astype(np.int64)

    def _crop(self, draw: Draw, size: int) -> np.ndarray:
        low, high = math.log(self.crop_ratio[0]), math.log(self.crop_ratio[1])
        area = draw.uniform(*self.crop_area, TRIES)
        ratio = np.exp(draw.uniform(low, high, TRIES))
        width, height = np.sqrt(area * ratio), np.sqrt(area / ratio)
        fits = (width <= 1.0) & (height <= 1.0)
        first, rows = fits.argmax(axis=1), np.arange(draw.count)
        width, height = (np.where(fits.any(axis=1), side[rows, first], 1.0) for side in (width, height))
        # Whole pixels of a source of the result's size, as the original crops.
        width, height = (np.maximum(1, np.rint(side * size)) / size for side in (width, height))
        left, top = (np.rint((1.0 - side) * draw.random() * size) / size for side in (width, height))
        zero = np.zeros(draw.count)
        return matrices([[width, zero, left], [zero, height, top], [zero, zero, zero + 1.0]])

    def _shift_scale_rotate(self, draw: Draw, size: int) -> np.ndarray:
        angle, scale = (
            draw.uniform(-self.rotation, self.rotation),
            draw.uniform(1.0 - self.scale, 1.0 + self.scale),
        )
        dx, dy = draw.uniform(-self.shift, self.shift), draw.uniform(-self.shift, self.shift)
        return matrices(shifted_scaled_rotated(np.cos(angle), np.sin(angle), scale, dx, dy))

    def _quad(self, draw: Draw, size: int) -> np.ndarray:
        sides = list(draw.uniform(*self.margin, 4).T)
        steps = list(draw.uniform(-self.jitter, self.jitter, 8).T)
        angle = draw.uniform(-self.rotation, self.rotation)
        return matrices(turned_quad(sides, steps, np.cos(angle), np.sin(angle)))
