"""Draws the one homography of a sample."""

import math

import numpy as np

from docclf.augment.draws.checks import check_probability, check_range, check_weights
from docclf.augment.draws.draw import Draw
from docclf.augment.draws.homography import ORIENTED, backdrop, matrices, shifted_scaled_rotated, turned_quad
from docclf.augment.draws.params import BORDERS, GRID, Values

TRIES = 10  # as torchvision's and albumentations' random resized crop


class Geometry:
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

    Raises:
        InputError: a probability, range or name is not one.
    """

    def __init__(
        self,
        p: float,
        kinds: dict[str, float],
        borders: dict[str, float],
        crop_area: list[float],
        crop_ratio: list[float],
        shift: float,
        scale: float,
        rotation: float,
        margin: list[float],
        jitter: float,
        flip_horizontal: float = 0.0,
        flip_vertical: float = 0.0,
        turn: float = 0.0,
        orientations: float = 0.0,
        halves: float = 0.0,
    ):
        self.p = check_probability("geometry.p", p)
        self.kinds = check_weights("geometry.kinds", kinds, ("crop", "shift_scale_rotate", "quad"))
        self.borders = check_weights("geometry.borders", borders, BORDERS[:4])
        self.crop_area = check_range("geometry.crop_area", crop_area, 0.01, 1.0)
        self.crop_ratio = check_range("geometry.crop_ratio", crop_ratio, 0.1, 10.0)
        self.shift = check_range("geometry.shift", [0.0, shift], 0.0, 0.5)[1]
        self.scale = check_range("geometry.scale", [0.0, scale], 0.0, 0.9)[1]
        self.rotation = math.radians(check_range("geometry.rotation", [0.0, rotation], 0.0, 180.0)[1])
        # Beyond these a quad may fold over itself and no homography exists.
        self.margin = check_range("geometry.margin", margin, -0.3, 0.3)
        self.jitter = check_range("geometry.jitter", [0.0, jitter], 0.0, 0.15)[1]
        self.flip_horizontal = check_probability("geometry.flip_horizontal", flip_horizontal)
        self.flip_vertical = check_probability("geometry.flip_vertical", flip_vertical)
        self.turn = check_probability("geometry.turn", turn)
        self.orientations = check_probability("geometry.orientations", orientations)
        self.halves = check_probability("geometry.halves", halves)

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
