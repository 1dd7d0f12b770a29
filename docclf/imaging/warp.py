"""One resample from a source image of any size to a square, antialiased when it shrinks."""

import math

import cv2
import numpy as np

_BORDER = {"constant": cv2.BORDER_CONSTANT, "replicate": cv2.BORDER_REPLICATE, "reflect": cv2.BORDER_REFLECT}
# Above this many source pixels per output pixel a bilinear warp aliases visibly, so the source is first reduced by area
# to _KEEP pixels per output pixel: enough that a crop to 0.8 of the side is still not enlarged.
_ALIASED = 1.5
_KEEP = 1.25
CORNERS = np.array([[0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]])
CLOSE = 1e-6  # rounding, in [0,1] coordinates


def to_pixels(warp: np.ndarray, size: int, width: int, height: int) -> np.ndarray:
    """[3,3] from output pixel indices to source pixel indices, for a homography in [0,1] coordinates.

    Args:
        warp: [3,3], output to source; see docclf.augment.draws.params.
        size: side of the output, pixels.
        width: source width, pixels.
        height: source height, pixels.
    """
    scale, half = 1.0 / size, 0.5 / size
    inner = np.array([[scale, 0.0, half], [0.0, scale, half], [0.0, 0.0, 1.0]])
    outer = np.array([[width, 0.0, -0.5], [0.0, height, -0.5], [0.0, 0.0, 1.0]])
    return outer @ warp @ inner


def reduced_sides(height: int, width: int, size: int) -> tuple[int, int]:
    """Height and width that a source is reduced to by area before a bilinear warp to side `size`; often its own."""
    if width <= _ALIASED * size and height <= _ALIASED * size:
        return height, width
    keep = round(_KEEP * size)
    return min(height, keep), min(width, keep)


def warp_to_square(
    image: np.ndarray, warp: np.ndarray, size: int, border: str = "replicate", fill: np.ndarray | None = None
) -> np.ndarray:
    """uint8 [S,S,3], bilinear.

    Args:
        image: uint8 [H,W,3].
        warp: [3,3] from output to source coordinates, both in [0,1].
        size: S.
        border: "constant", "replicate" or "reflect".
        fill: [3] RGB for a constant border.
    """
    height, width = reduced_sides(*image.shape[:2], size)
    if (height, width) != image.shape[:2]:
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    box = _box(warp, width, height)
    if box is not None:
        left, top, right, bottom = box
        return cv2.resize(image[top:bottom, left:right], (size, size), interpolation=cv2.INTER_LINEAR)
    return cv2.warpPerspective(
        image,
        to_pixels(warp, size, width, height),
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=_BORDER[border],
        borderValue=(0, 0, 0) if fill is None else tuple(float(v) for v in fill),
    )


def _box(warp: np.ndarray, width: int, height: int) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom of a warp that is a crop on whole source pixels, which a resize does 5 times faster."""
    (a, b, left), (c, d, top), last = warp.tolist()
    if b != 0.0 or c != 0.0 or a <= 0.0 or d <= 0.0 or last != [0.0, 0.0, 1.0]:
        return None
    sides = (left * width, top * height, (left + a) * width, (top + d) * height)
    whole = tuple(round(side) for side in sides)
    if max(abs(side - near) for side, near in zip(sides, whole, strict=True)) > CLOSE * max(width, height):
        return None
    inside = whole[0] >= 0 and whole[1] >= 0 and whole[2] <= width and whole[3] <= height
    return whole if inside and whole[2] > whole[0] and whole[3] > whole[1] else None


def square_to_quad(corners: list[tuple]) -> list[list]:
    """3 x 3 entries of the homography from the unit square to a quadrangle (Heckbert 1989, section 2.2.3).

    Args:
        corners: x, y of the images of (0,0), (1,0), (1,1), (0,1); numbers, or arrays of one shape for many at once,
            with the same bits either way.
    """
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
    dx1, dx2, sx = x1 - x2, x3 - x2, x0 - x1 + x2 - x3
    dy1, dy2, sy = y1 - y2, y3 - y2, y0 - y1 + y2 - y3
    area = dx1 * dy2 - dx2 * dy1
    g, h = (sx * dy2 - dx2 * sy) / area, (dx1 * sy - sx * dy1) / area
    return [[x1 - x0 + g * x1, x3 - x0 + h * x3, x0], [y1 - y0 + g * y1, y3 - y0 + h * y3, y0], [g, h, 1.0 + 0.0 * x0]]


def covers(warp: np.ndarray) -> bool:
    """True when every output pixel lies in the source: a convex quadrangle is inside where its corners are."""
    low, high = -CLOSE, 1.0 + CLOSE
    return all(low <= x / w <= high and low <= y / w <= high for x, y, w in (warp @ CORNERS).T.tolist())


def coverage(warp: np.ndarray, size: int, soft: float = 1.0) -> np.ndarray:
    """float32 [S,S]: about the share of each output pixel that the source covers, 0 to 1.

    It is 0.5 plus the distance, in units of `soft`, of the pixel's centre to the nearest side of the source's outline,
    clipped.

    Args:
        warp: [3,3] from output to source coordinates, both in [0,1].
        size: S.
        soft: width of the edge, pixels; 1 is a sharp one.
    """
    corners = (np.linalg.inv(warp) @ CORNERS).T.tolist()
    points = [(x / w * size - 0.5, y / w * size - 0.5) for x, y, w in corners]
    area = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1], strict=True))
    axis, far, cover = np.arange(size, dtype=np.float32), size - 1.0, None
    for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1], strict=True):
        # The outline runs clockwise on the screen unless it is mirrored; a x + b y + c grows inwards.
        length = math.copysign(math.hypot(x1 - x0, y1 - y0), area) * soft
        a, b = (y0 - y1) / length, (x1 - x0) / length
        c = 0.5 - a * x0 - b * y0
        if min(0.0, a * far) + min(0.0, b * far) + c >= 1.0:
            continue  # the whole output lies inside of this side
        inside = np.add.outer(axis * np.float32(b), axis * np.float32(a) + np.float32(c))
        cover = inside if cover is None else cv2.min(cover, inside, dst=cover)
    return np.ones((size, size), dtype=np.float32) if cover is None else np.clip(cover, 0.0, 1.0, out=cover)


def composite(front: np.ndarray, back: np.ndarray, cover: np.ndarray) -> np.ndarray:
    """uint8 [S,S,3]: front where cover is 1, back where it is 0, mixed between.

    Args:
        front: uint8 [S,S,3].
        back: uint8 [S,S,3].
        cover: float32 [S,S].
    """
    return cv2.blendLinear(front, back, cover, np.float32(1.0) - cover)


def enlarge(cells: np.ndarray, size: int) -> np.ndarray:
    """uint8 [S,S,3] from [g,g,3] cells in 0..255, bilinear."""
    return cv2.resize(np.rint(cells).astype(np.uint8), (size, size), interpolation=cv2.INTER_LINEAR)
