"""What happens between a scene and its file: things in the way, glare, light, blur, noise, compression."""

import functools
import math

import cv2
import numpy as np

from docclf.imaging.effect import noise
from docclf.imaging.effect.jpeg import jpeg
from docclf.locator import quad as quads

_bank = functools.cache(noise.NoiseBank)
_LEVELS = np.arange(256, dtype=np.float32) / 255


def photographed(rng: np.random.Generator, image: np.ndarray, sheets: list[np.ndarray]) -> np.ndarray:
    """Returns the photo of a drawn scene.

    Args:
        rng: where its chances come from.
        image: uint8 [S,S,3]; is drawn on.
        sheets: corners [4,2] of what lies there, 0 to 1.
    """
    side = len(image)
    for corners in sheets:
        if rng.random() < 0.2:
            _sticker(rng, image, corners * side)
    if rng.random() < 0.25:
        _fingers(rng, image, sheets)
    if rng.random() < 0.12:
        _cable(rng, image)
    if rng.random() < 0.55:
        for _ in range(rng.integers(1, 4)):
            image = _glare(rng, image)
    image = _light(rng, image)
    image = _blur(rng, image)
    if rng.random() < 0.6:
        image = noise.gaussian(image, rng.choice([2, 4, 7, 12]), _bank(side).normals(int(rng.integers(noise.BANK))))
    return jpeg(image, int(rng.integers(20, 90))) if rng.random() < 0.5 else image


def _sticker(rng, image: np.ndarray, corners: np.ndarray) -> None:
    """A label or a clip over a corner or a side."""
    width, height = rng.uniform(0.1, 0.5), rng.uniform(0.04, 0.18)
    low = np.array([rng.choice([-0.05, 1 - width + 0.05, rng.uniform(0, 1)]), rng.choice([-height / 2, 0, 1 - height])])
    box = low + quads.SQUARE * (width, height)
    place = quads.through(quads.homography(quads.SQUARE, np.roll(corners, int(rng.integers(4)), axis=0)), box)
    colour = rng.uniform(190, 255) + rng.uniform(-10, 10, 3) if rng.random() < 0.7 else rng.uniform(0, 255, 3)
    cv2.fillConvexPoly(image, np.round(place * 16).astype(np.int32), colour.tolist(), cv2.LINE_AA, 4)


def _fingers(rng, image: np.ndarray, sheets: list[np.ndarray]) -> None:
    """Fingers that reach over a side of a sheet, or into the frame."""
    side = len(image)
    skin = np.array([rng.uniform(110, 240), 0, 0])
    skin[1] = skin[0] * rng.uniform(0.6, 0.85)
    skin[2] = skin[1] * rng.uniform(0.6, 0.95)
    tip, away = rng.random(2) * side, rng.normal(0, 1, 2)
    if sheets:
        corners = sheets[-1] * side
        k, share = int(rng.integers(4)), rng.random()
        tip = corners[k] * (1 - share) + corners[(k + 1) % 4] * share
        away = tip - corners.mean(axis=0) + rng.normal(0, 0.2 * side, 2)
    away = away / max(np.linalg.norm(away), 1e-6)
    thick = rng.uniform(0.04, 0.11) * side
    for number in range(rng.integers(1, 5)):
        start = tip - away * rng.uniform(0, 0.15) * side + np.array([-away[1], away[0]]) * number * thick * 0.95
        end = start + away * rng.uniform(0.4, 1.2) * side + rng.normal(0, 0.1 * side, 2)
        shade = np.clip(skin * rng.uniform(0.8, 1.1), 0, 255)
        ends = [tuple(np.round(point * 16).astype(int).tolist()) for point in (start, end)]
        cv2.line(image, *ends, (shade * 0.7).tolist(), max(1, round(thick)), cv2.LINE_AA, 4)
        cv2.line(image, *ends, shade.tolist(), max(1, round(thick * 0.8)), cv2.LINE_AA, 4)


def _cable(rng, image: np.ndarray) -> None:
    side, t = len(image), np.linspace(0, 1, 24)[:, None]
    a, b, c, d = rng.uniform(-0.2, 1.2, (4, 2)) * side
    curve = a * (1 - t) ** 3 + 3 * b * t * (1 - t) ** 2 + 3 * c * t**2 * (1 - t) + d * t**3
    colour = (rng.choice([20, 120, 220]) + rng.uniform(-20, 20, 3)).clip(0, 255).tolist()
    thick = max(1, round(rng.uniform(0.008, 0.03) * side))
    cv2.polylines(image, [np.round(curve * 16).astype(np.int32)], False, colour, thick, cv2.LINE_AA, 4)


def _glare(rng, image: np.ndarray) -> np.ndarray:
    """A lamp in plastic: an elongated patch, its middle white."""
    coarse, side = 48, len(image)
    axis = (np.arange(coarse) + 0.5) / coarse
    x, y = np.meshgrid(axis - rng.random(), axis - rng.random())
    turn = rng.uniform(0, math.pi)
    u, v = x * math.cos(turn) + y * math.sin(turn), y * math.cos(turn) - x * math.sin(turn)
    u += rng.normal(0, 0.04) * np.sin(v * rng.uniform(5, 30))
    patch = np.exp(-(((u / rng.uniform(0.02, 0.15)) ** 2 + (v / rng.uniform(0.03, 0.5)) ** 2) ** rng.uniform(0.5, 2)))
    white = cv2.resize((patch * rng.uniform(60, 400)).clip(0, 255).astype(np.float32), (side, side))
    return cv2.add(image, cv2.merge([white] * 3), dtype=cv2.CV_8U)


def _light(rng, image: np.ndarray) -> np.ndarray:
    side = len(image)
    if rng.random() < 0.5:  # uneven, or the edge of a shadow
        cells = int(rng.choice([2, 2, 3, 5]))
        gain = rng.uniform(rng.choice([0.3, 0.6]), 1.2, (cells, cells)).astype(np.float32)
        gain = cv2.resize(gain, (side, side), interpolation=cv2.INTER_LINEAR)
        image = cv2.multiply(image, cv2.merge([gain] * 3), dtype=cv2.CV_8U)
    veil = rng.uniform(0, 0.25) if rng.random() < 0.3 else 0.0
    cast = np.exp(rng.normal(0, rng.choice([0.08, 0.22]), 3))
    curve = (_LEVELS ** math.exp(rng.uniform(-0.5, 0.5)) * rng.uniform(0.4, 1.25) * (1 - veil))[:, None] * cast + veil
    image = cv2.LUT(image, (np.clip(curve, 0, 1) * 255).astype(np.uint8)[None])
    if rng.random() < 0.06:
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return image


def _blur(rng, image: np.ndarray) -> np.ndarray:
    kind = rng.random()
    if kind < 0.35:
        return cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 2.8))
    if kind < 0.5:
        length, turn = rng.uniform(2, 9), rng.uniform(0, math.pi)
        kernel = np.zeros((11, 11), np.float32)
        step = np.array([math.cos(turn), math.sin(turn)]) * length / 2
        cv2.line(kernel, *(tuple(np.round((5 + s * step) * 16).astype(int).tolist()) for s in (-1, 1)), 1.0, 1,
                 cv2.LINE_AA, 4)  # fmt: skip
        return cv2.filter2D(image, -1, kernel / max(kernel.sum(), 1e-6))
    return image
