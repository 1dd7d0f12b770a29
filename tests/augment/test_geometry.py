"""Orientations, halves and the refusal of impossible ranges."""

import numpy as np
import pytest

from docclf.augment.draws.draw import draws
from docclf.augment.draws.params import identity
from docclf.augment.geometry import Geometry
from docclf.errors import InputError
from docclf.imaging.warp import warp_to_square

PLAIN = {
    "p": 0.0,
    "kinds": {"crop": 1},
    "borders": {"replicate": 1},
    "crop_area": [0.8, 1.0],
    "crop_ratio": [0.75, 1.33],
    "shift": 0.1,
    "scale": 0.1,
    "rotation": 15.0,
    "margin": [-0.1, 0.1],
    "jitter": 0.05,
}


def warps(count=200, **changed):
    geometry = Geometry(**{**PLAIN, **changed})
    values = identity(count)
    geometry.draw(draws(0, np.zeros(count, np.int64), np.arange(count))["geometry"], values, 16)
    return list(values["warp"])


def views(image, drawn):
    return {warp_to_square(image, warp, image.shape[0]).tobytes() for warp in drawn}


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)


def eight(image):
    turned = [np.rot90(image, k) for k in range(4)]
    return {np.ascontiguousarray(v).tobytes() for t in turned for v in (t, t[:, ::-1])}


def test_orientations_are_the_eight(image):
    assert views(image, warps(orientations=1.0)) == eight(image)


def test_flips_and_the_turn(image):
    assert views(image, warps(flip_horizontal=1.0)) == {np.ascontiguousarray(image[:, ::-1]).tobytes()}
    assert views(image, warps(flip_vertical=1.0)) == {np.ascontiguousarray(image[::-1]).tobytes()}
    assert views(image, warps(turn=1.0)) == {np.ascontiguousarray(image[::-1, ::-1]).tobytes()}
    near = np.mean([not np.array_equal(w, np.eye(3)) for w in warps(2000, flip_horizontal=0.3)])
    assert abs(near - 0.3) < 0.045


def test_halves_are_the_upper_and_the_lower():
    drawn = {tuple(w[1]) for w in warps(halves=1.0)}
    assert drawn == {(0.0, 0.5, 0.0), (0.0, 0.5, 0.5)}


def test_a_quad_is_within_its_margin_and_jitter():
    for warp in warps(500, p=1.0, kinds={"quad": 1}, rotation=0.0):
        corners = warp @ np.array([[0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]])
        offset = corners[:2] / corners[2] - [[0, 1, 1, 0], [0, 0, 1, 1]]
        assert np.abs(offset).max() <= 0.15 + 1e-6


@pytest.mark.parametrize(
    "changed,word",
    [
        ({"p": 1.5}, "geometry.p"),
        ({"kinds": {"crob": 1}}, "crob"),
        ({"borders": {}}, "borders"),
        ({"crop_area": [1.0, 0.8]}, "crop_area"),
        ({"jitter": 0.5}, "jitter"),
        ({"rotation": -3.0}, "rotation"),
    ],
)
def test_impossible_values_are_named(changed, word):
    with pytest.raises(InputError, match=word):
        Geometry(**{**PLAIN, **changed})
