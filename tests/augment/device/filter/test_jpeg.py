"""The emulated codec against the real one."""

import numpy as np
import pytest
import torch

from docclf.augment.device.filter.jpeg import cosines, jpeg, tables
from docclf.imaging.effect.jpeg import jpeg as real
from docclf.imaging.resize import squash
from docclf.imaging.sheet import sample_card

QUALITIES = (0, 1, 10, 25, 50, 75, 90, 100)


def emulated(images, qualities):
    batch = torch.from_numpy(images).permute(0, 3, 1, 2).float()
    out = jpeg(batch, torch.from_numpy(tables()[list(qualities)]), torch.from_numpy(cosines()))
    return out.permute(0, 2, 3, 1).numpy()


def pictures(count, size):
    """Photograph-like: the card with a grain that differs from picture to picture."""
    card, rng = squash(sample_card(), size), np.random.default_rng(0)
    return np.clip(card + rng.normal(0, 8, (count, size, size, 3)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("size", [128, 64, 45, 31, 17, 16, 9])
def test_equals_the_codec(size):
    images = pictures(len(QUALITIES), size)
    theirs = np.stack([real(image, quality) for image, quality in zip(images, QUALITIES, strict=True)])
    difference = np.abs(emulated(images, QUALITIES) - theirs).mean(axis=(1, 2, 3))
    # A coefficient on the edge between two levels may fall to either side; the loss itself is 20 to 200 times larger.
    assert difference.max() < 0.25 and difference.mean() < 0.08
    loss = np.abs(theirs - images.astype(float)).mean(axis=(1, 2, 3))
    assert (loss[:6] > 10 * difference[:6]).all()


@pytest.mark.parametrize("height,width", [(13, 17), (50, 33), (8, 24)])
def test_any_sides(height, width):
    images = pictures(3, 64)[:, :height, :width]
    theirs = np.stack([real(np.ascontiguousarray(image), 40) for image in images])
    assert np.abs(emulated(images, (40, 40, 40)) - theirs).mean() < 0.1


def test_extreme_colours_stay_bytes_and_whole():
    rng = np.random.default_rng(0)
    images = rng.choice(np.array([0, 255], np.uint8), (5, 24, 24, 3))
    out = emulated(images, (0, 5, 30, 80, 100))
    assert out.min() >= 0 and out.max() <= 255 and np.array_equal(out, np.rint(out))
    theirs = np.stack([real(image, q) for image, q in zip(images, (0, 5, 30, 80, 100), strict=True)])
    assert np.abs(out - theirs).mean() < 0.3


def test_tables_scale_as_libjpegs():
    assert np.array_equal(tables()[0], tables()[1]) and (tables()[100] == 1).all() and (tables()[1] == 255).mean() > 0.9
    assert (
        tables()[50][0, 0, :3].tolist() == [16, 11, 10] and tables()[25][1, 0, 0] == 34 and tables()[75][0, 0, 0] == 8
    )


def test_the_transform_is_orthonormal():
    assert np.allclose(cosines() @ cosines().T, np.eye(8), atol=1e-6)
