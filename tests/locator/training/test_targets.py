"""Maps of a scene, and the loss against them."""

import numpy as np
import pytest
import torch

from docclf.locator.quad import SQUARE
from docclf.locator.training import targets

LEFT = SQUARE * (0.5, 1.0)
TOP = np.array([[0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]])


def batch(*scenes):
    parts = [targets.maps(list(sheets), 64) for sheets in scenes]
    return [torch.from_numpy(np.stack(part)) for part in zip(*parts, strict=True)]


def perfect(share, corners, number):
    votes = (corners - targets.places(8, 8).permute(1, 2, 0)).permute(0, 3, 1, 2).clone()
    return torch.logit(share.clamp(1e-4, 1 - 1e-4)), votes


def test_maps_show_shares_and_the_topmost_sheet():
    share, corners, number = targets.maps([LEFT, TOP], 64)
    assert share.shape == (16, 16) and corners.shape == (8, 8, 8) and number.shape == (8, 8)
    assert share[8, 0] == 1 and share[8, 10] == 1 and share[0, 12] == 0
    assert number[0, 0] == 1 and number[4, 4] == 2 and number[0, 7] == 0
    assert np.allclose(corners[4, 4], TOP.ravel()) and (corners[0, 7] == 0).all()


@pytest.mark.parametrize("scene", [[LEFT], [LEFT, TOP], [TOP - 0.4]], ids=["one", "two", "outside"])
def test_the_perfect_answer_costs_nothing(scene):
    wanted = batch(scene)
    mask, votes = targets.loss(*perfect(*wanted), *wanted)
    assert votes < 1e-6
    worse = targets.loss(torch.zeros_like(wanted[0]), perfect(*wanted)[1] + 0.1, *wanted)
    assert worse[0] > mask and worse[1] > votes


@pytest.mark.parametrize("order", [1, 2, 3])
def test_any_order_of_corners_is_right(order):
    wanted = batch([TOP])
    logits, votes = perfect(*wanted)
    centres = targets.places(8, 8)
    turned = ((votes + centres).view(1, 4, 2, 8, 8).roll(order, 1)).reshape(1, 8, 8, 8) - centres
    assert targets.loss(logits, turned, *wanted)[1] < 1e-6


def test_a_scene_without_a_sheet_has_a_loss_of_the_mask_alone():
    wanted = batch([])
    logits, votes = torch.zeros(1, 16, 16, requires_grad=True), torch.ones(1, 8, 8, 8, requires_grad=True)
    mask, wrong = targets.loss(logits, votes, *wanted)
    (mask + wrong).backward()
    assert mask > 0 and wrong == 0 and torch.isfinite(logits.grad).all() and (votes.grad == 0).all()


def test_an_error_weighs_by_the_size_of_the_sheet_and_covered_ones_less():
    def cost(*scene, wrong):
        wanted = batch(scene)
        logits, votes = perfect(*wanted)
        return float(targets.loss(logits, votes + 0.1 * (wanted[2] == wrong)[:, None], *wanted)[1])

    small = TOP * 0.5
    assert cost(small, wrong=1) > cost(TOP, wrong=1)
    assert cost(LEFT, TOP, wrong=2) > 3 * cost(LEFT, TOP, wrong=1) > 0
