"""Fields of a batch: each sample's own, whatever else is in it."""

import numpy as np
import pytest
from augment_rows import one

from docclf.augment.draws.draw import SECOND
from docclf.augment.draws.params import SAME, identity
from docclf.augment.sheet.recipes import load

NAMES = ("geometry", "docclassifier", "capture", "capture_ground", "scene")


@pytest.mark.parametrize("size", [128, 45])
@pytest.mark.parametrize("name", NAMES)
def test_the_others_in_the_batch_do_not_matter(name, size):
    recipe, rng = load(name, size, 7), np.random.default_rng(0)
    turns, indices = rng.choice(np.array([0, 1, SECOND + 9]), 40), rng.integers(0, 10**7, 40)
    batch = recipe.plan(turns, indices)
    assert batch.keys() == SAME.keys()
    for place in range(40):
        alone = one(recipe, turns[place], indices[place])
        for field, values in batch.items():
            # a sum over one sample may round otherwise than over many
            assert np.allclose(values[place], getattr(alone, field), rtol=1e-12, atol=1e-12), field
            assert values.dtype == SAME[field].dtype


@pytest.mark.parametrize("count", [0, 1, 5])
def test_small_batches(count):
    batch = load("capture", 64, 0).plan(np.full(count, 3), np.arange(count))
    assert all(len(values) == count for values in batch.values())


def test_rows_do_not_share_memory():
    values = identity(2)
    values["warp"][0, 0, 0] = 5.0
    assert values["warp"][1, 0, 0] == 1.0 and identity(1)["warp"][0, 0, 0] == 1.0
