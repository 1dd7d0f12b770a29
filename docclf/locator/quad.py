"""Quadrangles: area, overlap, order, and the straightened image inside one."""

import cv2
import numpy as np

from docclf.errors import InputError

SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
_SCALE = 1024.0  # OpenCV's intersection loses small quadrangles in float32


def area(quad: np.ndarray) -> float:
    """Returns the area of a quadrangle [4,2], positive when its corners run clockwise on the screen."""
    x, y = np.asarray(quad, dtype=np.float64).T
    return float(0.5 * (x * np.roll(y, -1) - np.roll(x, -1) * y).sum())


def convex(quad: np.ndarray) -> bool:
    """Tells whether a quadrangle [4,2] turns clockwise at each of its corners, so that no side crosses another."""
    side = np.roll(quad, -1, axis=0) - quad
    after = np.roll(side, -1, axis=0)
    return bool((side[:, 0] * after[:, 1] - side[:, 1] * after[:, 0] > 0).all())


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    """Returns the area that two convex quadrangles share over the area that they cover together, 0 to 1."""
    both = np.concatenate([first, second]).astype(np.float64)
    low = both.min(axis=0)
    scale = _SCALE / max(float((both.max(axis=0) - low).max()), 1e-9)
    parts = [((np.asarray(quad) - low) * scale).astype(np.float32) for quad in (first, second)]
    shared = cv2.intersectConvexConvex(*parts)[0]
    whole = sum(abs(area(quad)) for quad in parts) - shared
    return float(shared / whole) if whole > 0 else 0.0


def upright(quad: np.ndarray) -> np.ndarray:
    """Returns the corners [4,2] clockwise, beginning with the one nearest to the upper left of their box."""
    quad = np.asarray(quad, dtype=np.float64)
    quad = quad if area(quad) >= 0 else quad[::-1]
    low, size = quad.min(axis=0), np.ptp(quad, axis=0)
    start = int((((quad - low) / np.maximum(size, 1e-9)).sum(axis=1)).argmin())
    return np.roll(quad, -start, axis=0)


def expanded(quad: np.ndarray, share: float) -> np.ndarray:
    """Returns the quadrangle with a margin all round in its own plane, ``share`` of its side wide."""
    far = np.array([[-share, -share], [1 + share, -share], [1 + share, 1 + share], [-share, 1 + share]])
    return through(homography(SQUARE, quad), far)


def homography(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Returns [3,3], the map that takes four corners [4,2] to four others.

    Raises:
        InputError: three of the corners lie on a line.
    """
    matrix = cv2.getPerspectiveTransform(np.asarray(source, np.float32), np.asarray(target, np.float32))
    if not np.isfinite(matrix).all() or abs(np.linalg.det(matrix)) < 1e-12:
        raise InputError(f"quad={np.round(target, 3).tolist()}: three corners lie on one line; want a quadrangle.")
    return matrix


def through(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Returns points [N,2] after a homography [3,3]."""
    lifted = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ matrix.T
    return lifted[:, :2] / lifted[:, 2:]


def straighten(image: np.ndarray, quad: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Returns what a quadrangle shows, as a rectangle: uint8 [h,w,3], averaged where it shrinks.

    What lies outside of the image repeats its rim.

    Args:
        image: uint8 [H,W,3].
        quad: corners [4,2] x, y in pixels of the image, the pixel's upper left being whole; the first becomes the upper
            left.
        size: (w, h) of the result, pixels.

    Raises:
        InputError: three corners lie on one line.
    """
    width, height = size
    quad = np.asarray(quad, dtype=np.float64)
    sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    shrink = min(max(sides[0], sides[2]) / width, max(sides[1], sides[3]) / height)
    if shrink > 1.5:  # bilinear sampling would skip pixels
        small = max(1, round(image.shape[1] / shrink)), max(1, round(image.shape[0] / shrink))
        quad = quad * (small[0] / image.shape[1], small[1] / image.shape[0])
        image = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
    corners = SQUARE * (width, height)
    return cv2.warpPerspective(
        image, homography(corners - 0.5, quad - 0.5), size,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
