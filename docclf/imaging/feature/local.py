"""Local features of an image, and the homography that carries those of one image onto those of another."""

from dataclasses import dataclass

import cv2
import numpy as np

from docclf.errors import InputError

NORM = 512  # length of a descriptor: a component of SIFT's, square-rooted, is rarely above a half
LEAST = 4  # matches that a homography needs
_SIZE = 16.0  # steps per doubling of a point's size


@dataclass(frozen=True)
class Points:
    """Local features of one image, shrunk to a longest side of some pixels.

    Args:
        xy: places float32 [n,2], pixels of the shrunk image.
        descriptors: uint8 [n,128], of length `NORM` but for rounding.
        turn: direction of each point uint8 [n], 256 to a full turn.
        size: size of each point uint8 [n], 16 to a doubling.
        height, width: of the shrunk image, pixels.
    """

    xy: np.ndarray
    descriptors: np.ndarray
    turn: np.ndarray
    size: np.ndarray
    height: int
    width: int

    def __len__(self) -> int:
        return len(self.xy)


@dataclass(frozen=True)
class Fit:
    """What two images have in common.

    Args:
        matches: point numbers of the first and of the second image, int [m,2].
        inliers: which of them the homography explains, bool [m].
        homography: float64 [3,3], pixels of the first shrunk image to those of the second; None where there is none.
    """

    matches: np.ndarray
    inliers: np.ndarray
    homography: np.ndarray | None

    @property
    def count(self) -> int:
        """Matches that the homography explains."""
        return int(self.inliers.sum())


def shrunk(image: np.ndarray, side: int) -> np.ndarray:
    """Returns an image uint8 [H,W,3] with a longest side of at most ``side`` pixels, area averages; proportions stay.

    Raises:
        InputError: the image is not uint8 [H,W,3].
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise InputError(f"an image is {image.dtype} {image.shape}; want uint8 [H,W,3], RGB.")
    height, width = image.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return image
    return cv2.resize(image, (max(1, round(width * scale)), max(1, round(height * scale))), None, 0, 0, cv2.INTER_AREA)


def points(image: np.ndarray, side: int = 320, most: int = 400) -> Points:
    """Returns the strongest SIFT points of an image, the strongest first, with square-rooted descriptors (RootSIFT).

    Lowe, IJCV 60 (2004); Arandjelovic and Zisserman, CVPR 2012. OpenCV gives a point two directions where two are
    strong, and so sometimes a few more points than asked for; these are left out.

    Args:
        image: uint8 RGB [H,W,3], of any size.
        side: longest side at which points are looked for, pixels.
        most: points kept at most.
    """
    grey = cv2.cvtColor(shrunk(image, side), cv2.COLOR_RGB2GRAY)
    found, raw = cv2.SIFT_create(nfeatures=most).detectAndCompute(grey, None)
    if raw is None:
        found, raw = (), np.zeros((0, 128), np.float32)
    order = np.argsort([-point.response for point in found], kind="stable")[:most].astype(np.int64)
    found, raw = [found[i] for i in order], raw[order]
    root = np.sqrt(raw / np.maximum(raw.sum(axis=1, keepdims=True), 1e-9))
    return Points(
        np.array([point.pt for point in found], np.float32).reshape(-1, 2),
        np.minimum(np.rint(root * NORM), 255).astype(np.uint8),
        (np.array([point.angle for point in found], np.float32) * (256 / 360)).astype(np.int64).astype(np.uint8),
        np.clip(np.log2([max(point.size, 1.0) for point in found]) * _SIZE, 0, 255).astype(np.uint8),
        *grey.shape,
    )


def matched(first: Points, second: Points, ratio: float = 0.75) -> np.ndarray:
    """Returns int [m,2]: points that are each other's nearest, and nearer than ``ratio`` of the second nearest.

    Lowe's test, from the first image to the second; distances are Euclidean between descriptors of unit length.
    """
    if len(first) < LEAST or len(second) < LEAST:
        return np.zeros((0, 2), np.int64)
    # Whole numbers below 2^24 in float32: the products are exact, so ties fall the same way on every processor.
    products = first.descriptors.astype(np.float32) @ second.descriptors.astype(np.float32).T
    best, rows = products.argmax(axis=1), np.arange(len(first))
    back = products.argmax(axis=0)
    nearest = products[rows, best]
    products[rows, best] = -1
    one, two = (np.maximum(2 - 2 * part / NORM**2, 0) for part in (nearest, products.max(axis=1)))
    kept = np.flatnonzero((one < ratio * ratio * two) & (back[best] == rows))
    return np.stack([kept, best[kept]], axis=1)


def fitted(first: Points, second: Points, ratio: float = 0.75, tolerance: float = 3.0) -> Fit:
    """Returns the matches of two images and their homography by MAGSAC++ (arXiv:1912.05909), as OpenCV has it.

    Args:
        first, second: the images.
        ratio: of `matched`.
        tolerance: distance in the second image up to which a match is explained, pixels.
    """
    pairs = matched(first, second, ratio)
    nothing = Fit(pairs, np.zeros(len(pairs), bool), None)
    if len(pairs) < LEAST:
        return nothing
    source, target = first.xy[pairs[:, 0]], second.xy[pairs[:, 1]]
    try:
        found, mask = cv2.findHomography(source, target, cv2.USAC_MAGSAC, tolerance, None, 1000, 0.999)
    except cv2.error:  # points on one line, or at one place
        return nothing
    if found is None or not np.isfinite(found).all() or abs(np.linalg.det(found)) < 1e-12:
        return nothing
    return Fit(pairs, mask.ravel().astype(bool), found)
