"""Where a registered image lies in a photo: its corners, whether they can be those of a sheet, the straight crop."""

import cv2
import numpy as np

from docclf.imaging.feature.local import Fit, Points

LEAST = 5  # matches below which a homography is chance: four always fit
SMALLEST = 0.01  # share of the photo that a sheet takes at least
LARGEST = 9.0  # and at most: a photo of a ninth of the sheet is still one
THINNEST = 0.05  # shortest to longest side of the quadrilateral


def frame(height: int, width: int) -> np.ndarray:
    """Returns the corners of an image float64 [4,2], from the top left clockwise, pixels."""
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)


def corners(fit: Fit, photo: Points, sheet: Points) -> tuple[np.ndarray | None, str]:
    """Returns the sheet's corners in the photo [4,2], relative to its width and height, or None and why there are none.

    Any roll will do. A mirrored, folded or vanishing outline will not, nor one that is a speck or a needle.
    """
    if fit.homography is None or fit.count < LEAST:
        return None, f"too few points agree ({fit.count} of {len(fit.matches)} matches)"
    back = np.linalg.inv(fit.homography)
    ends = np.c_[frame(sheet.height, sheet.width), np.ones(4)] @ back.T
    # Points on both sides of the line that maps to infinity: the sheet would reach behind the camera.
    middle = fit.homography[2] @ [*photo.xy[fit.matches[fit.inliers, 0]].mean(axis=0), 1.0]
    if not (np.isfinite(ends).all() and (ends[:, 2] * middle > 0).all()):
        return None, "the sheet would reach behind the camera"
    quad = ends[:, :2] / ends[:, 2:]
    sides = np.roll(quad, -1, axis=0) - quad
    following = np.roll(sides, -1, axis=0)
    turns = sides[:, 0] * following[:, 1] - sides[:, 1] * following[:, 0]
    if (turns < 0).all():
        return None, "the sheet would be mirrored"
    if not (turns > 0).all():
        return None, "the outline is no convex quadrilateral"
    share = area(quad) / (photo.height * photo.width)
    lengths = np.hypot(*sides.T)
    if not SMALLEST <= share <= LARGEST or lengths.min() < THINNEST * lengths.max():
        return None, f"the outline is no sheet ({share:.3f} of the photo)"
    return quad / [photo.width, photo.height], ""


def area(quad: np.ndarray) -> float:
    """Returns the area of a polygon [n,2]."""
    x, y = quad.T
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)


def covered(fit: Fit, sheet: Points) -> float:
    """Returns the share of the sheet inside the convex hull of the explained matches."""
    places = sheet.xy[fit.matches[fit.inliers, 1]]
    if len(places) < 3:
        return 0.0
    return min(1.0, float(cv2.contourArea(cv2.convexHull(places))) / (sheet.height * sheet.width))


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Returns intersection over union of two convex quadrilaterals [4,2] in relative coordinates."""
    scaled = [np.ascontiguousarray(quad * 1000, np.float32) for quad in (one, other)]
    common = float(cv2.intersectConvexConvex(*scaled)[0])
    return common / max(area(scaled[0]) + area(scaled[1]) - common, 1e-9)


def straight(image: np.ndarray, quad: np.ndarray, aspect: float, longest: int = 1024) -> np.ndarray:
    """Returns the sheet cut out of a photo and laid straight, uint8 [h,w,3].

    Args:
        image: the photo, uint8 [H,W,3].
        quad: corners [4,2] relative to its width and height, from the sheet's top left clockwise.
        aspect: width by height of the sheet.
        longest: longest side of the result at most, pixels; it is no larger than the sheet is in the photo.
    """
    height, width = image.shape[:2]
    places = quad * [width, height]
    lengths = np.hypot(*(np.roll(places, -1, axis=0) - places).T)
    side = max(lengths[0], lengths[2]) if aspect >= 1 else max(lengths[1], lengths[3])
    side = int(np.clip(round(side), 16, longest))
    size = (side, max(1, round(side / aspect))) if aspect >= 1 else (max(1, round(side * aspect)), side)
    # What is far larger than the result is shrunk first: a warp takes four pixels, not an average.
    shrink = min(1.0, 2 * side / max(lengths.max(), 1.0))
    if shrink < 1:
        image = cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        places = quad * [image.shape[1], image.shape[0]]
    turn = cv2.getPerspectiveTransform(places.astype(np.float32), frame(size[1], size[0]).astype(np.float32))
    return cv2.warpPerspective(image, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
