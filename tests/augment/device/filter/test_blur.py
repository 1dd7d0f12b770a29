"""Batched blurs against those of single images."""

import numpy as np
import pytest
import torch

from docclf.augment.device.filter.blur import filter_kernels, median, zoom_pass
from docclf.imaging.effect import blur


def noise(count, size):
    return np.random.default_rng(count).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def planes(images):
    return torch.from_numpy(images).permute(0, 3, 1, 2)


def difference(ours, theirs):
    return np.abs(ours.permute(0, 2, 3, 1).numpy().astype(float) - np.stack(theirs))


@pytest.mark.parametrize("size,count", [(17, 1), (33, 5)])
@pytest.mark.parametrize("side", [3, 7, 13])
def test_kernels_are_each_sample_s_own(side, size, count):
    rng, images = np.random.default_rng(0), noise(count, size)
    kernels = rng.random((count, side, side)).astype(np.float32)
    kernels[0] = blur.motion_kernel(side, (0, 0), (side - 1, 1))
    kernels /= kernels.sum(axis=(1, 2), keepdims=True)
    out = filter_kernels(planes(images).float(), torch.from_numpy(kernels)).round()
    found = difference(out, [blur.filter_kernel(i, k) for i, k in zip(images, kernels, strict=True)])
    assert found.max() <= 1 and found.mean() < 0.01


def test_a_gaussian_equals_the_separated_one():
    images, kernel = noise(2, 21), blur.gaussian_kernel(7, 1.4)
    out = filter_kernels(planes(images).float(), torch.from_numpy(np.stack([kernel, kernel]))).round()
    found = difference(out, [blur.filter_kernel(image, kernel, 1.4) for image in images])
    assert found.max() <= 1 and found.mean() < 0.2


@pytest.mark.parametrize("side", [3, 5, 7, 11])
@pytest.mark.parametrize("size,count", [(9, 1), (20, 5)])
def test_median_is_exact(side, size, count):
    images = noise(count, size)
    images[0, :, :, 0] = np.where(images[0, :, :, 0] > 127, 255, 0)
    assert difference(median(planes(images), side), [blur.median(image, side) for image in images]).max() == 0


@pytest.mark.parametrize("size", [16, 33, 128])
def test_zoom_equals_the_single_one(size):
    images, zooms = noise(4, size), [1.0, 1.03, 1.15, 1.31]
    out = planes(images).float()
    for row, zoom in enumerate(zooms):
        passes = blur.zoom_passes(zoom, size)
        for power in range(passes):
            inverse = torch.tensor([zoom ** -(2.0**power / (2**passes - 1))])
            out[row : row + 1] = zoom_pass(out[row : row + 1], inverse)
    found = difference(out, [blur.zoom_blur(image, zoom) for image, zoom in zip(images, zooms, strict=True)])
    # OpenCV before 5 rounds positions to 1/32 pixel.
    assert found.max() <= 8 and found.mean() < 0.8
