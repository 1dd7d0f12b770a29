"""Draws where a sheet lies in a photograph: a pinhole camera over a sheet of paper, plastic or card."""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from docclf.augment.draws.checks import check_probability, check_range
from docclf.augment.draws.draw import Draw
from docclf.augment.draws.homography import matrices
from docclf.augment.draws.params import BORDERS, Values
from docclf.augment.draws.part import Part, Share, UpTo, Within
from docclf.imaging.warp import square_to_quad

_LARGEST = 1.25  # of the sheet's bounding box, in sides of the frame: beyond it too little of the sheet is left
_LEAVES = 0.06  # sides of the frame by which the bounding box may lie outside it


@dataclass(eq=False)
class Camera(Part):
    """Puts the sheet into the frame. Two ways of taking a photograph, both from any side of the sheet:

    far: the sheet lies among other things, in any roll, and covers a part of the frame;
    near: the sheet fills the frame, as held to it on purpose or as a corner detector cuts it out, nearly upright.

    Args:
        near: probability of a near photograph, when training begins and when the scenes are at their hardest.
        aspect: smallest and largest width over height of a sheet whose image is a square; log-uniform.
        tilt: largest angle between the sheet and the sensor, degrees, of far and near photographs.
        distance: of the camera from the middle of the sheet, in lengths of its side; a small one bends parallels more.
        roll: probability of any roll of a far photograph; else it is `upright`.
        upright: largest roll of the others, degrees.
        cover: share of the frame that a far sheet covers, smallest when training begins and at the hardest; largest 1.
        near_cover: share of the frame that a near sheet covers; above 1 it leaves it.
        slip: largest shift of a near sheet, sides of the frame.
        frames: width over height of the frames, each as likely; they then are squashed to a square.
        bow: largest bow of a side, share of the other one, of paper that curls.
        curl: probability of it.
        fold: probability of a fold.
        rim: probability of a plate round the sheet: a sleeve, a case, a margin, a pile of others.
        wide: its width, share of the sheet's side.
        drop: darkness of the shadow that the sheet casts on the ground.
    """

    group = "geometry"
    near: list[float]
    aspect: Annotated[list[float], Within(0.1, 10.0)]
    tilt: list[float]
    distance: Annotated[list[float], Within(1.5, 100.0)]
    roll: Share
    upright: Annotated[float, UpTo(180.0)]
    cover: list[float]
    near_cover: Annotated[list[float], Within(0.3, 2.0)]
    slip: Annotated[float, UpTo(0.3)]
    frames: list[float]
    bow: Annotated[float, UpTo(0.2)]
    curl: Share
    fold: Share
    rim: Share
    wide: Annotated[list[float], Within(0.0, 1.0)]
    drop: Annotated[list[float], Within(0.0, 1.0)]

    def __post_init__(self) -> None:
        super().__post_init__()
        self.near = [check_probability("geometry.near", value) for value in self.near]
        self.tilt = [math.radians(check_range("geometry.tilt", [0.0, value], 0.0, 65.0)[1]) for value in self.tilt]
        self.upright = math.radians(self.upright)
        self.cover = [check_range("geometry.cover", [value, 1.0], 0.05, 1.0)[0] for value in self.cover]
        self.frames = np.array([check_range("geometry.frames", [value, value], 0.2, 5.0)[0] for value in self.frames])

    def draw(self, draw: Draw, out: Values, image_size: int, aspects: np.ndarray | None = None) -> None:
        """Writes the fields warp, detail, border, bend, rim and drop.

        Args:
            draw: of this group.
            out: written to.
            image_size: side of the result, pixels.
            aspects: [B] width over height of the sheets where it is known; else it is drawn.
        """
        guess = np.exp(draw.uniform(math.log(self.aspect[0]), math.log(self.aspect[1])))
        quad = self._quad(draw, guess if aspects is None else aspects)
        out["warp"][:] = np.linalg.inv(matrices(square_to_quad([tuple(quad[:, k].T) for k in range(4)])))
        area = 0.5 * np.abs(_cross(quad[:, 2] - quad[:, 0], quad[:, 3] - quad[:, 1]))
        # A sheet that covers a quarter of the frame is read from half its resolution, or it would alias.
        out["detail"][:] = np.clip(np.floor(0.3 - 0.5 * np.log2(np.minimum(area, 1.0))), 0, 2)
        out["border"][:] = BORDERS.index("ground")
        bows = draw.uniform(-self.bow, self.bow, 2) * draw.chance(self.curl)[:, None]
        fold = np.stack([draw.uniform(0.2, 0.8), draw.uniform(-0.35, 0.35)], axis=1) * draw.chance(self.fold)[:, None]
        out["bend"][:] = np.concatenate([bows, fold], axis=1)
        grey = np.floor(256.0 * draw.random())[:, None]
        colour = np.where(draw.chance(0.7)[:, None], grey, 256.0 * draw.random(3))
        plate = [draw.uniform(*self.wide)[:, None], draw.uniform(-0.04, 0.04, 2), colour]
        out["rim"][:] = np.concatenate(plate, axis=1) * draw.chance(self.rim)[:, None]
        shift, soft, dark = draw.uniform(-0.03, 0.03, 2), draw.uniform(0.01, 0.06, 1), draw.uniform(*self.drop, 1)
        out["drop"][:] = np.concatenate([shift, soft, dark], axis=1)

    def _quad(self, draw: Draw, aspect: np.ndarray) -> np.ndarray:
        """[B,4,2] in the frame, 0 to 1: the sheet's own top left, top right, bottom right and bottom left corner."""
        near = draw.random() < self._now(self.near, draw.level)
        turn = np.where(near | (draw.random() >= self.roll), self.upright, math.pi) * draw.uniform(-1.0, 1.0)
        half = 0.5 * np.stack([np.sqrt(aspect), 1.0 / np.sqrt(aspect)], axis=1)
        flat = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]) * half[:, None]
        # Most photographs are nearly from above: the tilt's density falls towards its end.
        tilt = np.where(near, self.tilt[1], self.tilt[0]) * draw.random() * np.sqrt(draw.random())
        axis, distance = 2.0 * math.pi * draw.random(), draw.uniform(*self.distance)
        u, v = _parts(_turned(flat, turn - axis))
        depth = distance[:, None] / (distance[:, None] + u * np.sin(tilt)[:, None])
        quad = _turned(np.stack([u * np.cos(tilt)[:, None] * depth, v * depth], axis=2), axis)
        frame = self.frames[draw.integer(0, len(self.frames) - 1)]
        quad[..., 0] /= np.where(near, aspect, frame)[:, None]
        area = 0.5 * np.abs(_cross(quad[:, 2] - quad[:, 0], quad[:, 3] - quad[:, 1]))
        far_cover = draw.uniform(self._now(self.cover, draw.level), 1.0)
        cover = np.where(near, draw.uniform(*self.near_cover), far_cover)
        quad = quad * np.sqrt(cover / area)[:, None, None]
        size = quad.max(axis=1) - quad.min(axis=1)
        quad = quad * np.minimum(1.0, _LARGEST / size.max(axis=1))[:, None, None]
        low, size = quad.min(axis=1), quad.max(axis=1) - quad.min(axis=1)
        free = -_LEAVES + draw.random(2) * (np.maximum(1.0 - size, 0.0) + 2 * _LEAVES) - np.maximum(size - 1.0, 0.0) / 2
        middle = 0.5 - size / 2 + draw.uniform(-self.slip, self.slip, 2)
        return quad + (np.where(near[:, None], middle, free) - low)[:, None]

    @staticmethod
    def _now(ends: list[float], level: float) -> float:
        return ends[0] + (ends[1] - ends[0]) * level


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]


def _parts(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return points[..., 0], points[..., 1]


def _turned(points: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """[B,n,2] points turned about the origin by the angles [B]."""
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    x, y = _parts(points)
    return np.stack([x * cos - y * sin, x * sin + y * cos], axis=2)
