"""Drawn desks: bytes of any side, each its own, the same each time."""

import numpy as np
import pytest

from docclf.imaging.scene.desk import desk


@pytest.mark.parametrize("side", [16, 61, 160])
def test_desks_differ_and_are_repeatable(side):
    desks = [desk(number, side) for number in range(12)]
    assert all(d.shape == (side, side, 3) and d.dtype == np.uint8 for d in desks)
    assert all(np.array_equal(d, desk(number, side)) for number, d in enumerate(desks))
    assert len({d.tobytes() for d in desks}) == 12 and all(d.std() > 1 for d in desks)
