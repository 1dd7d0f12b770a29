"""Parameters drawn for a batch are those drawn sample by sample, to the bit."""

import numpy as np
import pytest

from docclf.augment.draws.draw import SECOND
from docclf.augment.draws.params import identity, stack
from docclf.augment.sheet import load

NAMES = ("geometry", "docclassifier", "capture", "capture_ground")
COUNT = 2000


def assert_equal(recipe, epochs, indices):
    alone = stack([recipe.params(e, i) for e, i in zip(epochs.tolist(), indices.tolist(), strict=True)])
    batch = recipe.params_batch(epochs, indices)
    assert alone.keys() == batch.keys()
    for name, values in alone.items():
        assert batch[name].dtype == values.dtype and np.array_equal(batch[name], values), name


@pytest.mark.parametrize("size", [128, 45])
@pytest.mark.parametrize("name", NAMES)
def test_equals_the_samples(name, size):
    rng = np.random.default_rng(0)
    epochs = rng.choice(np.array([0, 1, 9, SECOND, SECOND + 9]), COUNT)
    assert_equal(load(name, size, 7), epochs, rng.integers(0, 10**7, COUNT))


@pytest.mark.parametrize("size", [128, 256])
def test_equals_the_samples_where_every_kind_is_drawn(size):
    recipe = load("capture", size, 1)
    recipe.geometry.kinds = {"crop": 1, "shift_scale_rotate": 1, "quad": 1}
    recipe.geometry.borders = {"constant": 1, "replicate": 1, "reflect": 1, "backdrop": 1}
    recipe.geometry.crop_area, recipe.geometry.shift, recipe.geometry.scale = [0.3, 1.0], 0.2, 0.3
    for name in ("flip_horizontal", "flip_vertical", "turn", "orientations", "halves"):
        setattr(recipe.geometry, name, 0.4)
    kinds = ("jitter", "grey", "sepia", "shuffle", "drop", "shift", "invert", "camera")
    recipe.colour.kinds, recipe.colour.hue, recipe.colour.shift = dict.fromkeys(kinds, 1), 0.2, 20.0
    kinds = ("motion", "median", "gaussian", "zoom", "defocus", "shake", "jpeg")
    recipe.blur.kinds, recipe.blur.zoom = dict.fromkeys(kinds, 1), [1.0, 1.3]
    recipe.ground.p = 0.6
    recipe.noise.kinds = dict.fromkeys(("gaussian", "multiplicative", "iso", "sensor"), 1)
    assert_equal(recipe, np.zeros(COUNT, dtype=np.int64), np.arange(COUNT))


@pytest.mark.parametrize("count", [0, 1, 5])
def test_small_batches(count):
    recipe = load("capture", 64, 0)
    batch = recipe.params_batch(np.full(count, 3), np.arange(count))
    assert all(len(values) == count for values in batch.values())
    if count:
        assert_equal(recipe, np.full(count, 3), np.arange(count))


def test_rows_do_not_share_memory():
    rows = identity(2)
    rows["warp"][0, 0, 0] = 5.0
    assert rows["warp"][1, 0, 0] == 1.0 and identity(1)["warp"][0, 0, 0] == 1.0
