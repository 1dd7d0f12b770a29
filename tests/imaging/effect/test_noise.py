"""Noise against its formula in float, and by its moments."""

import numpy as np
import pytest

from docclf.imaging.effect.colour import hue_rotation
from docclf.imaging.effect.noise import BANK, NoiseBank, gaussian, iso, multiplicative, sensor

SIZE = 65


@pytest.fixture(scope="module")
def bank():
    return NoiseBank(SIZE)


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)


def close(out, expected):
    assert out.dtype == np.uint8 and out.shape == expected.shape
    assert np.abs(out - np.clip(expected, 0, 255)).max() <= 1.0


def test_bank_is_standard_and_has_no_end(bank):
    assert abs(bank.normal[:BANK].mean()) < 0.01 and bank.normal[:BANK].std() == pytest.approx(1.0, abs=0.01)
    assert bank.uniform.min() >= 0.0 and bank.uniform.max() < 1.0
    assert bank.uniform[:BANK].mean() == pytest.approx(0.5, abs=0.01)
    assert bank.normals(BANK - 1).shape == (SIZE, SIZE, 3) and bank.uniforms(BANK - 1).shape == (SIZE, SIZE, 3)
    assert bank.normals(BANK - 1).ravel()[1] == bank.normal[0]
    assert np.array_equal(NoiseBank(8).normal[:100], bank.normal[:100])


def test_gaussian_equals_its_formula(bank, image):
    close(gaussian(image, 6.5, bank.normals(77)), image + 6.5 * bank.normals(77).astype(float))


def test_multiplicative_equals_its_formula_and_spans_its_factors(bank, image):
    uniform = bank.uniforms(5)
    close(multiplicative(image, 0.5, 1.5, uniform), image * (0.5 + uniform.astype(float)))
    flat = multiplicative(np.full((SIZE, SIZE, 3), 100, np.uint8), 0.5, 1.5, uniform)
    assert flat.min() == 50 and flat.max() == 150 and flat.mean() == pytest.approx(100, abs=1)


def test_sensor_equals_its_formula(bank, image):
    normal = bank.normals(9)
    close(sensor(image, 2.0, 0.4, normal), image + normal * np.sqrt(4.0 + 0.4 * image.astype(float)))


def test_iso_equals_its_formula(bank, image):
    import cv2

    smooth = cv2.GaussianBlur(image, (0, 0), 3).astype(np.uint8)
    hue, intensity, (z0, z1) = 0.2, 0.4, bank.planes(3)
    lightness = (smooth.max(axis=2).astype(float) + smooth.min(axis=2)) / 2
    mean = intensity * lightness.std()
    count = np.maximum(0.0, mean + np.sqrt(mean) * z0)[..., None]
    generator = (hue_rotation(1e-4) - np.eye(3)) / 1e-4
    turned = z1[..., None] * hue * intensity * (smooth.astype(float) @ generator.T)
    expected = smooth + (255.0 - smooth) * count / 255.0 + turned
    difference = np.abs(iso(smooth, hue, intensity, bank.planes(3)) - np.clip(expected, 0, 255))
    assert difference.max() <= 1.5  # the lightness is rounded before its deviation is taken


def test_iso_on_a_flat_grey_image_changes_nothing(bank):
    flat = np.full((SIZE, SIZE, 3), 120, np.uint8)
    assert np.abs(iso(flat, 0.3, 0.5, bank.planes(0)).astype(int) - 120).max() <= 1
