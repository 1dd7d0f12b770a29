import math

import numpy as np
import pytest

from docclf.synthetic import trig


def test_sine_and_cosine_are_rounded_to_their_scale():
    for k in range(-5000, 5000, 37):
        assert abs(trig.sin(k) - trig.ONE * math.sin(2 * math.pi * k / trig.TURN)) <= 0.5
        assert abs(trig.cos(k) - trig.ONE * math.cos(2 * math.pi * k / trig.TURN)) <= 0.5


@pytest.mark.parametrize("cx,cy", [(0, 0), (12, 4), (32, 17), (5, 16)])
def test_polar_grid_equals_the_loop(cx, cy):
    height, width = 18, 33
    radius, angle = trig.polar_grid(height, width, cx, cy)
    for y in range(height):
        for x in range(width):
            assert radius[y, x] == round(math.hypot(x - cx, y - cy))
            expected = math.atan2(y - cy, x - cx) % (2 * math.pi) * trig.TURN / (2 * math.pi)
            # The seam may read as a whole turn, and the mirrored quarters round half steps the other way.
            assert abs((angle[y, x] - expected + 8) % trig.TURN - 8) <= 0.51 or (x, y) == (cx, cy)
    assert radius.dtype == angle.dtype == np.int32
