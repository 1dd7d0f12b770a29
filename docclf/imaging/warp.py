"""One resample from a source image of any size to a square, antialiased when it shrinks."""

import cv2
import numpy as np

_BORDER = {"constant": cv2.BORDER_CONSTANT, "replicate": cv2.BORDER_REPLICATE, "reflect": cv2.BORDER_REFLECT}
# Above this many source pixels per output pixel a bilinear warp aliases visibly, so the source is first reduced by area
# to _KEEP pixels per output pixel: enough that a crop to 0.8 of the side is still not enlarged.
_ALIASED = 1.5
_KEEP = 1.25
_SHIFT = 4  # binary digits below the pixel in fillConvexPoly


def to_pixels(warp: np.ndarray, size: int, width: int, height: int) -> np.ndarray:
    """[3,3] from output pixel indices to source pixel indices, for a homography in [0,1] coordinates.

    Args:
        warp: [3,3], output to source; see docclf.augment.params.
        size: side of the output, pixels.
        width: source width, pixels.
        height: source height, pixels.
    """
    scale, half = 1.0 / size, 0.5 / size
    inner = np.array([[scale, 0.0, half], [0.0, scale, half], [0.0, 0.0, 1.0]])
    outer = np.array([[width, 0.0, -0.5], [0.0, height, -0.5], [0.0, 0.0, 1.0]])
    return outer @ warp @ inner


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
    height, width = image.shape[:2]
    if width > _ALIASED * size or height > _ALIASED * size:
        keep = round(_KEEP * size)
        image = cv2.resize(image, (min(width, keep), min(height, keep)), interpolation=cv2.INTER_AREA)
        height, width = image.shape[:2]
    return cv2.warpPerspective(
        image,
        to_pixels(warp, size, width, height),
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=_BORDER[border],
        borderValue=(0, 0, 0) if fill is None else tuple(float(v) for v in fill),
    )


def coverage(warp: np.ndarray, size: int) -> np.ndarray:
    """float32 [S,S]: the share of each output pixel that the source covers, 0 to 1.

    Args:
        warp: [3,3] from output to source coordinates, both in [0,1].
        size: S.
    """
    corners = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
    out = corners @ np.linalg.inv(warp).T
    points = (out[:, :2] / out[:, 2:]) * size - 0.5
    mask = np.zeros((size, size), dtype=np.uint8)
    cv2.fillConvexPoly(mask, np.rint(points * (1 << _SHIFT)).astype(np.int32), 255, cv2.LINE_AA, _SHIFT)
    return mask * np.float32(1.0 / 255.0)


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
    grown = cv2.resize(np.asarray(cells, dtype=np.float32), (size, size), interpolation=cv2.INTER_LINEAR)
    return np.rint(grown).astype(np.uint8)
