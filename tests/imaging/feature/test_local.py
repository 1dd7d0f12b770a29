"""Local features: found again under a known warp, the same on every run, and nothing where there is nothing."""

import cv2
import numpy as np
import pytest

from docclf.errors import InputError
from docclf.imaging.feature.local import NORM, Points, fitted, matched, points, shrunk


def sheet(seed=0, height=240, width=320):
    """A sheet with much to hold on to: rectangles and discs of random colours."""
    rng = np.random.default_rng(seed)
    image = np.full((height, width, 3), 235, np.uint8)
    for _ in range(70):
        x, y, size = (int(v) for v in rng.integers(0, [width, height, 24]))
        colour = tuple(int(v) for v in rng.integers(0, 256, 3))
        if rng.random() < 0.5:
            cv2.rectangle(image, (x, y), (x + size + 4, y + size // 2 + 4), colour, -1)
        else:
            cv2.circle(image, (x, y), size // 2 + 3, colour, -1)
    return image


def warped(image, matrix, size=(320, 320)):
    return cv2.warpPerspective(image, matrix, size, borderValue=(90, 110, 100))


ROLLED = np.array([[0.5, -0.6, 200.0], [0.6, 0.5, 10.0], [2e-4, 1e-4, 1.0]])


def test_a_known_homography_is_found_again():
    image = sheet()
    photo, register = points(warped(image, ROLLED)), points(image)
    found = fitted(photo, register)
    assert found.count >= 30 and found.count == found.inliers.sum() <= len(found.matches)
    corners = np.array([[[0, 0], [320, 0], [320, 240], [0, 240]]], np.float64)
    there = cv2.perspectiveTransform(corners, ROLLED)
    back = cv2.perspectiveTransform(there, found.homography)
    assert np.abs(back - corners).max() < 4


def test_points_are_the_strongest_and_of_one_length():
    found = points(sheet(), most=50)
    assert len(found) == 50 and (found.height, found.width) == (240, 320)
    lengths = np.linalg.norm(found.descriptors.astype(np.float64), axis=1)
    assert np.abs(lengths - NORM).max() < 16 and found.descriptors.dtype == np.uint8
    again = points(sheet(), most=50)
    assert all((getattr(found, name) == getattr(again, name)).all() for name in ("xy", "descriptors", "turn", "size"))


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_an_image_of_one_colour_has_no_points(grey):
    empty = points(np.full((60, 80, 3), grey, np.uint8))
    assert len(empty) == 0 and empty.descriptors.shape == (0, 128)
    for one, other in ((empty, points(sheet())), (points(sheet()), empty), (empty, empty)):
        found = fitted(one, other)
        assert found.homography is None and found.count == 0 and found.matches.shape == (0, 2)


def test_another_sheet_does_not_fit():
    for seed in (1, 2, 3):
        assert fitted(points(sheet(seed)), points(sheet(seed + 10))).count < 12


def test_points_on_one_line_give_no_homography():
    one = points(sheet())
    line = Points(np.c_[np.arange(40.0), np.zeros(40)].astype(np.float32), one.descriptors[:40], one.turn[:40],
                  one.size[:40], 240, 320)  # fmt: skip
    found = fitted(line, line)
    assert len(found.matches) >= 38 and found.homography is None


def test_matches_are_mutual_and_pass_the_ratio_test():
    one, other = points(sheet()), points(warped(sheet(), ROLLED))
    pairs = matched(one, other)
    products = one.descriptors.astype(np.int64) @ other.descriptors.astype(np.int64).T
    assert (products.argmax(1)[pairs[:, 0]] == pairs[:, 1]).all() and (
        products.argmax(0)[pairs[:, 1]] == pairs[:, 0]
    ).all()
    best, second = np.sort(products[pairs[:, 0]], axis=1)[:, :-3:-1].T
    assert ((2 - 2 * best / NORM**2).clip(0) <= 0.75**2 * (2 - 2 * second / NORM**2) + 1e-6).all()
    assert len(matched(one, other, ratio=0.5)) < len(pairs)


def test_shrunk():
    assert shrunk(np.zeros((48, 6000, 3), np.uint8), 320).shape == (3, 320, 3)
    small = np.zeros((10, 20, 3), np.uint8)
    assert shrunk(small, 320) is small
    for bad in (
        np.zeros((5, 5), np.uint8),
        np.zeros((5, 5, 3)),
        np.zeros((5, 5, 4), np.uint8),
        np.zeros((0, 5, 3), np.uint8),
    ):
        with pytest.raises(InputError, match="want uint8"):
            points(bad)
