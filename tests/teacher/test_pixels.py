import numpy as np
import pytest
import torch
from open_clip.transform import image_transform
from PIL import Image

from docclf.errors import InputError
from docclf.teacher.pixels import Pixels

MEAN, STD = [0.48, 0.45, 0.4], [0.26, 0.27, 0.28]


def pictures(side, count=2):
    """Returns smooth pictures away from black and white, where Pillow also clips between its two passes."""
    rough = np.random.default_rng(0).integers(64, 192, (count, 9, 9, 3), dtype=np.uint8)
    images = np.stack([np.asarray(Image.fromarray(x).resize((side, side), Image.Resampling.BICUBIC)) for x in rough])
    return torch.from_numpy(images).permute(0, 3, 1, 2)


@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
@pytest.mark.parametrize("side", [24, 64, 100])
@pytest.mark.parametrize("mode", ["shortest", "squash"])
def test_a_batch_equals_open_clips_own_preprocessing_image_by_image(side, interpolation, mode):
    images = pictures(side)
    transform = image_transform(64, False, MEAN, STD, mode, interpolation)
    expected = torch.stack([transform(Image.fromarray(x.permute(1, 2, 0).numpy())) for x in images])
    found = Pixels(64, MEAN, STD, interpolation)(images)
    # Pillow rounds between its two passes: one grey level at most.
    torch.testing.assert_close(found, expected, rtol=0, atol=1.01 / 255 / min(STD))
    assert (found - expected).abs().mean() < 0.25 / 255 / min(STD)


def test_images_of_the_right_side_are_not_touched():
    images = pictures(16)
    assert Pixels(16, MEAN, STD, "bicubic").resized(images) is images


def test_an_unknown_interpolation_is_refused():
    with pytest.raises(InputError, match="bicubic or bilinear"):
        Pixels(16, MEAN, STD, "nearest")
