"""The colour matrices against the operations they stand for."""

import numpy as np
import pytest

from docclf.augment.colour import Colour
from docclf.augment.draws.draw import draws
from docclf.augment.draws.params import identity
from docclf.imaging.effect.colour import LUMA, apply_matrix, hue_rotation

PLAIN = {
    "p": 1.0,
    "brightness": [0.7, 1.3],
    "contrast": [0.9, 1.1],
    "saturation": [0.9, 1.1],
    "hue": 0.2,
    "shift": 20.0,
}


def drawn(kind, count=200, **changed):
    colour = Colour(**{**PLAIN, "kinds": {kind: 1}, **changed})
    values = identity(count)
    colour.draw(draws(0, np.zeros(count, np.int64), np.arange(count))["colour"], values, 16)
    return [{name: values[name][place] for name in ("colour", "pivot", "gamma")} for place in range(count)]


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(60, 180, (11, 9, 3), dtype=np.uint8)


def test_jitter_equals_its_four_steps_in_any_order(image):
    fields = drawn("jitter", brightness=[1.1, 1.1], contrast=[0.9, 0.9], saturation=[1.1, 1.1], hue=0.05)[3]
    draw = draws(0, np.zeros(1, np.int64), np.array([3]))["colour"]
    draw.random(5)
    turn = 2 * np.pi * draw.uniform(-0.05, 0.05)[0]
    steps = {
        "brightness": lambda x: 1.1 * x,
        "contrast": lambda x: 0.9 * x + 0.1 * (x @ LUMA).mean(),
        "saturation": lambda x: 1.1 * x - 0.1 * (x @ LUMA)[..., None],
        "hue": lambda x: x @ hue_rotation(turn).T,
    }
    out = apply_matrix(image, fields["colour"], fields["pivot"])
    for order in (list(steps), list(steps)[::-1]):
        expected = image.astype(float)
        for name in order:
            expected = steps[name](expected)
        assert np.abs(out - expected).max() <= 1.0


def test_shuffle_gives_the_six_orders_alike():
    orders = [tuple(f["colour"][:, :3].argmax(axis=1)) for f in drawn("shuffle", 1200)]
    counts = [orders.count(order) for order in set(orders)]
    assert len(counts) == 6 and min(counts) > 140 and all(set(order) == {0, 1, 2} for order in orders)


def test_drop_shift_invert_grey_sepia(image):
    for fields in drawn("drop", 20):
        out = apply_matrix(image, fields["colour"])
        assert sorted((out == 0).all(axis=(0, 1))) == [False, False, True]
    offsets = np.array([f["colour"][:, 3] for f in drawn("shift", 400)])
    assert np.abs(offsets).max() <= 20 and np.abs(offsets).max() > 19 and abs(offsets.mean()) < 1.5
    assert np.array_equal(apply_matrix(image, drawn("invert")[0]["colour"]), 255 - image)
    grey = apply_matrix(image, drawn("grey")[0]["colour"])
    assert np.ptp(grey, axis=2).max() == 0 and np.abs(grey[..., 0] - image @ LUMA).max() <= 1.0
    sepia = apply_matrix(np.full((2, 2, 3), 100, np.uint8), drawn("sepia")[0]["colour"])
    assert sepia[0, 0].tolist() == [135, 120, 94]


def test_camera_keeps_grey_nearly_grey():
    for fields in drawn("camera", white_balance=0.1, tint=0.05, gamma=[0.8, 1.25]):
        out = fields["colour"][:, :3] @ np.ones(3)
        assert out.max() / out.min() <= 1.1 / 0.9 + 1e-9 and 0.8 <= fields["gamma"] <= 1.25
