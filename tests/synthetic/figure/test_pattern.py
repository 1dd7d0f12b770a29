import numpy as np
import pytest
from PIL import Image

from docclf.synthetic.dice import Dice
from docclf.synthetic.figure.pattern import PATTERNS, gradient, lay, line_work


@pytest.mark.parametrize("name", PATTERNS)
def test_cover_is_a_share_at_odd_sizes(name):
    for seed, (h, w) in enumerate(((41, 67), (323, 512), (64, 4))):
        cover = line_work(name, Dice(seed), h, w)
        assert cover.shape == (h, w) and cover.min() >= 0 and cover.max() <= 256
    assert (line_work(name, Dice(1), 323, 512).std() > 5) == (name != "plain")


@pytest.mark.parametrize("kind", range(5))
def test_gradient_starts_with_the_first_colour(kind):
    pixels = np.asarray(gradient(kind, 33, 51, (10, 20, 30), (200, 100, 50)))
    assert pixels.shape == (33, 51, 3)
    top = pixels[16, 0] if kind == 4 else pixels[0, 0]
    assert np.abs(top.astype(int) - (10, 20, 30)).max() <= 6
    assert (len(np.unique(pixels.reshape(-1, 3), axis=0)) == 1) == (kind == 0)


def test_lay_mixes_by_cover():
    image = Image.new("RGB", (3, 1), (200, 0, 100))
    lay(image, np.array([[0, 128, 256]]), (0, 255, 100))
    expected = [(200, 0, 100), (100, 128, 100), (0, 255, 100)]
    assert np.abs(np.asarray(image)[0].astype(int) - expected).max() <= 1
