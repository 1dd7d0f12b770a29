"""Maps to quadrangles: what was drawn into the maps is found again."""

import numpy as np
import pytest

from docclf.locator import decode
from docclf.locator import quad as quads
from docclf.locator.training.targets import maps, places

SIDE = 128
ONE = np.array([[0.2, 0.15], [0.8, 0.25], [0.75, 0.85], [0.1, 0.7]])
OVER = np.array([[-0.2, 0.2], [0.6, 0.1], [0.7, 0.8], [-0.15, 0.9]])
SMALL = np.array([[0.7, 0.7], [0.95, 0.72], [0.9, 0.95], [0.68, 0.93]])


def said(*sheets, noise=0.0, seed=0):
    share, corners, number = maps(list(sheets), SIDE)
    votes = corners.transpose(2, 0, 1) - np.where(number > 0, 1, 0) * places(SIDE // 8, SIDE // 8).numpy()
    votes = votes + np.random.default_rng(seed).normal(0, noise, votes.shape)
    chance = np.clip(share, 0.01, 0.99)
    return np.log(chance / (1 - chance)).astype(np.float32), votes.astype(np.float32)


@pytest.mark.parametrize("corners", [ONE, OVER, quads.SQUARE, SMALL], ids=["one", "over", "frame", "small"])
@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_a_sheet_is_found_where_it_is(corners, noise):
    found = decode.sheets(*said(corners, noise=noise * np.sqrt(quads.area(corners))))
    assert len(found) == 1
    assert quads.overlap(found[0].corners, corners) > 0.9
    assert found[0].confidence > 0.75


def test_the_mask_mends_what_the_votes_got_wrong():
    logits, votes = said(ONE)
    off = np.array([0.05, -0.04, 0.03, 0.05, -0.05, 0.04, 0.06, -0.03])[:, None, None]
    found = decode.sheets(logits, (votes + off).astype(np.float32))
    assert quads.overlap(found[0].corners, ONE) > 0.95 > quads.overlap(ONE + off.reshape(4, 2), ONE)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_votes_may_begin_with_any_corner(order):
    logits, votes = said(ONE)
    turned = np.roll(votes.reshape(4, 2, -1), order, axis=0).reshape(votes.shape)
    mixed = np.where(np.arange(votes.shape[2]) % 2, votes, turned)
    assert quads.overlap(decode.sheets(logits, mixed)[0].corners, ONE) > 0.95


def test_two_sheets_are_two_the_larger_first():
    left, right = ONE * (0.55, 1) - (0.05, 0), SMALL - (0.02, 0.3)
    found = decode.sheets(*said(right, left))
    assert len(found) == 2
    assert quads.overlap(found[0].corners, left) > 0.9 and quads.overlap(found[1].corners, right) > 0.9


def test_nothing_is_found_in_an_empty_map_or_a_speck():
    assert decode.sheets(np.full((32, 32), -6, np.float32), np.zeros((8, 16, 16), np.float32)) == []
    assert decode.sheets(*said(np.array([[0.5, 0.5], [0.55, 0.5], [0.55, 0.55], [0.5, 0.55]]))) == []


def test_votes_that_agree_on_nothing_are_no_sheet():
    logits, votes = said(ONE)
    wild = np.random.default_rng(0).normal(0, 1, votes.shape).astype(np.float32)
    assert all(sheet.confidence < 0.5 for sheet in decode.sheets(logits, wild))


def test_the_slope_of_the_inside_is_that_of_small_steps():
    rng = np.random.default_rng(0)
    points, corners = rng.uniform(0, 32, (40, 2)), ONE * 32
    _, slope = decode._inside(points, corners, 0.4)
    for k, step in enumerate(np.eye(8) * 1e-5):
        ends = [decode._inside(points, corners + sign * step.reshape(4, 2), 0.4)[0] for sign in (1, -1)]
        assert np.allclose((ends[0] - ends[1]) / 2e-5, slope[:, k], atol=1e-6)
