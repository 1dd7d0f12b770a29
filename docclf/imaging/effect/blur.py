"""Blur kernels and the uint8 filters that use them."""

import math

import cv2
import numpy as np

_SPACING = 2.0  # pixels between neighbouring magnifications of a zoom blur at the rim
_DFT = 13  # from this side on cv2.filter2D takes a Fourier transform, which costs less than 11 x 11 taps
_CLOSE = 1e-9  # samples on the rim belong to the disc on either side of it
_SUPER = 5  # samples per pixel and side when a disc is drawn


def gaussian_kernel(size: int, sigma: float) -> np.ndarray:
    """float32 [size,size], sums to 1.

    Args:
        size: side, pixels, odd.
        sigma: standard deviation, pixels.
    """
    line = cv2.getGaussianKernel(size, sigma, cv2.CV_64F)
    return (line @ line.T).astype(np.float32)


def motion_kernel(size: int, start: tuple[int, int], end: tuple[int, int]) -> np.ndarray:
    """float32 [size,size]: a line of equal taps from start to end, sums to 1.

    Args:
        size: side, pixels, odd.
        start: x, y in 0..size-1.
        end: x, y in 0..size-1.
    """
    kernel = np.zeros((size, size), dtype=np.uint8)
    cv2.line(kernel, start, end, 1, thickness=1)
    return (kernel / kernel.sum()).astype(np.float32)


def shake_kernel(size: int, length: float, angle: float) -> np.ndarray:
    """float32 [size,size]: an antialiased straight line through the centre, sums to 1.

    Args:
        size: side, pixels, odd, at least length + 2.
        length: pixels.
        angle: radians.
    """
    kernel = np.zeros((size, size), dtype=np.float64)
    steps = np.linspace(-0.5, 0.5, 4 * size + 1) * length
    x, y = size // 2 + steps * math.cos(angle), size // 2 + steps * math.sin(angle)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    for right in (0, 1):
        for down in (0, 1):
            weight = np.abs(1 - right - (x - left)) * np.abs(1 - down - (y - top))
            np.add.at(kernel, (np.minimum(top + down, size - 1), np.minimum(left + right, size - 1)), weight)
    return (kernel / kernel.sum()).astype(np.float32)


def disc_kernel(size: int, radius: float, soft: float = 0.0) -> np.ndarray:
    """float32 [size,size]: an antialiased disc, the blur of a lens out of focus, sums to 1.

    Args:
        size: side, pixels, odd.
        radius: pixels.
        soft: standard deviation of a Gaussian that softens the rim, pixels; 0 for none.
    """
    axis = (np.arange(size * _SUPER) + 0.5) / _SUPER - size / 2.0
    inside = (axis[:, None] ** 2 + axis[None, :] ** 2 <= radius * radius + _CLOSE).astype(np.float64)
    kernel = inside.reshape(size, _SUPER, size, _SUPER).mean(axis=(1, 3))
    if soft > 0.0:
        kernel = cv2.GaussianBlur(kernel, (3, 3), soft, borderType=cv2.BORDER_CONSTANT)
    return (kernel / kernel.sum()).astype(np.float32)


def filter_kernel(image: np.ndarray, kernel: np.ndarray, sigma: float = 0.0) -> np.ndarray:
    """uint8 [H,W,3] correlated with the kernel; the image continues mirrored outside, without repeating its edge.

    Args:
        image: uint8 [H,W,3].
        kernel: float32 [k,k], k odd.
        sigma: where the kernel is a Gaussian, its standard deviation: it is then applied along x and along y.
    """
    if sigma > 0.0:
        return cv2.GaussianBlur(image, kernel.shape[::-1], sigma)
    if _DFT - 2 <= kernel.shape[0] < _DFT and np.count_nonzero(kernel) > 4 * _DFT:
        kernel = cv2.copyMakeBorder(kernel, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0.0)
    return cv2.filter2D(image, -1, kernel)


def median(image: np.ndarray, size: int) -> np.ndarray:
    """uint8 [H,W,3]: per channel the median of a window of side `size`, odd; the edge repeats outside."""
    return cv2.medianBlur(image, size)


def zoom_passes(magnification: float, size: int) -> int:
    """How many doublings keep neighbouring magnifications within 2 pixels of each other at the rim, 1 to 4."""
    return min(4, max(1, math.ceil(math.log2(1.0 + (magnification - 1.0) * size / 2.0 / _SPACING))))


def zoom_blur(image: np.ndarray, magnification: float) -> np.ndarray:
    """uint8 [H,W,3]: the mean of 2**n magnifications about the centre, from 1 to the given one in equal ratios.

    Each pass averages the image with its own magnification and doubles the exponent, so n warps do the work of
    2**n - 1: `(1 + Z)(1 + Z^2)(1 + Z^4) / 8` is the mean of `Z^0 .. Z^7`.

    Args:
        image: uint8 [H,W,3].
        magnification: at least 1.
    """
    height, width = image.shape[:2]
    passes = zoom_passes(magnification, max(height, width))
    ratio = magnification ** (1.0 / (2**passes - 1))
    for power in range(passes):
        inverse = ratio ** -(2.0**power)
        x, y = (width - 1) / 2.0 * (1.0 - inverse), (height - 1) / 2.0 * (1.0 - inverse)
        matrix = np.array([[inverse, 0.0, x], [0.0, inverse, y]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        zoomed = cv2.warpAffine(image, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        image = cv2.addWeighted(image, 0.5, zoomed, 0.5, 0.0)
    return image


def shrink(image: np.ndarray, low: int) -> np.ndarray:
    """uint8 [S,S,3] reduced by area to [low,low] and enlarged again: a document that was small in the picture."""
    small = cv2.resize(image, (low, low), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_LINEAR)
