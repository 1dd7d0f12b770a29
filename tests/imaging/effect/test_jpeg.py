"""JPEG through Pillow's decoder, and by its error."""

import io

import numpy as np
from PIL import Image

from docclf.imaging.effect.jpeg import jpeg
from docclf.imaging.sheet import sample_card


def test_error_falls_with_quality():
    card = sample_card()
    errors = [np.abs(jpeg(card, quality).astype(int) - card).mean() for quality in (0, 10, 50, 95)]
    assert errors == sorted(errors, reverse=True) and errors[0] > 3 * errors[2] and errors[3] < 4


def test_close_to_pillow_in_rgb():
    card, file = sample_card(), io.BytesIO()
    Image.fromarray(card).save(file, "JPEG", quality=30, subsampling="4:2:0")
    theirs = np.asarray(Image.open(file)).astype(int)
    assert np.abs(jpeg(card, 30).astype(int) - theirs).mean() < 1.0


def test_odd_sizes_keep_their_shape():
    image = np.random.default_rng(0).integers(0, 256, (13, 17, 3), dtype=np.uint8)
    assert jpeg(image, 40).shape == image.shape and jpeg(image, 40).dtype == np.uint8
