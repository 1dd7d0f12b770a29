"""Quadrangles: area, overlap, order, and what lies inside."""

import cv2
import numpy as np
import pytest

from docclf.errors import InputError
from docclf.locator import quad as quads

TURNED = np.array([[0.5, 0.0], [1.0, 0.5], [0.5, 1.0], [0.0, 0.5]])


def test_area_has_the_sign_of_the_direction():
    assert quads.area(quads.SQUARE) == 1.0
    assert quads.area(quads.SQUARE[::-1]) == -1.0
    assert quads.area(TURNED) == pytest.approx(0.5)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 4000.0])
def test_overlap_is_shared_over_covered(scale):
    moved = quads.SQUARE + [0.5, 0]
    assert quads.overlap(quads.SQUARE * scale, quads.SQUARE * scale) == pytest.approx(1, abs=1e-4)
    assert quads.overlap(quads.SQUARE * scale, moved * scale) == pytest.approx(1 / 3, abs=1e-4)
    assert quads.overlap(quads.SQUARE * scale, TURNED * scale) == pytest.approx(0.5, abs=1e-4)
    assert quads.overlap(quads.SQUARE * scale, (quads.SQUARE + 3) * scale) == 0
    assert quads.overlap(quads.SQUARE[::-1] * scale, moved * scale) == pytest.approx(1 / 3, abs=1e-4)


@pytest.mark.parametrize("turn", range(4))
@pytest.mark.parametrize("flip", [1, -1])
def test_upright_begins_at_the_upper_left_and_runs_clockwise(turn, flip):
    corners = np.array([[10, 12], [90, 8], [95, 60], [5, 66]], float)
    assert np.array_equal(quads.upright(np.roll(corners, turn, axis=0)[::flip]), corners)


def test_convex_knows_crossed_and_dented_ones():
    assert quads.convex(quads.SQUARE) and quads.convex(TURNED)
    assert not quads.convex(quads.SQUARE[[0, 2, 1, 3]])
    assert not quads.convex(np.array([[0, 0], [1, 0], [0.2, 0.2], [0, 1]]))
    assert not quads.convex(quads.SQUARE[::-1])


def test_expanded_adds_a_margin_in_the_sheets_own_plane():
    assert np.allclose(quads.expanded(quads.SQUARE, 0.25), quads.SQUARE * 1.5 - 0.25)
    tilted = np.array([[0.3, 0.2], [0.7, 0.2], [0.9, 0.8], [0.1, 0.8]])
    inside = quads.through(quads.homography(quads.expanded(tilted, 0.2), quads.SQUARE), tilted)
    assert np.allclose(inside, quads.SQUARE / 1.4 + 0.2 / 1.4, atol=1e-5)


@pytest.mark.parametrize("size", [(64, 64), (90, 40), (400, 300)])
def test_straighten_gives_back_what_was_warped(size):
    rng = np.random.default_rng(0)
    picture = cv2.resize(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8), (160, 120), interpolation=cv2.INTER_CUBIC)
    corners = np.array([[60.0, 30], [250, 50], [230, 210], [40, 180]])
    image = cv2.warpPerspective(picture, quads.homography(quads.SQUARE * (160, 120) - 0.5, corners - 0.5), (300, 240))
    back = quads.straighten(image, corners, size).astype(int)
    wanted = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(int)
    assert np.abs(back - wanted)[2:-2, 2:-2].mean() < 4


def test_straighten_repeats_the_rim_beyond_the_image():
    image = np.full((20, 30, 3), 7, np.uint8)
    out = quads.straighten(image, np.array([[-10.0, -10], [40, -10], [40, 30], [-10, 30]]), (16, 16))
    assert (out == 7).all()


def test_three_corners_on_a_line_are_no_quadrangle():
    with pytest.raises(InputError, match="one line"):
        quads.straighten(np.zeros((9, 9, 3), np.uint8), np.array([[0, 0], [4, 0], [8, 0], [0, 8]]), (8, 8))
