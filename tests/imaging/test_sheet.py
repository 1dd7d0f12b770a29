"""The grid of images and the PNG writer."""

import numpy as np
import pytest
from PIL import Image

from docclf.errors import InputError
from docclf.imaging.sheet import grid, sample_card, write_png


def test_grid_places_every_image():
    images = [np.full((5, 7, 3), 10 * i, np.uint8) for i in range(5)]
    sheet = grid(images, columns=2)
    assert sheet.shape == (3 * 9 + 4, 2 * 11 + 4, 3)
    for number, image in enumerate(images):
        top, left = 4 + number // 2 * 9, 4 + number % 2 * 11
        assert np.array_equal(sheet[top : top + 5, left : left + 7], image)


def test_grid_of_nothing_is_refused():
    with pytest.raises(InputError, match="0 images"):
        grid([], 3)


def test_png_holds_the_pixels_and_leaves_nothing_else(tmp_path):
    write_png(tmp_path / "健保卡.png", sample_card())
    assert np.array_equal(np.asarray(Image.open(tmp_path / "健保卡.png")), sample_card())
    assert [p.name for p in tmp_path.iterdir()] == ["健保卡.png"]


def test_png_into_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="nowhere"):
        write_png(tmp_path / "nowhere" / "x.png", sample_card())
