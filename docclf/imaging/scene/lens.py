"""What lies over a sheet and what the phone makes of it: capsules, stripes, part focus, polish."""

import math

import cv2
import numpy as np


def capsule(image: np.ndarray, thing: np.ndarray) -> np.ndarray:
    """uint8 [S,S,3] with a round rod over it, lighter along its middle.

    Args:
        image: uint8 [S,S,3].
        thing: [8] ends x, y, x, y and radius, sides of the image; RGB.
    """
    size = image.shape[0]
    x0, y0, x1, y1, radius = (float(v) * size for v in thing[:5])
    axis = np.arange(size, dtype=np.float32) + np.float32(0.5)
    x, y = axis[None] - np.float32(x0), axis[:, None] - np.float32(y0)
    dx, dy = x1 - x0, y1 - y0
    share = np.clip((x * np.float32(dx) + y * np.float32(dy)) / np.float32(dx * dx + dy * dy + 1e-6), 0.0, 1.0)
    distance = np.hypot(x - share * np.float32(dx), y - share * np.float32(dy))
    cover = np.clip(np.float32(radius + 0.5) - distance, 0.0, 1.0)[..., None]
    tone = 1.0 - 0.45 * np.minimum(distance / np.float32(max(radius, 1e-3)), 1.0) ** 2
    return np.rint(
        image * (1.0 - cover) + np.clip(tone[..., None] * thing[5:].astype(np.float32), 0, 255) * cover
    ).astype(np.uint8)


def stripes(image: np.ndarray, screen: np.ndarray) -> np.ndarray:
    """uint8 [S,S,3] = image * (1 + depth * sin(2 pi (x fx + y fy) + phase + channel * shift)): moire of a screen.

    Args:
        image: uint8 [S,S,3].
        screen: [5] waves along x and y, phase, shift between the channels, depth.
    """
    fx, fy, phase, shift, depth = (float(v) for v in screen)
    axis = (np.arange(image.shape[0], dtype=np.float32) + np.float32(0.5)) * np.float32(2.0 * math.pi / image.shape[0])
    angle = np.add.outer(axis * np.float32(fy), axis * np.float32(fx))[..., None]
    wave = np.sin(angle + np.float32(phase) + np.arange(3, dtype=np.float32) * np.float32(shift))
    return cv2.multiply(image, np.float32(1.0) + np.float32(depth) * wave, dtype=cv2.CV_8U)


def part_focus(sharp: np.ndarray, blurred: np.ndarray, focus: np.ndarray) -> np.ndarray:
    """uint8 [S,S,3]: sharp on one side, blurred on the other.

    Args:
        sharp: uint8 [S,S,3].
        blurred: uint8 [S,S,3].
        focus: [3] direction (radians) in which it gets blurred, offset of the middle and half width, sides.
    """
    direction, offset, soft = (float(v) for v in focus)
    axis = (np.arange(sharp.shape[0], dtype=np.float32) + np.float32(0.5)) / np.float32(sharp.shape[0]) - np.float32(
        0.5
    )
    along = np.add.outer(axis * np.float32(math.sin(direction)), axis * np.float32(math.cos(direction)))
    share = np.clip(np.float32(0.5) + (along - np.float32(offset)) / np.float32(2.0 * soft), 0.0, 1.0)
    return cv2.blendLinear(blurred, sharp, share, np.float32(1.0) - share)


def polish(image: np.ndarray, sigma: float, sharpen: float) -> np.ndarray:
    """uint8 [S,S,3]: smoothed by sigma, and sharpened by what twice the sigma takes away."""
    side = 2 * math.ceil(3.0 * sigma) + 1
    smooth = cv2.GaussianBlur(image, (side, side), sigma)
    if sharpen == 0.0:
        return smooth
    wide = cv2.GaussianBlur(smooth, (2 * side - 1, 2 * side - 1), 2.0 * sigma)
    return cv2.addWeighted(smooth, 1.0 + sharpen, wide, -sharpen, 0.0)
