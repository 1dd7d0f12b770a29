"""Scenes: exact corners, ranges, the curriculum, grounds, and both executors on what only scenes have."""

import cv2
import numpy as np
import pytest
import torch
from augment_rows import rows

from docclf.augment.draws.params import BORDERS
from docclf.augment.scene.grounds import Grounds
from docclf.augment.scene.photograph import corners, scene
from docclf.augment.sheet.recipes import load
from docclf.errors import InputError
from docclf.imaging.sheet import sample_card


def bare(size=96, curl=0.0):
    """The scene without anything but the camera."""
    recipe = load("scene", size, 0)
    recipe.stages.clear()
    recipe.geometry.curl = recipe.geometry.fold = curl
    recipe.geometry.rim, recipe.geometry.drop = 0.0, [0.0, 0.0]
    return recipe


def overlap(mask, polygon, size):
    """Intersection over union of a mask and the pixels whose centre lies in the polygon."""
    x, y = np.meshgrid(*[(np.arange(size) + 0.5) / size] * 2)
    sides = [
        (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])
        for a, b in zip(polygon, np.roll(polygon, -1, 0), strict=True)
    ]
    inside = (np.array(sides) > 0).all(axis=0)
    return (mask & inside).sum() / (mask | inside).sum()


@pytest.mark.parametrize("shape", [(60, 90), (90, 60), (200, 200)])
def test_the_corners_are_where_the_sheet_is(shape):
    recipe, white, black = bare(), np.full((*shape, 3), 255, np.uint8), np.zeros((40, 50, 3), np.uint8)
    for number in range(40):
        picture, points = scene(white, black, number, 96, 1.0, recipe)
        assert points.shape == (4, 2) and overlap(picture[..., 0] > 127, points, 96) > 0.97


def test_the_corners_tell_top_left_from_the_others():
    sheet = np.zeros((80, 80, 3), np.uint8)
    sheet[:40, :40], sheet[:40, 40:], sheet[40:, 40:] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    recipe = bare()
    for number in range(30):
        picture, points = scene(sheet, np.full((9, 9, 3), 90, np.uint8), number, 96, 1.0, recipe)
        places = np.clip((0.75 * points + 0.25 * points.mean(axis=0)) * 96, 0, 95).astype(int)
        inside = ((points > 0.05) & (points < 0.95)).all(axis=1)
        for corner, colour in enumerate([(255, 0, 0), (0, 255, 0), (0, 0, 255)]):
            if inside[corner]:
                assert np.abs(picture[places[corner, 1], places[corner, 0]].astype(int) - colour).max() < 90


def test_a_bent_sheet_keeps_its_corners_and_about_its_place():
    recipe = bare(curl=1.0)
    white, black = np.full((60, 90, 3), 255, np.uint8), np.zeros((40, 40, 3), np.uint8)
    for number in range(30):
        picture, points = scene(white, black, number, 96, 1.0, recipe)
        assert overlap(picture[..., 0] > 60, points, 96) > 0.8


def test_the_camera_draws_what_the_yaml_claims():
    recipe = load("scene", 64, 3)
    values = recipe.plan(np.zeros(3000, np.int64), np.arange(3000))
    points = corners(values["warp"])
    a, b = points[:, 2] - points[:, 0], points[:, 3] - points[:, 1]
    area = 0.5 * np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])
    assert 0.15 < area.min() < 0.25 and 0.9 < area.max() < 1.3
    assert (points.max(axis=1) - points.min(axis=1)).max() <= 1.25 + 1e-9
    top = points[:, 1] - points[:, 0]
    angle = np.degrees(np.arctan2(top[:, 1], top[:, 0]))
    assert np.histogram(angle, 12, (-180, 180))[0].min() > 20  # any roll
    assert (np.abs(angle) < 30).mean() > 0.6
    assert ((points < -0.01) | (points > 1.01)).any(axis=(1, 2)).mean() > 0.1  # some leave the frame
    assert (values["border"] == BORDERS.index("ground")).all()
    for name, share in (("rim", 0.3), ("bend", 0.36)):
        assert abs((values[name] != 0).any(axis=1).mean() - share) < 0.05
    assert abs((values["things"][:, 0, 4] > 0).mean() - 0.27) < 0.04
    assert abs((values["quality"] >= 0).mean(axis=0) - [0.3, 0.4]).max() < 0.04


def test_scenes_get_harder_in_the_course_of_training():
    recipe, many = load("scene", 64, 0), (np.zeros(2000, np.int64), np.arange(2000))
    assert [recipe.level(p) for p in (0.0, 0.05, 0.25, 0.45, 1.0)] == pytest.approx([0.0, 0.0, 0.5, 1.0, 1.0])
    easy, hard = recipe.plan(*many, 0.0), recipe.plan(*many, 1.0)
    assert (easy["glare"][:, 0, 5] > 0).mean() < 0.6 * (hard["glare"][:, 0, 5] > 0).mean()
    sizes = [np.ptp(corners(values["warp"]), axis=1).mean() for values in (easy, hard)]
    assert sizes[0] > sizes[1] + 0.05
    load("capture", 64, 0).plan(*many, 0.3)  # without a curriculum the share is of no matter


def test_the_same_number_is_the_same_scene_and_another_is_not():
    card = sample_card()
    one, two, three = (scene(card, None, number, 64) for number in (5, 5, 6))
    assert np.array_equal(one[0], two[0]) and np.array_equal(one[1], two[1]) and not np.array_equal(one[0], three[0])
    first = scene(card, None, np.random.default_rng(0), 64)
    assert np.array_equal(first[0], scene(card, None, np.random.default_rng(0), 64)[0])


class Source:
    def __len__(self):
        return 3

    def read(self, i):
        return np.full((20, 30, 3), 80 * i, np.uint8)


def test_grounds_are_photos_desks_documents_and_plain(tmp_path):
    for number in range(4):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((8, 9, 3), number, np.uint8))
    grounds = Grounds({"photo": 1, "desk": 1, "document": 1, "plain": 1}, str(tmp_path), 3, [0.3, 1.0], 50.0)
    recipe = load("scene", 32, 0)
    recipe.ground = recipe.parts["ground"] = recipe.scenery = grounds
    recipe.attach(Source())
    pictures = grounds.pictures(16)
    assert pictures.shape == (3 + 48 + 3, 16, 16, 3) and (pictures[-1] == 160).all() and (pictures[1] == 1).all()
    picks = np.array([sample.pick for sample in rows(recipe, 2000)])
    for chosen in (picks < 0, (picks >= 0) & (picks < 3), (picks >= 3) & (picks < 51), picks >= 51):
        assert abs(chosen.mean() - 0.25) < 0.05
    assert picks.max() == 53
    without = Grounds({"photo": 1, "document": 1}, None, 3, [0.3, 1.0], 50.0)
    recipe.ground = recipe.parts["ground"] = without
    assert {sample.pick < 48 for sample in rows(recipe, 50)} == {True}  # desks instead


@pytest.mark.parametrize("part", ["bend", "rim", "things", "screen", "focus", "polish", "quality", "glare", "detail"])
def test_the_device_executor_does_each_part_as_the_cpu_does(part):
    recipe = load("scene", 48, 1)
    values = recipe.plan(np.zeros(200, np.int64), np.arange(200))
    drawn = values[part] >= 0 if part == "quality" else values[part] != 0
    chosen = np.flatnonzero(drawn.reshape(200, -1).any(axis=1))[:8]
    assert len(chosen) >= 3
    own = {name: array[chosen] for name, array in values.items()}
    images = np.stack([cv2.resize(sample_card(), (60, 60), interpolation=cv2.INTER_AREA)] * len(chosen))
    device = recipe.device_executor().apply(torch.from_numpy(images).permute(0, 3, 1, 2), own)
    alone = np.stack([recipe.apply(image, own, place) for place, image in enumerate(images)])
    difference = np.abs(device.permute(0, 2, 3, 1).numpy().astype(float) - alone)
    assert np.median(difference.mean(axis=(1, 2, 3))) < 2.0


def test_mistakes_are_named(tmp_path):
    with pytest.raises(InputError, match="no image lies there"):
        Grounds({"photo": 1}, str(tmp_path), 3, [0.3, 1.0], 50.0)
    with pytest.raises(InputError, match="ground.count is 0"):
        Grounds({"photo": 1}, None, 0, [0.3, 1.0], 50.0)
    camera = load("scene", 32, 0).geometry
    with pytest.raises(InputError, match="a camera needs grounds"):
        type(load("scene", 32, 0))(stages=[], image_size=32, seed=0, geometry=camera)
    with pytest.raises(InputError, match="float64"):
        scene(np.zeros((8, 8, 3)), None, 0, 32)
