"""Draws the one homography of a sample."""

import math

import numpy as np

from docclf.augment.draws.draw import Draw, check_probability, check_range, check_weights
from docclf.augment.draws.homography import ORIENTED, backdrop, shifted_scaled_rotated, turned_quad
from docclf.augment.draws.params import BORDERS, GRID

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
        self.borders = check_weights("geometry.borders", borders, BORDERS)
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

    def draw(self, draw: Draw, image_size: int) -> dict[str, object]:
        """The fields warp, border, fill and backdrop of Params."""
        place = self._orient(draw)  # before anything else, so that its numbers do not depend on the warp's
        border = draw.name(self.borders)
        fill = [float(draw.integer([0, 255])) for _ in range(3)]
        contrast, warp = draw.uniform([0.0, 40.0]), None
        if draw.chance(self.p):
            kind = draw.name(self.kinds)
            drawers = {"crop": self._crop, "shift_scale_rotate": self._shift_scale_rotate, "quad": self._quad}
            warp = drawers[kind](draw, image_size)
        if warp is None or any(place):
            warp = ORIENTED[place] if warp is None else ORIENTED[place] @ warp
        drawn = {"warp": warp, "border": BORDERS.index(border), "fill": np.array(fill)}
        if border == "backdrop":
            steps = np.array([draw.uniform([-contrast, contrast]) for _ in range(GRID * GRID)])
            drawn["backdrop"] = backdrop(drawn["fill"], steps)
        return drawn

    def _orient(self, draw: Draw) -> tuple[int, int, int]:
        half = 1 + draw.integer([0, 1]) if draw.chance(self.halves) else 0
        quarters, mirror = 0, draw.chance(self.flip_horizontal)
        if draw.chance(self.flip_vertical):
            quarters, mirror = 2, not mirror
        if draw.chance(self.turn):
            quarters += 2
        if draw.chance(self.orientations):
            quarters += draw.integer([0, 3])
            mirror ^= draw.chance(0.5)
        return half, quarters % 4, int(mirror)

    def _crop(self, draw: Draw, size: int) -> np.ndarray:
        low, high = math.log(self.crop_ratio[0]), math.log(self.crop_ratio[1])
        for _ in range(TRIES):
            area, ratio = draw.uniform(self.crop_area), math.exp(draw.uniform([low, high]))
            width, height = math.sqrt(area * ratio), math.sqrt(area / ratio)
            if width <= 1.0 and height <= 1.0:
                break
        else:
            width, height = 1.0, 1.0
        # Whole pixels of a source of the result's size, as the original crops.
        width, height = max(1, round(width * size)) / size, max(1, round(height * size)) / size
        left, top = (1.0 - width) * draw.random(), (1.0 - height) * draw.random()
        left, top = round(left * size) / size, round(top * size) / size
        return np.array([[width, 0.0, left], [0.0, height, top], [0.0, 0.0, 1.0]])

    def _shift_scale_rotate(self, draw: Draw, size: int) -> np.ndarray:
        angle, scale = draw.uniform([-self.rotation, self.rotation]), draw.uniform([1.0 - self.scale, 1.0 + self.scale])
        dx, dy = draw.uniform([-self.shift, self.shift]), draw.uniform([-self.shift, self.shift])
        return np.array(shifted_scaled_rotated(math.cos(angle), math.sin(angle), scale, dx, dy))

    def _quad(self, draw: Draw, size: int) -> np.ndarray:
        sides = [draw.uniform(self.margin) for _ in range(4)]
        steps = [draw.uniform([-self.jitter, self.jitter]) for _ in range(8)]
        angle = draw.uniform([-self.rotation, self.rotation])
        return np.array(turned_quad(sides, steps, math.cos(angle), math.sin(angle)))
