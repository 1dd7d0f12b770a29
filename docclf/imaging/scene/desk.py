"""Drawn grounds that a sheet may lie on: wood, cloth, stone, boards, tiles, keys, and things left lying about."""

import cv2
import numpy as np


def desk(number: int, side: int) -> np.ndarray:
    """uint8 [side,side,3]: the desk of that number, the same on every machine.

    Args:
        number: which desk, at least 0.
        side: pixels.
    """
    rng = np.random.Generator(np.random.Philox(key=number))
    kind = ("wood", "cloth", "stone", "boards", "tiles", "keys")[number % 6]
    base = np.array(_BASES[kind][rng.integers(len(_BASES[kind]))]) + rng.uniform(-20, 20, 3)
    tone = {
        "wood": lambda: _grain(rng, side, 24.0),
        "cloth": lambda: _weave(rng, side) + 0.5 * _clouds(rng, side, 3),
        "stone": lambda: 1.5 * _clouds(rng, side, 40),
        "boards": lambda: _grain(rng, side, 16.0) + _lines(rng, side, across=False),
        "tiles": lambda: _clouds(rng, side, 8) + _lines(rng, side, across=True),
        "keys": lambda: _keys(rng, side),
    }[kind]()
    ground = np.clip(base + tone[..., None], 0, 255).astype(np.uint8)
    for _ in range(rng.integers(0, 4)):
        ground = _thing(rng, ground)
    return ground


_BASES = {
    "wood": [(170, 120, 70), (120, 80, 50), (205, 170, 120), (90, 60, 45)],
    "cloth": [(60, 70, 110), (150, 40, 50), (120, 125, 120), (200, 195, 180), (35, 35, 40)],
    "stone": [(180, 178, 172), (90, 92, 96), (220, 215, 205)],
    "boards": [(190, 150, 105), (110, 78, 52)],
    "tiles": [(210, 208, 200), (150, 110, 90), (100, 120, 130)],
    "keys": [(40, 40, 44), (200, 200, 204)],
}


def _clouds(rng: np.random.Generator, side: int, cells: int) -> np.ndarray:
    """Levels [side,side] that change over about side / cells pixels."""
    noise = rng.normal(0, 12, (cells + 1, cells + 1)).astype(np.float32)
    return cv2.resize(noise, (side, side), interpolation=cv2.INTER_CUBIC)


def _grain(rng: np.random.Generator, side: int, depth: float) -> np.ndarray:
    lines = cv2.resize(rng.normal(0, 1, (60, 4)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    return depth * (0.6 * lines + 0.4 * np.sin(14.0 * lines)) + 0.4 * _clouds(rng, side, 5)


def _weave(rng: np.random.Generator, side: int) -> np.ndarray:
    axis = np.arange(side) / side * rng.uniform(40, 90) * 2 * np.pi
    check = np.sin(np.arange(side) / side * rng.uniform(4, 12) * 2 * np.pi)
    return 10.0 * np.sin(axis)[:, None] * np.sin(axis)[None] + rng.uniform(0, 30) * (check[:, None] + check[None])


def _lines(rng: np.random.Generator, side: int, across: bool) -> np.ndarray:
    """Dark gaps between boards or tiles."""
    gap = (np.arange(side) % max(4, side // int(rng.integers(3, 9))) < max(1, side // 100)).astype(np.float32)
    gaps = np.broadcast_to(gap[:, None], (side, side))
    return -60.0 * (np.maximum(gaps, gaps.T) if across else gaps)


def _keys(rng: np.random.Generator, side: int) -> np.ndarray:
    """A keyboard: rounded lighter fields in rows."""
    tone, cell = np.full((side, side), 100, np.uint8), max(6, side // int(rng.integers(6, 14)))
    for top in range(0, side, cell):
        for left in range(-(top // cell % 2) * cell // 2, side, cell):
            edge = max(1, cell // 8)
            cv2.rectangle(tone, (left + edge, top + edge), (left + cell - edge, top + cell - edge), 132, -1)
            middle = (left + cell // 3, top + cell // 2)
            cv2.putText(tone, chr(65 + int(rng.integers(26))), middle, 0, cell / 70, 210, 1, cv2.LINE_AA)
    return tone - 118.0


def _thing(rng: np.random.Generator, ground: np.ndarray) -> np.ndarray:
    """The ground with a sheet with lines of text, a book, a cup or a pen on it."""
    side = ground.shape[0]
    centre, size = rng.uniform(0, side, 2), rng.uniform(0.15, 0.6, 2) * side
    colour = tuple(float(v) for v in (rng.uniform(0, 255, 3) if rng.random() < 0.6 else np.full(3, 240.0)))
    kind = rng.integers(3)
    if kind == 0:  # a cup from above
        cv2.circle(ground, tuple(int(v) for v in centre), int(size[0] / 3), colour, -1, cv2.LINE_AA)
        cv2.circle(ground, tuple(int(v) for v in centre), int(size[0] / 4), (60.0, 40.0, 30.0), -1, cv2.LINE_AA)
        return ground
    box = cv2.boxPoints((tuple(map(float, centre)), tuple(map(float, size)), float(rng.uniform(0, 180))))
    cv2.fillConvexPoly(ground, np.rint(box).astype(np.int32), colour, cv2.LINE_AA)
    if kind == 1:  # text
        for share in np.linspace(0.1, 0.9, 12):
            start, stop = box[0] + share * (box[1] - box[0]), box[3] + share * (box[2] - box[3])
            stop = start + (stop - start) * rng.uniform(0.5, 0.9)
            ends = [tuple(int(v) for v in point) for point in (start + 0.1 * (stop - start), stop)]
            cv2.line(ground, *ends, (50.0, 50.0, 55.0), max(1, side // 150), cv2.LINE_AA)
    return ground
