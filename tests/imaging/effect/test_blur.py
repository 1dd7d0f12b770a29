"""Kernels by their moments, filters against explicit sums."""

import math

import cv2
import numpy as np
import pytest

from docclf.imaging.effect.blur import (
    disc_kernel,
    filter_kernel,
    gaussian_kernel,
    median,
    motion_kernel,
    shake_kernel,
    shrink,
    zoom_blur,
    zoom_passes,
)


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 256, (25, 31, 3), dtype=np.uint8)


def filter_loop(image, kernel):
    half = kernel.shape[0] // 2
    padded = np.pad(image.astype(float), ((half, half), (half, half), (0, 0)), mode="reflect")
    out = np.zeros(image.shape)
    for dy in range(kernel.shape[0]):
        for dx in range(kernel.shape[1]):
            out += kernel[dy, dx] * padded[dy : dy + image.shape[0], dx : dx + image.shape[1]]
    return out


KERNELS = {
    "gaussian": gaussian_kernel(7, 1.3),
    "motion": motion_kernel(7, (0, 1), (6, 4)),
    "shake": shake_kernel(9, 6.3, 0.7),
    "disc": disc_kernel(9, 2.7, 0.4),
    "disc_11": disc_kernel(11, 4.0, 0.3),
    "disc_13": disc_kernel(13, 5.0),
}


@pytest.mark.parametrize("name", KERNELS)
def test_kernel_sums_to_one_and_filters_like_the_loop(name, image):
    kernel = KERNELS[name]
    assert kernel.sum() == pytest.approx(1.0, abs=1e-5) and kernel.min() >= 0.0
    assert np.abs(filter_kernel(image, kernel) - filter_loop(image, kernel)).max() <= 1.0


def test_separated_gaussian_equals_the_kernel(image):
    kernel = gaussian_kernel(5, 0.9)
    assert np.abs(filter_kernel(image, kernel, sigma=0.9) - filter_loop(image, kernel)).max() <= 1.5


def moments(kernel):
    axis = np.arange(kernel.shape[0]) - kernel.shape[0] // 2
    x, y = np.meshgrid(axis, axis)
    return [(kernel * m).sum() for m in (x, y, x * x, y * y, x * y)]


def test_disc_has_the_variance_of_a_disc():
    mx, my, xx, yy, xy = moments(disc_kernel(13, 4.0))
    assert max(abs(mx), abs(my), abs(xy)) < 1e-3
    assert xx == pytest.approx(4.0, rel=0.05) and yy == pytest.approx(4.0, rel=0.05)  # r^2 / 4


def test_shake_has_the_length_and_the_angle_of_its_line():
    mx, my, xx, yy, xy = moments(shake_kernel(13, 8.0, 0.5))
    assert max(abs(mx), abs(my)) < 1e-3
    assert 0.5 * math.atan2(2 * xy, xx - yy) == pytest.approx(0.5, abs=0.05)
    assert xx + yy == pytest.approx(8.0**2 / 12, rel=0.15)


def test_shake_of_no_length_is_the_identity(image):
    assert np.array_equal(filter_kernel(image, shake_kernel(3, 0.0, 0.3)), image)


def test_motion_holds_both_ends_and_nothing_off_the_line():
    kernel = motion_kernel(5, (1, 0), (1, 4))
    assert np.array_equal(kernel > 0, np.repeat([[False, True, False, False, False]], 5, axis=0))


@pytest.mark.parametrize("size", [3, 5, 7])
def test_median_equals_numpy(size, image):
    half = size // 2
    padded = np.pad(image, ((half, half), (half, half), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(0, 1))
    assert np.array_equal(median(image, size), np.median(windows, axis=(-2, -1)))


@pytest.mark.parametrize("magnification", [1.03, 1.12, 1.31])
def test_zoom_blur_is_the_mean_of_its_magnifications(magnification):
    cells = np.random.default_rng(2).uniform(0, 255, (9, 9, 3)).astype(np.float32)
    image = np.clip(cv2.resize(cells, (65, 65), interpolation=cv2.INTER_CUBIC), 0, 255).astype(np.uint8)
    count, total = 2 ** zoom_passes(magnification, 65), np.zeros(image.shape)
    for power in range(count):
        scale = magnification ** (-power / (count - 1))
        matrix = np.array([[scale, 0.0, 32 * (1 - scale)], [0.0, scale, 32 * (1 - scale)]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        total += cv2.warpAffine(
            image.astype(np.float32), matrix, (65, 65), flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
    difference = np.abs(zoom_blur(image, magnification) - total / count)
    assert difference.mean() < 1.5 and difference.max() < 8.0
    assert np.abs(zoom_blur(image, magnification).astype(int) - image).max() > 5


def test_zoom_of_one_changes_nothing(image):
    assert np.abs(zoom_blur(image, 1.0).astype(int) - image).max() <= 1


def test_shrink_keeps_the_mean_and_loses_the_detail(image):
    square = image[:25, :25]
    small = shrink(square, 9)
    assert small.shape == square.shape and small.std() < 0.7 * square.std()
    assert abs(small.mean() - square.mean()) < 3.0
