"""Corners: exact for a known warp, refused where no sheet can lie so."""

import cv2
import numpy as np
import pytest
from imaging.feature.test_local import ROLLED, sheet, warped

from docclf.imaging.feature.local import Fit, Points, fitted, points
from docclf.verify.frame import corners, covered, frame, overlap, straight


def made(matrix, count=20, size=(240, 320)):
    """A fit in which `count` points obey a homography from the sheet to the photo."""
    rng = np.random.default_rng(0)
    ends = rng.uniform([5, 5], [size[1] - 5, size[0] - 5], (count, 2))
    there = cv2.perspectiveTransform(ends[None], np.array(matrix, float))[0]
    both = [Points(xy.astype(np.float32), np.zeros((count, 128), np.uint8), np.zeros(count, np.uint8),
                   np.zeros(count, np.uint8), *shape) for xy, shape in ((there, (320, 320)), (ends, size))]  # fmt: skip
    pairs = np.repeat(np.arange(count)[:, None], 2, axis=1)
    return Fit(pairs, np.ones(count, bool), np.linalg.inv(np.array(matrix, float))), *both


@pytest.mark.parametrize("roll", [0, 90, 135, 180, 270])
def test_any_roll_will_do(roll):
    a = np.deg2rad(roll)
    turn = np.array([[np.cos(a), -np.sin(a), 160], [np.sin(a), np.cos(a), 160], [0, 0, 1]])
    turn = turn @ np.array([[0.6, 0, -96], [0, 0.6, -72], [0, 0, 1]])
    quad, why = corners(*made(turn))
    want = cv2.perspectiveTransform(frame(240, 320)[None], turn)[0] / 320
    assert why == "" and np.abs(quad - want).max() < 1e-6


@pytest.mark.parametrize(
    ("matrix", "count", "words"),
    [
        ([[-1, 0, 320], [0, 1, 0], [0, 0, 1]], 20, "mirrored"),
        ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], 4, "too few points agree"),
        ([[0.02, 0, 50], [0, 0.02, 50], [0, 0, 1]], 20, "no sheet"),
        ([[1, 0, 0], [0, 0.02, 50], [0, 0, 1]], 20, "no sheet"),
        ([[9, 0, -900], [0, 9, -900], [0, 0, 1]], 20, "no sheet"),
        ([[1, 0, 0], [0, 1, 0], [-0.004, 0, 1]], 20, "behind the camera"),
    ],
)
def test_what_cannot_be_a_sheet_is_refused(matrix, count, words):
    fit, photo, register = made(matrix, count)
    if words == "behind the camera":  # all that is seen lies on this side of the horizon
        kept = register.xy[:, 0] < 240
        fit = Fit(fit.matches[kept], fit.inliers[kept], fit.homography)
    quad, why = corners(fit, photo, register)
    assert quad is None and words in why


def test_covered_is_the_share_inside_the_hull():
    fit, _, register = made(np.eye(3), 4)
    register.xy[:] = [[0, 0], [160, 0], [160, 240], [0, 240]]
    assert covered(fit, register) == pytest.approx(0.5)
    assert covered(Fit(fit.matches, np.array([True, True, False, False]), fit.homography), register) == 0


def test_the_crop_is_the_sheet():
    image = sheet(3)
    photo = warped(image, ROLLED)
    quad, _ = corners(fitted(points(photo), points(image)), points(photo), points(image))
    crop = straight(photo, quad, 320 / 240)
    assert abs(crop.shape[1] / crop.shape[0] - 320 / 240) < 0.02
    want = cv2.resize(image, crop.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(crop.astype(float) - want).mean() < 14
    large = cv2.resize(photo, (2400, 2400))
    assert max(straight(large, quad, 320 / 240, longest=200).shape) == 200


def test_overlap():
    one = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
    assert overlap(one, one) == pytest.approx(1) and overlap(one, one + 2) == 0
    assert overlap(one, one + [0.5, 0]) == pytest.approx(1 / 3, abs=1e-3)
