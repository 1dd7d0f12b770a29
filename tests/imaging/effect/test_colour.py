"""Colour against float arithmetic."""

import colorsys

import numpy as np
import pytest

from docclf.imaging.effect.colour import LUMA, apply_gamma, apply_matrix, hue_rotation, saturation


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 256, (9, 13, 3), dtype=np.uint8)


def test_matrix_equals_the_float_product(image):
    rng = np.random.default_rng(1)
    matrix, pivot = rng.normal(0, 0.6, (3, 4)) * [1, 1, 1, 50], rng.normal(0, 0.3, (3, 3))
    mean = image.reshape(-1, 3).mean(axis=0)
    expected = np.clip(image @ matrix[:, :3].T + matrix[:, 3] + pivot @ mean, 0, 255)
    before = matrix.copy()
    assert np.abs(apply_matrix(image, matrix, pivot) - expected).max() <= 1.0
    assert np.array_equal(matrix, before)


def test_identity_matrix_changes_nothing(image):
    assert np.array_equal(apply_matrix(image, np.eye(3, 4), np.zeros((3, 3))), image)


def test_gamma_equals_the_power(image):
    expected = np.rint(255 * (image / 255.0) ** 0.7)
    assert np.array_equal(apply_gamma(image, 0.7), expected)
    assert np.array_equal(apply_gamma(image, 1.0), image)


def test_hue_rotation_keeps_luma_and_grey_and_turns_red_to_green():
    matrix = hue_rotation(1.1)
    assert np.allclose(LUMA @ matrix, LUMA, atol=1e-6) and np.allclose(matrix @ np.ones(3), 1.0, atol=1e-4)
    assert np.allclose(hue_rotation(0.4) @ hue_rotation(0.7), matrix)
    hue = colorsys.rgb_to_hsv(*np.clip(0.5 + 0.2 * (hue_rotation(2 * np.pi / 3) @ [1.0, 0.0, 0.0]), 0, 1))[0]
    assert min(abs(hue - 1 / 3), abs(hue - 2 / 3)) < 0.08


def test_saturation_ends():
    assert np.allclose(saturation(1.0), np.eye(3))
    assert np.allclose(saturation(0.0) @ [10.0, 20.0, 30.0], LUMA @ [10.0, 20.0, 30.0])
