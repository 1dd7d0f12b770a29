"""Batched light, colour and gamma against those of single images."""

import numpy as np
import pytest
import torch

from docclf.augment.device.filter.tone import gamma, light, matrix
from docclf.augment.device.geometry.resize import to_bytes
from docclf.augment.sheet.recipes import load
from docclf.imaging.effect import colour as colours
from docclf.imaging.effect import light as lights


def images(count, size):
    return np.random.default_rng(count).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def difference(function, batch, single, *values):
    out = function(torch.from_numpy(batch).permute(0, 3, 1, 2).float(), *(torch.from_numpy(v).float() for v in values))
    alone = [single(image, *row) for image, *row in zip(batch, *values, strict=True)]
    return np.abs(to_bytes(out).permute(0, 2, 3, 1).numpy().astype(float) - np.stack(alone))


@pytest.fixture(scope="module")
def drawn():
    recipe = load("capture", 33, 0)
    recipe.light.uneven, recipe.light.shadow, recipe.light.glare = 0.7, 0.6, 0.6
    recipe.colour.kinds, recipe.colour.hue = {"jitter": 1, "camera": 1, "sepia": 1, "invert": 1}, 0.2
    return recipe.plan(np.zeros(40, np.int64), np.arange(40))


@pytest.mark.parametrize("count,size", [(1, 17), (5, 33), (40, 9)])
def test_light(drawn, count, size):
    values = [drawn[name][-count:] for name in ("gradient", "vignette", "shadow", "glare")]
    found = difference(light, images(count, size), lights.light, *values)
    assert found.max() <= 1 and found.mean() < 0.02


def test_no_light_is_the_identity():
    none = [np.zeros((2, 3, 2)), np.zeros(2), np.zeros((2, 5)), np.zeros((2, 2, 6))]
    assert difference(light, images(2, 11), lambda image, *_: image, *none).max() == 0


@pytest.mark.parametrize("count,size", [(1, 17), (5, 33), (40, 9)])
def test_matrix(drawn, count, size):
    values = [drawn[name][:count] for name in ("colour", "pivot")]
    found = difference(matrix, images(count, size), colours.apply_matrix, *values)
    assert found.max() <= 1 and found.mean() < 0.04


def test_gamma():
    exponents = np.array([0.75, 1.0, 1.35, 0.1, 3.0])
    found = difference(gamma, images(5, 19), colours.apply_gamma, exponents)
    assert found.max() <= 1 and found.mean() < 0.001
