"""Light fields against their formula, pixel by pixel."""

import math

import numpy as np

from docclf.imaging.effect.light import gain_field, glare_field, light

NONE = {"gradient": np.zeros((3, 2)), "vignette": 0.0, "shadow": np.zeros(5), "glare": np.zeros((2, 6))}


def test_no_light_is_the_identity():
    image = np.random.default_rng(0).integers(0, 256, (33, 33, 3), dtype=np.uint8)
    assert np.array_equal(light(image, **NONE), image)


def test_gradient_and_vignette_reach_their_values_at_the_rim():
    field = gain_field(np.array([[0.2, 0.0], [0.0, 0.1], [0.0, 0.0]]), 0.3, np.zeros(5))
    corner = 1 - 0.3 * (23 / 24) ** 2
    assert math.isclose(field[0, -1, 0], (1 + 0.2 * 23 / 24) * corner)
    assert math.isclose(field[-1, 0, 1], (1 + 0.1 * 23 / 24) * corner) and math.isclose(field[0, 0, 2], corner)


def test_shadow_darkens_one_side_only():
    field = gain_field(np.zeros((3, 2)), 0.0, np.array([0.0, 0.0, 0.1, 0.4, 4.0]))[..., 0]
    assert np.allclose(field[:, :8], 1.0) and np.allclose(field[:, -8:], 0.6)
    assert (np.diff(field, axis=1) <= 1e-12).all()


def test_a_band_of_shadow_is_lit_on_both_sides():
    field = gain_field(np.zeros((3, 2)), 0.0, np.array([0.0, -0.15, 0.05, 0.5, 0.3]))[0, :, 0]
    assert math.isclose(field[0], 1.0) and math.isclose(field[-1], 1.0) and math.isclose(field[12], 0.5)


def test_glare_is_its_gaussian():
    glare = np.array([[0.4, 0.6, 0.2, 0.1, 0.5, 0.8], [0.0] * 6])
    for row, column in ((3, 5), (12, 9), (20, 21)):
        x, y = (column + 0.5) / 24 - 0.4, (row + 0.5) / 24 - 0.6
        along, across = x * math.cos(0.5) + y * math.sin(0.5), -x * math.sin(0.5) + y * math.cos(0.5)
        expected = 0.8 * math.exp(-0.5 * ((along / 0.2) ** 2 + (across / 0.1) ** 2))
        assert math.isclose(glare_field(glare)[row, column], expected)


def test_light_is_gain_then_glare():
    image, glare = np.full((24, 24, 3), 100, np.uint8), np.array([[0.5, 0.5, 0.3, 0.2, 0.0, 0.9], [0.0] * 6])
    gradient = np.array([[0.1, 0.2], [0.0, 0.2], [-0.1, 0.2]])
    white = glare_field(glare)[..., None]
    expected = 100 * gain_field(gradient, 0.2, np.zeros(5)) * (1 - white) + 255 * white
    assert np.abs(light(image, gradient, 0.2, np.zeros(5), glare) - expected).max() <= 1.0
