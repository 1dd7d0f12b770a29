"""Resizing by matrices against OpenCV."""

import numpy as np
import pytest
import torch

from docclf.augment.device.geometry.resize import area_weights, linear_weights, shrink, squash
from docclf.imaging import resize as images_resize
from docclf.imaging.effect import blur


def noise(height, width, count=5):
    return np.random.default_rng(0).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def planes(images):
    return torch.from_numpy(images).permute(0, 3, 1, 2)


def difference(ours, theirs):
    return np.abs(ours.permute(0, 2, 3, 1).numpy().astype(float) - np.stack(theirs))


@pytest.mark.parametrize("shape", [(33, 33), (47, 33), (100, 71), (12, 61), (12, 19), (66, 66)])
def test_squash_equals_opencvs(shape):
    images = noise(*shape)
    out = squash(planes(images), 33)
    assert out.dtype == torch.uint8 and out.shape == (5, 3, 33, 33)
    # OpenCV rounds the weights of an enlargement to 1/2048, and halves of 2 x 2 means upwards.
    found = difference(out, [images_resize.squash(image, 33) for image in images])
    assert found.max() <= 1 and found.mean() < 0.2


def test_the_detour_equals_opencvs_for_each_sample_s_own_side():
    images, low = noise(31, 31), [1, 7, 16, 30, 31]
    out = shrink(planes(images).float(), torch.tensor(low), 31).round()
    found = difference(out, [blur.shrink(image, side) for image, side in zip(images, low, strict=True)])
    assert found.max() <= 1 and found.mean() < 0.1


def test_every_row_of_weights_sums_to_one():
    sides = torch.tensor([1, 5, 13])
    rows = area_weights(17, sides, 13).sum(dim=2)
    assert torch.allclose(rows, (torch.arange(13) < sides[:, None]).float(), atol=1e-6)
    assert torch.allclose(linear_weights(sides, 29, 13).sum(dim=2), torch.ones(3, 29), atol=1e-6)


def test_an_area_average_is_the_mean_of_fine_copies():
    line = torch.from_numpy(noise(1, 15, 1)[0, 0, :, 0]).float()
    fine = line.repeat_interleave(6).view(6, 15).mean(dim=1)
    assert torch.allclose(area_weights(15, torch.tensor([6]), 6)[0] @ line, fine, atol=1e-4)
