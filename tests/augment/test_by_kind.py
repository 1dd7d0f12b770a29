"""A recipe for each kind of image: each sample's parameters are those of its own recipe alone."""

from functools import partial

import numpy as np
import pytest
import torch
from augment_rows import one, rows
from conftest import ROOT
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from packs import folder_of, pack_of

import train  # noqa: F401  registers its schema
from docclf.augment.by_kind import ByKind
from docclf.augment.draws.draw import SECOND
from docclf.augment.recipe import Recipe
from docclf.augment.sheet.recipes import load
from docclf.data.packed import Packed
from docclf.errors import InputError

SIZES = [5, 40, 3]


def by_kind(size=32, seed=3):
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        node = compose("train", overrides=["augment=by_kind"]).augment
    made = instantiate(node, image_size=size, seed=seed)
    made.share_out(["document", "thing", "document"], SIZES)
    return made


@pytest.fixture(scope="module")
def recipe():
    return by_kind()


def test_each_sample_is_drawn_by_the_recipe_of_its_part(recipe):
    document, thing = load("capture", 32, 3), load("capture_ground", 32, 3)
    for index in range(sum(SIZES)):
        own = thing if 5 <= index < 45 else document
        for turn in (0, 7, SECOND + 2):
            first, second = one(recipe, turn, index), one(own, turn, index)
            assert all(np.array_equal(value, getattr(second, name)) for name, value in vars(first).items()), index
    assert sum(sample.ground.any() for sample in rows(recipe, 45)[5:]) > 5


def test_a_batch_equals_the_samples(recipe):
    rng = np.random.default_rng(0)
    turns, indices = rng.integers(0, 9, 300), rng.integers(0, sum(SIZES), 300)
    batch = recipe.plan(turns, indices)
    for place in range(300):
        alone = vars(one(recipe, turns[place], indices[place]))
        assert all(np.allclose(batch[name][place], value, rtol=1e-12, atol=1e-12) for name, value in alone.items())
    empty = recipe.plan(np.zeros(0, np.int64), np.zeros(0, np.int64))
    assert empty["warp"].shape == (0, 3, 3)


def test_both_executors_apply_it(recipe):
    images = np.random.default_rng(1).integers(0, 256, (48, 8, 8, 3), dtype=np.uint8).repeat(5, 1).repeat(5, 2)
    turns, indices = torch.zeros(48, dtype=torch.int64), torch.arange(48)
    device = recipe.device_executor()(torch.from_numpy(images).permute(0, 3, 1, 2), turns, indices)
    alone = np.stack([recipe(image, 0, index) for index, image in enumerate(images)])
    assert np.abs(device.permute(0, 2, 3, 1).numpy().astype(float) - alone).mean() < 0.8
    assert np.array_equal(alone[3], load("capture", 32, 3)(images[3], 0, 3))
    assert recipe.on_device("cuda") and not recipe.on_device("cpu")


def test_packed_data_tells_where_its_parts_end(tmp_path):
    packs = []
    for name, count, first in (("a", 20, 0), ("b", 6, 100)):
        pack_of(folder_of(tmp_path / name, count, first), tmp_path / f"{name}_pack", side=40)
        packs.append(str(tmp_path / f"{name}_pack"))
    augment = by_kind()
    data = Packed(32, 3, 4, packs=packs, designs=0, expand=8, kinds=["thing", "document"], augment=augment)
    left = len(data.mapped) - 6  # of the first pack some are held out
    assert left == 16 and augment._ends.tolist() == [8 * left, 8 * (left + 6)] and augment._kinds.tolist() == [1, 0]
    for wrong in (None, ["thing"], ["thing", "paper"]):
        with pytest.raises(InputError, match="data.kinds=.*document, thing for each of the 2 parts"):
            Packed(32, 3, 4, packs=packs, kinds=wrong, augment=by_kind())


def test_mistakes_are_named(recipe):
    with pytest.raises(InputError, match="sample 48 is none of the 48"):
        one(recipe, 0, 48)
    capture = load("capture", 32, 0)
    parts = {"light": capture.light, "colour": capture.colour}
    make = partial(Recipe, stages=["light", "colour"], **parts)
    alone = ByKind({"document": make}, 32, 0)
    with pytest.raises(InputError, match="data=packed"):
        one(alone, 0, 0)
    with pytest.raises(InputError, match=r"recipes.thing.stages=\['colour', 'light'\]"):
        ByKind({"document": make, "thing": partial(Recipe, stages=["colour", "light"], **parts)}, 32, 0)
    with pytest.raises(InputError, match="augment.recipes is empty"):
        ByKind({}, 32, 0)
