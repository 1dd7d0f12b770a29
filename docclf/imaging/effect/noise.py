"""Noise added to uint8 images from one precomputed bank: reading 49,152 numbers is cheaper than drawing them."""

import cv2
import numpy as np

from docclf.imaging.effect.colour import hue_rotation

BANK = 1 << 20  # different places to read from
_LEVELS = np.arange(256, dtype=np.float64)
# The derivative at 0 of colour.hue_rotation: for the few degrees of ISO noise x + angle * (HUE @ x) replaces it.
HUE = (hue_rotation(1e-4) - hue_rotation(-1e-4)) / 2e-4


class NoiseBank:
    """Standard normal and uniform numbers, the same on every machine, read at an offset.

    A sample reads `count` numbers in a row from place `at`; the place is its only random number, so a batch gathers
    [B, count] numbers from the same bank on any device.

    Args:
        size: side of the images, pixels.

    Attributes:
        normal: float32 [BANK + 3 S S].
        uniform: float32 [BANK + 3 S S], in [0, 1).
    """

    def __init__(self, size: int):
        self.size = size
        count = 3 * size * size
        rng = np.random.Generator(np.random.Philox(key=0))
        normal, uniform = rng.standard_normal(BANK, dtype=np.float32), rng.random(BANK, dtype=np.float32)
        repeats = -(-count // BANK) + 1  # the tail repeats the head, so every place has count numbers after it
        self.normal = np.tile(normal, repeats)[: BANK + count]
        self.uniform = np.tile(uniform, repeats)[: BANK + count]

    def normals(self, at: int) -> np.ndarray:
        """float32 [S,S,3], a view."""
        return self.normal[at : at + self.size * self.size * 3].reshape(self.size, self.size, 3)

    def planes(self, at: int) -> np.ndarray:
        """float32 [2,S,S], a view."""
        return self.normal[at : at + self.size * self.size * 2].reshape(2, self.size, self.size)

    def uniforms(self, at: int) -> np.ndarray:
        """float32 [S,S,3], a view."""
        return self.uniform[at : at + self.size * self.size * 3].reshape(self.size, self.size, 3)


def gaussian(image: np.ndarray, sigma: float, normal: np.ndarray) -> np.ndarray:
    """uint8 [S,S,3] = image + sigma * normal, clipped; sigma in 0..255."""
    return cv2.addWeighted(image, 1.0, normal, sigma, 0.0, dtype=cv2.CV_8U)


def multiplicative(image: np.ndarray, low: float, high: float, uniform: np.ndarray) -> np.ndarray:
    """uint8 [S,S,3] = image * (low + (high - low) * uniform), each pixel and channel by its own factor, clipped."""
    return cv2.multiply(image, uniform * np.float32(high - low) + np.float32(low), dtype=cv2.CV_8U)


def iso(image: np.ndarray, hue: float, intensity: float, normal: np.ndarray) -> np.ndarray:
    """uint8 [S,S,3] with lightness noise towards white, stronger in images of more contrast, and hue noise.

    n = max(0, l + sqrt(l) z0) approximates a Poisson number of mean l = intensity * (standard deviation of the
    lightness (max + min) / 2, 0..255); then
    out = x + (255 - x) n / 255 + z1 * hue * intensity * (d hue rotation / d angle) x.

    Args:
        image: uint8 [S,S,3].
        hue: standard deviation of the hue at intensity 1, radians.
        intensity: factor of both.
        normal: float32 [2,S,S], z0 and z1.
    """
    lightness = cv2.extractChannel(cv2.cvtColor(image, cv2.COLOR_RGB2HLS), 1)
    mean = intensity * float(cv2.meanStdDev(lightness)[1][0, 0])
    z0, z1 = normal
    dark = 1.0 - np.maximum(z0 * np.float32(mean**0.5 / 255.0) + np.float32(mean / 255.0), np.float32(0.0))
    turned = cv2.transform(image.astype(np.float32), (HUE * (hue * intensity)).astype(np.float32))
    # 255 - (255 - x) (1 - n / 255) is x + (255 - x) n / 255 with one product.
    rest = cv2.multiply(cv2.bitwise_not(image), cv2.cvtColor(dark, cv2.COLOR_GRAY2RGB), dtype=cv2.CV_32F)
    lit = cv2.subtract(cv2.multiply(turned, cv2.cvtColor(z1, cv2.COLOR_GRAY2RGB)), rest)
    return cv2.add(lit, (255.0, 255.0, 255.0, 0.0), dtype=cv2.CV_8U)


def sensor(image: np.ndarray, read: float, shot: float, normal: np.ndarray) -> np.ndarray:
    """uint8 [S,S,3] = image + normal * sqrt(read ** 2 + shot * image), clipped: read-out and photon noise.

    Args:
        image: uint8 [S,S,3].
        read: standard deviation in black, 0..255.
        shot: variance per level of brightness.
        normal: float32 [S,S,3].
    """
    sigma = cv2.LUT(image, np.sqrt(read * read + shot * _LEVELS).astype(np.float32))
    return cv2.add(image, cv2.multiply(sigma, normal), dtype=cv2.CV_8U)
