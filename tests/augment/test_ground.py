"""A plain ground: what is drawn, what is kept, and the batch against single images."""

import numpy as np
import pytest
import torch
from augment_rows import rows

from docclf.augment.device.geometry import ground as device_ground
from docclf.augment.device.geometry.resize import to_bytes
from docclf.augment.ground import Ground
from docclf.augment.sheet.recipes import load
from docclf.errors import InputError
from docclf.imaging.effect.ground import kept, on_ground

CIRCLE = np.array([0.5, 0.5, 0.25, 0.25, 2.0, 0.3, 10.0, 200.0, 30.0])


def drawn(p=1.0, count=2000, **changes):
    recipe = load("capture", 64, 5)
    recipe.ground.p = p
    for name, value in changes.items():
        setattr(recipe.ground, name, value)
    return rows(recipe, count)


def test_capture_draws_none_unless_asked():
    assert not any(p.ground.any() for p in drawn(0.0, 200))


def test_draws_what_it_claims():
    grounds = np.stack([p.ground for p in drawn()])
    for column, (low, high) in enumerate([(0.4, 0.6)] * 2 + [(0.28, 0.55)] * 2 + [(2, 6), (0, np.pi)]):
        values = grounds[:, column]
        assert low <= values.min() < low + 0.01 * (high - low) and high - 0.01 * (high - low) < values.max() < high
    grey = (grounds[:, 6] == grounds[:, 7]) & (grounds[:, 7] == grounds[:, 8])
    assert abs(grey.mean() - 0.7) < 0.05
    assert 235 <= grounds[grey, 6:].min() and grounds[grey, 6:].max() <= 255
    assert grounds[~grey, 6:].min() < 5 and grounds[~grey, 6:].max() > 250
    assert abs(np.mean([p.ground[4] > 0 for p in drawn(0.3)]) - 0.3) < 0.05


def test_another_ground_leaves_the_other_numbers_alone():
    for one, two in zip(drawn(0.0, 50), drawn(1.0, 50), strict=True):
        assert np.array_equal(one.warp, two.warp) and np.array_equal(one.colour, two.colour) and one.low == two.low


def test_a_circle_keeps_its_area_and_pixels():
    share = kept(CIRCLE, 128)
    assert share.sum() / 128**2 == pytest.approx(np.pi * 0.25**2, rel=2e-3)
    assert share[64, 64] == 1 and share[0, 0] == 0 and ((share > 0) & (share < 1)).mean() < 0.02
    image = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    out = on_ground(image, CIRCLE)
    assert np.array_equal(out[share == 1], image[share == 1])
    assert (out[share == 0] == [10, 200, 30]).all() and out.dtype == np.uint8


def test_a_large_exponent_is_nearly_a_turned_rectangle():
    ground = np.array([0.5, 0.5, 0.4, 0.2, 10.0, np.pi / 2, 0, 0, 0])
    share = kept(ground, 100)
    rows, columns = np.where(share > 0.5)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (10, 89, 30, 69)
    assert 0.95 * 0.32 < share.mean() <= 0.32


@pytest.mark.parametrize("size", [9, 64])
def test_a_batch_equals_single_images(size):
    images = np.random.default_rng(1).integers(0, 256, (40, size, size, 3), dtype=np.uint8)
    grounds = np.stack([p.ground for p in drawn(count=40)])
    batch = device_ground.on_ground(
        torch.from_numpy(images).permute(0, 3, 1, 2).float(), torch.from_numpy(grounds).float()
    )
    alone = np.stack([on_ground(image, ground) for image, ground in zip(images, grounds, strict=True)])
    difference = np.abs(to_bytes(batch).permute(0, 2, 3, 1).numpy().astype(int) - alone)
    assert difference.max() <= 1 and difference.mean() < 1e-3


@pytest.mark.parametrize(
    "change", [{"p": 1.5}, {"centre": [0.6, 0.4]}, {"radius": [0.0, 0.5]}, {"exponent": [0.5, 2]}, {"level": [0, 300]}]
)
def test_mistakes_are_named(change):
    good = {"p": 0.5, "centre": [0.5, 0.5], "radius": [0.3, 0.5], "exponent": [2, 4], "white": 1.0, "level": [255, 255]}
    with pytest.raises(InputError, match=f"ground.{next(iter(change))}"):
        Ground(**(good | change))
