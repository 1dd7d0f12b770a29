import numpy as np
import pytest
import torch

from docclf.data.loader.cut import cut, squash_batch, views, weights
from docclf.data.pixels.views import FOLD, view
from docclf.imaging.resize import squash


def noise(count, height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("side", [24, 25])
def test_views_are_those_of_the_cpu(side):
    images = noise(FOLD, side, side)
    found = views(torch.from_numpy(images).permute(0, 3, 1, 2), torch.arange(FOLD)).permute(0, 2, 3, 1).numpy()
    for k in range(FOLD):
        expected = squash(view(images[k], k), side)
        assert np.abs(found[k].astype(int) - expected).max() <= (0 if k % 3 == 0 else 1), k


@pytest.mark.parametrize("shape", [(40, 40), (33, 47), (16, 40), (40, 13), (10, 11), (24, 24)])
def test_squash_is_that_of_the_cpu(shape):
    images = noise(3, *shape)
    found = squash_batch(torch.from_numpy(images).permute(0, 3, 1, 2), 24).permute(0, 2, 3, 1).numpy()
    expected = np.stack([squash(image, 24) for image in images])
    assert np.abs(found.astype(int) - expected).max() <= 2  # the two-step case rounds twice on the CPU


@pytest.mark.parametrize(("source", "side"), [(7, 5), (5, 7), (128, 64), (24, 24), (1, 4)])
def test_weights_sum_to_one(source, side):
    table = weights(source, side)
    assert table.shape == (side, source) and np.allclose(table.sum(1), 1, atol=1e-6) and (table >= 0).all()


def test_cut_takes_the_samples_asked_for():
    images = torch.from_numpy(noise(6, 8, 8))
    indices = torch.tensor([5, 0, 0, 3])
    assert torch.equal(cut(images, indices), images[indices].permute(0, 3, 1, 2))
    turned = cut(images, torch.tensor([24 * 2 + 3]), expand=FOLD)[0].permute(1, 2, 0).numpy()
    assert np.array_equal(turned, view(images[2].numpy(), 3))
