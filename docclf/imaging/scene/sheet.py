"""A sheet on a ground: bent, with its shadow and a plate round it."""

import cv2
import numpy as np

from docclf.imaging.warp import composite, coverage, enlarge, to_pixels, warp_to_square

CREASE = 0.02  # half width of the line of a fold, source coordinates


def seen(picture: np.ndarray, view: np.ndarray, size: int) -> np.ndarray:
    """uint8 [S,S,3]: a part of a picture.

    Args:
        picture: uint8 [n,n,3].
        view: [4] left, top, width and height, shares of the side; a negative one is mirrored.
        size: S, pixels.
    """
    left, top, width, height = view * picture.shape[0]
    # Output pixel i is at (i + 0.5) / S of the view.
    matrix = np.array([[width / size, 0.0, left + 0.5 * width / size - 0.5], [0.0, height / size, 0.0]])
    matrix[1, 2] = top + 0.5 * height / size - 0.5
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(picture, matrix, (size, size), flags=flags, borderMode=cv2.BORDER_REPLICATE)


def grown(warp: np.ndarray, wide: float, x: float, y: float) -> np.ndarray:
    """[3,3] from the output to the coordinates of a plate that is larger than the source on each side, and shifted.

    Args:
        warp: [3,3], output to source, [0,1] coordinates.
        wide: share of the source's side that it is larger by.
        x: shift, source coordinates.
        y: shift, source coordinates.
    """
    scale = 1.0 / (1.0 + 2.0 * wide)
    return np.array([[scale, 0.0, (wide - x) * scale], [0.0, scale, (wide - y) * scale], [0.0, 0.0, 1.0]]) @ warp


def shifted(warp: np.ndarray, x: float, y: float) -> np.ndarray:
    """[3,3]: the warp of the same source, moved by x, y in the output."""
    return warp @ np.array([[1.0, 0.0, -x], [0.0, 1.0, -y], [0.0, 0.0, 1.0]])


def laid(image: np.ndarray, warp: np.ndarray, bend: np.ndarray, ground: np.ndarray, detail: int) -> np.ndarray:
    """uint8 [S,S,3]: the image warped onto the ground.

    Args:
        image: uint8 [H,W,3].
        warp: [3,3], output to source, [0,1] coordinates.
        bend: [4] see docclf.augment.draws.params.
        ground: uint8 [S,S,3].
        detail: halvings of the image before it is read.
    """
    size = ground.shape[0]
    if detail:
        side = max(8, round(1.25 * size) >> detail)
        height, width = (min(n, side) for n in image.shape[:2])
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    if not bend.any():
        return composite(warp_to_square(image, warp, size), ground, coverage(warp, size))
    u, v, gain = bent(warp, bend, size)
    height, width = image.shape[:2]
    map_x, map_y = (u * width - 0.5).astype(np.float32), (v * height - 0.5).astype(np.float32)
    sheet = cv2.remap(image, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    sheet = cv2.multiply(sheet, cv2.cvtColor(gain, cv2.COLOR_GRAY2RGB), dtype=cv2.CV_8U)
    return composite(sheet, ground, bent_cover(u, v, warp, size))


def bent(warp: np.ndarray, bend: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """float32 [S,S] each: source coordinates of a bent sheet, and its gain. The corners stay where they are.

    A bowed side reaches `bow` inwards in its middle; the sheet is darker where it turns away from the light. A fold
    makes one of its halves darker and leaves a bright line.
    """
    axis = np.arange(size, dtype=np.float32)
    matrix = to_pixels(warp, size, 1, 1).astype(np.float32)
    matrix[:2] += 0.5 * matrix[2]  # to_pixels counts from the centre of a pixel
    a, b, c = (matrix[:, k, None, None] for k in range(3))
    u, v, w = a * axis[None, None] + b * axis[None, :, None] + c
    u, v = u / w, v / w
    along, across, place, depth = (np.float32(value) for value in bend)
    bow_u, bow_v = 4.0 * v * (1.0 - v), 4.0 * u * (1.0 - u)
    x, y = np.clip(u, 0.0, 1.0), np.clip(v, 0.0, 1.0)
    gain = 1.0 + 3.0 * along * (y - 0.5) * (1.0 - 0.5 * x) + 3.0 * across * (x - 0.5) * (1.0 - 0.5 * y)
    if place > 0.0:
        gain *= 1.0 + depth * np.where(x < place, 0.5, -0.5) * (1.0 - np.abs(x - place))
        gain += np.abs(depth) * np.maximum(0.0, 1.0 - np.abs(x - place) / np.float32(CREASE))
    return u + along * np.clip(bow_u, -1.0, 1.0), v + across * np.clip(bow_v, -1.0, 1.0), gain


def bent_cover(u: np.ndarray, v: np.ndarray, warp: np.ndarray, size: int) -> np.ndarray:
    """float32 [S,S]: about the share of each pixel that a bent sheet covers."""
    wide, high = (np.float32(value * size) for value in extent(warp))
    inside = cv2.min(cv2.min(u, 1.0 - u) * wide, cv2.min(v, 1.0 - v) * high)
    return np.clip(inside + np.float32(0.5), 0.0, 1.0)


def extent(warp: np.ndarray) -> tuple[float, float]:
    """Mean width and height of the sheet in the output, sides of it."""
    points = np.linalg.inv(warp) @ np.array([[0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]])
    points = points[:2] / points[2]
    sides = np.hypot(*(np.roll(points, -1, axis=1) - points))
    return float(sides[0] + sides[2]) / 2.0, float(sides[1] + sides[3]) / 2.0


def surroundings(ground: np.ndarray, warp: np.ndarray, rim: np.ndarray, drop: np.ndarray) -> np.ndarray:
    """uint8 [S,S,3]: the ground with the shadow of the sheet, and of its plate, and the plate itself.

    Args:
        ground: uint8 [S,S,3].
        warp: [3,3] of the sheet.
        rim: [6] see docclf.augment.draws.params.
        drop: [4] see there.
    """
    size = ground.shape[0]
    plate = grown(warp, *rim[:3].tolist()) if rim[0] > 0.0 else warp
    if drop[3] > 0.0:
        cover = coverage(shifted(plate, *drop[:2].tolist()), size, float(drop[2]) * 2.0 * size)
        gain = np.float32(1.0) - np.float32(drop[3]) * cover
        ground = cv2.multiply(ground, cv2.cvtColor(gain, cv2.COLOR_GRAY2RGB), dtype=cv2.CV_8U)
    if rim[0] > 0.0:
        flat = np.broadcast_to(rim[3:].astype(np.uint8), ground.shape)
        ground = composite(np.ascontiguousarray(flat), ground, coverage(plate, size))
    return ground


def plain(cells: np.ndarray, size: int) -> np.ndarray:
    """uint8 [S,S,3]: a ground without a picture."""
    return enlarge(cells, size)
