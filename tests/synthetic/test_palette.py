import colorsys

import pytest

from docclf.synthetic.dice import Dice
from docclf.synthetic.palette import hsl, make_palette, mix


@pytest.mark.parametrize("hue", [0, 33, 60, 70, 170, 240, 299, 359, 400])
@pytest.mark.parametrize("saturation,lightness", [(0, 50), (40, 20), (70, 80), (100, 50)])
def test_hsl_equals_colorsys(hue, saturation, lightness):
    expected = colorsys.hls_to_rgb(hue % 360 / 360, lightness / 100, saturation / 100)
    assert all(abs(a - 255 * b) <= 2 for a, b in zip(hsl(hue, saturation, lightness), expected, strict=True))


def test_mix_ends_are_the_colours():
    a, b = (0, 10, 255), (100, 200, 3)
    assert mix(a, b, 0) == a and mix(a, b, 100) == b


def test_a_turned_palette_keeps_its_lightness_plan_and_changes_its_hue():
    for seed in range(20):
        plain, turned = make_palette(Dice(seed)), make_palette(Dice(seed), 120)
        assert turned.hue == (plain.hue + 120) % 360
        assert abs(max(plain.light) - max(turned.light)) <= 6
        assert plain.accent != turned.accent
