"""Scenes to learn from: sheets on a ground, seen by a camera, with their corners known."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from docclf.imaging.warp import coverage
from docclf.locator import quad as quads
from docclf.locator.training.optics import photographed

SIDE = 192  # a scene is drawn at this side and then looked at with fewer pixels, as a photo is


@dataclass(frozen=True)
class Scene:
    """A drawn photo, uint8 [SIDE,SIDE,3], and the corners [4,2] of its sheets, 0 to 1, the topmost last."""

    image: np.ndarray
    sheets: list[np.ndarray]


def draw(rng: np.random.Generator, sheet, ground) -> Scene:
    """Returns a scene.

    Args:
        rng: where its chances come from.
        sheet: ``sheet(rng)`` returns a sheet, uint8 [h,w,3].
        ground: ``ground(rng)`` returns a natural image, uint8 [h,w,3].
    """
    kind = rng.random()
    if kind < 0.07:  # nothing to find
        image, found = _ground(rng, sheet, ground), []
        for _ in range(rng.integers(0, 3)):
            _case(rng, image, _placed(rng, rng.uniform(0.6, 1.6), 0.05, 0.7) * SIDE, 0.0)
    elif kind < 0.17:  # cropped already
        picture = sheet(rng)
        image = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        corners = quads.SQUARE
        if rng.random() < 0.6:
            corners = quads.SQUARE + rng.uniform(-0.07, 0.07) + rng.uniform(-0.05, 0.05, (4, 2))
            image = _ground(rng, sheet, ground)
            _paste(rng, image, picture, corners * SIDE)
        found = [corners]
    elif kind < 0.23:  # a product picture: upright on one colour
        picture = sheet(rng)
        aspect = picture.shape[1] / picture.shape[0] / rng.choice([0.7, 1.0, 1.4])
        half = np.array([min(1.0, aspect), min(1.0, 1 / aspect)]) * rng.uniform(0.6, 1.0) / 2
        centre = 0.5 + rng.uniform(-1, 1, 2) * (0.5 - half) * rng.choice([0.0, 0.3])
        image = np.full((SIDE, SIDE, 3), 255 if rng.random() < 0.7 else rng.integers(0, 256, 3), np.uint8)
        found = [centre + (quads.SQUARE - 0.5) * 2 * half]
        _paste(rng, image, picture, found[0] * SIDE)
    else:
        image, found = _ground(rng, sheet, ground), []
        for last in [False] * int(rng.choice([0, 1, 2, 3], p=[0.45, 0.27, 0.18, 0.1])) + [True]:
            found.append(_put(rng, image, sheet(rng), last))
    return Scene(photographed(rng, image, found), found)


def _ground(rng, sheet, ground) -> np.ndarray:
    kind = rng.random()
    if kind < 0.3:  # a desk: a gradient with grain along one way
        corner = rng.uniform(0, 255) + rng.uniform(-45, 45, 3) + rng.uniform(-45, 45, (2, 2, 1))
        image = cv2.resize(np.clip(corner, 0, 255).astype(np.float32), (SIDE, SIDE))
        cells = (int(rng.integers(2, 12)), int(rng.integers(12, 120)))
        grain = rng.normal(0, rng.choice([0, 3, 8, 15]), cells if rng.random() < 0.5 else cells[::-1])
        image += cv2.resize(grain.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)[..., None]
        return np.clip(image, 0, 255).astype(np.uint8)
    image = sheet(rng) if kind < 0.38 else ground(rng)
    height, width = image.shape[:2]
    side = np.minimum(rng.uniform(0.35, 1.0) * min(height, width) * rng.uniform(0.8, 1.25, 2), (height, width))
    y, x = (rng.random(2) * ((height, width) - side)).astype(int)
    cut = image[y : y + int(side[0]) + 1, x : x + int(side[1]) + 1]
    return cv2.resize(cut, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)


def _placed(rng, aspect: float, least: float, most: float) -> np.ndarray:
    """Returns corners [4,2] of a sheet of that aspect under a pinhole camera, 0 to 1, partly outside at times."""
    points = (quads.SQUARE - 0.5) * (math.sqrt(aspect), 1 / math.sqrt(aspect))
    roll = math.radians(rng.uniform(-180, 180) if rng.random() < 0.5 else rng.normal(0, 12) + 90 * rng.integers(0, 4))
    points = points @ np.array([[math.cos(roll), math.sin(roll)], [-math.sin(roll), math.cos(roll)]])
    tilt, axis = math.radians(50 * rng.random() ** 1.2), rng.uniform(0, 2 * math.pi)
    turn = np.array([[math.cos(axis), -math.sin(axis)], [math.sin(axis), math.cos(axis)]])
    along = points @ turn
    distance = rng.uniform(1.6, 5)
    along *= np.array([math.cos(tilt), 1.0]) * (distance / (distance + along[:, :1] * math.sin(tilt)))
    points = along @ turn.T / (rng.choice([0.75, 1.0, 1.333, rng.uniform(0.56, 1.78)]), 1.0)
    points *= math.sqrt(rng.uniform(least, most) / abs(quads.area(points)))
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    if size.max() > 1.35:
        points, low, size = (value * (1.35 / size.max()) for value in (points, low, size))
    over = rng.choice([0.0, 0.05, 0.15], p=[0.5, 0.3, 0.2])
    room = np.maximum(1 - size, 0)
    return points - low + rng.uniform(-over, room + over) - np.maximum(size - 1, 0) / 2


def _put(rng, image: np.ndarray, picture: np.ndarray, last: bool) -> np.ndarray:
    aspect = picture.shape[1] / picture.shape[0]
    corners = _placed(rng, aspect, 0.12, 0.9) if last else _placed(rng, aspect, 0.05, 0.5)
    if rng.random() < 0.6:
        _case(rng, image, corners * SIDE, rng.uniform(0.01, 0.12))
    elif rng.random() < 0.5:  # a shadow on the ground
        shade = np.zeros((SIDE, SIDE), np.uint8)
        _fill(shade, corners * SIDE + rng.uniform(-0.03, 0.03, 2) * SIDE, int(rng.uniform(40, 160)))
        shade = cv2.blur(shade, (int(rng.integers(3, 15)),) * 2)
        np.copyto(image, cv2.multiply(image, cv2.merge([255 - shade] * 3), scale=1 / 255))
    _paste(rng, image, picture, corners * SIDE)
    return corners


def _case(rng, image: np.ndarray, corners: np.ndarray, rim: float) -> None:
    """Draws a sleeve, a case or a mat round a sheet: a rim of its own on each side, at times as thick as a box."""
    dark = rng.random() < 0.7
    colour = rng.uniform(0, 60) + rng.uniform(-8, 8, 3) if dark else rng.uniform(0, 255, 3) ** rng.choice([0.9, 1.0])
    x0, y0, x1, y1 = rim * rng.uniform(0.3, 1.5, 4) + (rng.random(4) < 0.15) * rng.uniform(0, 0.12, 4)
    far = np.array([[-x0, -y0], [1 + x1, -y0], [1 + x1, 1 + y1], [-x0, 1 + y1]])
    outer = quads.through(quads.homography(quads.SQUARE, corners), far)
    thick = rng.uniform(-1, 1, 2) * rng.choice([0.0, 0.02, 0.06]) * SIDE
    hull = cv2.convexHull(np.concatenate([outer, outer + thick]).astype(np.float32))[:, 0]
    _fill(image, hull, (np.clip(colour * rng.uniform(0.4, 1.1), 0, 255)).tolist())
    _fill(image, outer, np.clip(colour, 0, 255).tolist())
    if rng.random() < 0.5:  # an edge that catches the light
        line = np.round(outer * 16).astype(np.int32)
        cv2.polylines(image, [line], True, np.clip(colour + rng.uniform(-30, 120), 0, 255).tolist(), 1, cv2.LINE_AA, 4)


def _paste(rng, image: np.ndarray, picture: np.ndarray, corners: np.ndarray) -> None:
    """Warps a picture into an image between four corners, pixels; at times with round corners or a paper margin."""
    height, width = picture.shape[:2]
    longest = max(np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1).max(), 1)
    if (shrink := max(height, width) / longest) > 1.5:
        size = max(2, round(width / shrink)), max(2, round(height / shrink))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        height, width = picture.shape[:2]
    matrix = quads.homography(quads.SQUARE * (width, height) - 0.5, corners - 0.5)
    flags = {"flags": cv2.INTER_LINEAR, "borderMode": cv2.BORDER_REPLICATE}
    front = cv2.warpPerspective(picture, matrix, (SIDE, SIDE), **flags)
    if rng.random() < 0.2:
        radius, shape = max(1, round(rng.uniform(0.03, 0.09) * max(height, width))), np.zeros((height, width), np.uint8)
        cv2.rectangle(shape, (radius, 0), (width - 1 - radius, height - 1), 255, -1)
        cv2.rectangle(shape, (0, radius), (width - 1, height - 1 - radius), 255, -1)
        for x in (radius, width - 1 - radius):
            for y in (radius, height - 1 - radius):
                cv2.circle(shape, (x, y), radius, 255, -1)
        cover = cv2.warpPerspective(shape, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
        share = cover.astype(np.float32) / 255
    else:
        share = coverage(quads.homography(corners / SIDE, quads.SQUARE), SIDE)
    np.copyto(image, cv2.blendLinear(front, image, share, 1 - share))


def _fill(image: np.ndarray, corners: np.ndarray, colour) -> None:
    cv2.fillConvexPoly(image, np.round((corners - 0.5) * 16).astype(np.int32), colour, cv2.LINE_AA, 4)
