import numpy as np
import pytest
from image_files import pixels

from docclf.imaging.resize import squash


def test_shrinking_averages_blocks():
    image = np.random.default_rng(0).integers(0, 256, (30, 20, 3), dtype=np.uint8)
    mean = image.reshape(5, 6, 5, 4, 3).mean((1, 3))
    assert np.abs(squash(image, 5) - mean).max() <= 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (7, 90), (16, 16), (5, 5), (33, 17)])
def test_any_shape_becomes_the_square(shape):
    image = pixels(0, *shape)
    assert squash(image, 16).shape == (16, 16, 3)


def test_a_strip_is_averaged_along_its_long_side():
    stripes = np.zeros((4, 320, 3), np.uint8)
    stripes[:, ::2] = 200  # a subsampling resize would return 0 or 200
    assert np.abs(squash(stripes, 16).astype(int) - 100).max() <= 1


def test_right_size_is_untouched():
    image = pixels(1, 16, 16)
    assert squash(image, 16) is image
