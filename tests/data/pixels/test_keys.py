"""Keys of classes follow the images, not their numbers."""

import numpy as np
import pytest

from docclf.data.drawn.designs import Designs, design_hashes
from docclf.data.pixels.views import FOLDS, class_keys


def hashes(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 32), dtype=np.uint8)


@pytest.mark.parametrize("expand", FOLDS)
def test_each_class_has_a_key_of_its_own_in_any_order(expand):
    content, order = hashes(500), np.random.default_rng(1).permutation(500)
    keys = class_keys(content, expand)
    assert keys.dtype == np.uint64 and len(np.unique(keys)) == 500 * expand
    moved = class_keys(content[order], expand).reshape(500, expand)
    assert np.array_equal(moved, keys.reshape(500, expand)[order])


def test_a_view_has_the_same_key_in_every_expansion():
    content = hashes(7)
    whole, turned, all_views = (class_keys(content, n).reshape(7, n) for n in FOLDS)
    assert np.array_equal(whole, all_views[:, :1]) and np.array_equal(turned, all_views[:, ::3])


def test_a_design_is_the_same_among_more_designs_and_in_another_size():
    few, many = Designs(3, 32, 5, None, None), Designs(9, 64, 5, None, None)
    assert np.array_equal(few.hashes, many.hashes[:3]) and np.array_equal(
        few.hashes, design_hashes(range(3), 5).contents
    )
    assert not np.array_equal(few.hashes, design_hashes(range(3), 6).contents)
