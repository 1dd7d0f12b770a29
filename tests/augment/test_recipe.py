"""The recipes of conf/augment: determinism, shapes, identity, and the distributions their yamls claim."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from augment_rows import one, rows
from hydra import compose, initialize_config_dir

import train  # noqa: F401  registers its schema
from docclf.augment.draws.params import BLURS, BORDERS, NOISES
from docclf.augment.recipe import Recipe
from docclf.augment.sheet.recipes import RECIPES, load
from docclf.errors import InputError
from docclf.imaging.resize import squash
from docclf.imaging.sheet import sample_card

NAMES = ("geometry", "docclassifier", "capture", "capture_ground")
SCENES = (*NAMES, "scene")
COUNT = 3000


@pytest.fixture(scope="module")
def card():
    return sample_card()


@pytest.fixture(scope="module")
def drawn():
    recipes = {name: load(name, 128, 7) for name in NAMES}
    return {name: rows(recipe, COUNT, 1) for name, recipe in recipes.items()}


def share(values):
    """The frequency, and four standard deviations of what a fair draw of probability 1/2 may miss."""
    return float(np.mean(values)), 4 * 0.5 / len(values) ** 0.5


def near(values, probability):
    got, tolerance = share(values)
    assert abs(got - probability) < tolerance, f"{got} for {probability}"


@pytest.mark.parametrize("name", SCENES)
def test_a_sample_depends_on_seed_epoch_and_index_only(name, card):
    recipe = load(name, 64, 3)
    first = [recipe(card, 2, i) for i in range(24)]
    backwards = [load(name, 64, 3)(card, 2, i) for i in reversed(range(24))][::-1]
    with ThreadPoolExecutor(4) as pool:
        threaded = list(pool.map(lambda i: recipe(card, 2, i), range(24)))
    for alone, two, three in zip(first, backwards, threaded, strict=True):
        assert np.array_equal(alone, two) and np.array_equal(alone, three)
    others = [load(name, 64, 4), recipe]
    for changed in ([others[0](card, 2, i) for i in range(24)], [others[1](card, 3, i) for i in range(24)], first[1:]):
        assert sum(not np.array_equal(a, b) for a, b in zip(first, changed, strict=False)) >= 18


@pytest.mark.parametrize("name", NAMES)
def test_drawing_does_not_depend_on_what_was_drawn_before(name):
    recipe = load(name, 64, 3)
    alone = one(recipe, 5, 11)
    for i in range(50):
        one(recipe, i, 12)
    again = one(recipe, 5, 11)
    for field, value in vars(alone).items():
        assert np.array_equal(value, getattr(again, field)), field


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (33, 64), (128, 128), (401, 250)])
def test_any_source_gives_a_square_of_bytes(name, shape):
    recipe = load(name, 64, 0)
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    before = image.copy()
    for index in range(12):
        out = recipe(image, 0, index)
        assert out.dtype == np.uint8 and out.shape == (64, 64, 3) and out.flags.c_contiguous
        assert not np.shares_memory(out, image)
    assert np.array_equal(image, before)


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("level", [0, 128, 255])
def test_flat_grey_images_survive(name, level):
    recipe = load(name, 31, 0)
    for index in range(20):
        assert recipe(np.full((50, 40, 3), level, np.uint8), 0, index).shape == (31, 31, 3)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [32, 128])
def test_probability_zero_is_the_plain_resize(name, size, card):
    recipe = load(name, size, 0)
    for group in ("geometry", "ground", "light", "colour", "blur", "noise", "compression"):
        for key in ("p", "low_p", "uneven", "shadow", "glare"):
            if hasattr(getattr(recipe, group), key):
                setattr(getattr(recipe, group), key, 0.0)
    for index in range(5):
        assert np.array_equal(recipe(card, 0, index), squash(card, size))


def test_none_is_an_empty_file():
    assert (RECIPES / "none.yaml").read_text() == ""


def test_geometry_draws_what_it_claims(drawn):
    warps = np.stack([p.warp for p in drawn["geometry"]])
    crop = warps[:, 0, 1] == 0
    near(crop, 0.5)
    width, height = warps[crop, 0, 0], warps[crop, 1, 1]
    pixel = 1.5 / 128
    assert (width * height >= 0.8 - pixel).all() and (width * height <= 1).all()
    ratio = width / height
    assert ratio.min() >= 0.75 - pixel and ratio.max() <= 4 / 3 + pixel and ratio.min() < 0.82 and ratio.max() > 1.2
    assert (warps[crop, 0, 2] >= 0).all() and (warps[crop, 0, 2] + width <= 1 + 1e-9).all()
    turned = warps[~crop]
    angle = np.degrees(np.arctan2(turned[:, 1, 0], turned[:, 0, 0]))
    scale = 1 / np.hypot(turned[:, 0, 0], turned[:, 1, 0])
    shift = np.einsum("nij,j->ni", np.linalg.inv(turned), [0.5, 0.5, 1.0])[:, :2] - 0.5
    for values, limit in ((angle, 15.0), (scale - 1, 0.1), (shift[:, 0], 0.1), (shift[:, 1], 0.1)):
        assert np.abs(values).max() <= limit + 1e-9 and np.abs(values).max() > 0.97 * limit
        assert abs(values.mean()) < 4 * limit / 3**0.5 / len(values) ** 0.5
        assert values.std() == pytest.approx(limit / 3**0.5, rel=0.06)
    near([BORDERS[p.border] == "constant" for p in drawn["geometry"]], 0.5)


def test_a_recipe_that_builds_on_another_is_what_hydra_composes():
    with initialize_config_dir(str(RECIPES.parent), version_base="1.3"):
        node = compose("train", overrides=["augment=capture_ground"]).augment
    recipe = load("capture_ground", 64, 0)
    assert recipe.stages == list(node.stages) and recipe.ground.p == node.ground.p == 0.35
    assert recipe.colour.p == node.colour.p == 0.5 and recipe.light.cast == node.light.cast == 0.03
    assert recipe.blur.p == node.blur.p == load("capture", 64, 0).blur.p


def test_docclassifier_draws_what_it_claims(drawn):
    samples = drawn["docclassifier"]
    warped = [not np.array_equal(p.warp, np.eye(3)) for p in samples]
    near(warped, 0.5)
    blurred = [p for p in samples if p.blur or p.quality[1] >= 0]
    near([p.blur > 0 or p.quality[1] >= 0 for p in samples], 0.5)
    near([p.quality[1] >= 0 for p in blurred], 1 / 6)
    for kind, probability in (("median", 1 / 6), ("zoom", 1 / 6), ("kernel", 1 / 2)):
        near([BLURS[p.blur] == kind for p in blurred], probability)
    near([p.sigma > 0 for p in blurred], 1 / 6)
    assert not any(p.blur and p.quality[1] >= 0 for p in samples)
    qualities = [p.quality[1] for p in samples if p.quality[1] >= 0]
    assert min(qualities) <= 2 and max(qualities) in (49, 50) and len(set(qualities)) > 40
    assert {p.kernel_size for p in samples if BLURS[p.blur] == "median"} == {3, 5, 7}
    assert all(abs(p.kernel.sum() - 1) < 1e-5 for p in samples if BLURS[p.blur] == "kernel")
    zooms = [p.zoom for p in samples if BLURS[p.blur] == "zoom"]
    assert 1 <= min(zooms) < 1.01 and 1.30 < max(zooms) <= 1.31
    noisy = [p for p in samples if p.noise]
    near([p.noise > 0 for p in samples], 0.5)
    for kind in ("iso", "gaussian", "multiplicative"):
        near([NOISES[p.noise] == kind for p in noisy], 1 / 3)
    variances = [p.amount[0] ** 2 for p in noisy if NOISES[p.noise] == "gaussian"]
    assert 10 <= min(variances) < 11 and 49 < max(variances) <= 50 and np.mean(variances) == pytest.approx(30, abs=2.5)
    assert all(p.amount.tolist() == [0.5, 1.5] for p in noisy if NOISES[p.noise] == "multiplicative")
    assert len({p.noise_at for p in noisy}) > 0.99 * len(noisy)
    near([not np.array_equal(p.colour, np.eye(3, 4)) for p in samples], 0.5 * (1 - 1 / 7 / 6))  # one shuffle is none
    near([np.array_equal(p.colour[:, :3], -np.eye(3)) for p in samples], 0.5 / 7)
    near([p.pivot.any() for p in samples], 0.5 / 7)


def test_capture_draws_what_it_claims(drawn):
    samples = drawn["capture"]
    for values, probability in (
        ([p.gradient.any() for p in samples], 0.5),
        ([p.shadow[3] > 0 for p in samples], 0.2),
        ([p.glare[0, 5] > 0 for p in samples], 0.15),
        ([p.gamma != 1 for p in samples], 0.7),
        ([p.blur > 0 for p in samples], 0.4),
        ([p.noise > 0 for p in samples], 0.5),
        ([p.quality[1] >= 0 for p in samples], 0.5),
        ([p.low > 0 for p in samples], 0.25),
        ([BORDERS[p.border] == "backdrop" for p in samples], 0.75),
        ([p.warp[0, 1] != 0 for p in samples], 0.8),
    ):
        near(values, probability)
    assert all(25 <= p.quality[1] <= 90 for p in samples if p.quality[1] >= 0)
    assert all(0.4 * 128 - 1 <= p.low <= 0.9 * 128 + 1 for p in samples if p.low)
    assert all(0.15 <= p.shadow[3] <= 0.55 for p in samples if p.shadow[3])
    assert all(0.75 <= p.gamma <= 1.35 for p in samples)


def test_capture_keeps_the_colours_apart(drawn):
    # Red stays the reddest of the three, whatever the light: colour tells editions apart.
    for p in drawn["capture"]:
        matrix = p.colour[:, :3]
        assert (np.diag(matrix) > 0).all() and (matrix.argmax(axis=1) == np.arange(3)).all()


def test_capture_keeps_the_document_in_view(drawn):
    for p in drawn["capture"]:
        corners = np.linalg.inv(p.warp) @ np.array([[0.5], [0.5], [1.0]])
        assert np.abs(corners[:2, 0] / corners[2, 0] - 0.5).max() < 0.25


def test_another_probability_in_one_group_leaves_the_others_alone():
    first, two = load("docclassifier", 128, 0), load("docclassifier", 128, 0)
    two.blur.p, two.noise.p = 1.0, 0.0
    for a, b in zip(rows(first, 100), rows(two, 100), strict=True):
        assert np.array_equal(a.warp, b.warp) and np.array_equal(a.colour, b.colour)


def test_kernels_scale_with_the_image():
    small, large = load("docclassifier", 64, 0), load("docclassifier", 128, 0)
    pairs = list(zip(rows(small, 300), rows(large, 300), strict=True))
    pairs = [(s, b) for s, b in pairs if BLURS[b.blur] == "median"]
    assert pairs and all(s.kernel_size <= b.kernel_size for s, b in pairs)


def test_mistakes_are_named(card):
    with pytest.raises(InputError, match="smear"):
        Recipe(stages=["smear"], image_size=64, seed=0)
    with pytest.raises(InputError, match="image_size is 4"):
        Recipe(stages=[], image_size=4, seed=0)
    with pytest.raises(InputError, match="blur is set"):
        Recipe(stages=[], image_size=64, seed=0, blur=load("capture", 64, 0).blur)
    with pytest.raises(InputError, match="give it a quality"):
        Recipe(stages=["blur"], image_size=64, seed=0, blur=load("docclassifier", 64, 0).blur)
    with pytest.raises(InputError, match="seed is -1"):
        rows(load("geometry", 64, -1), 1)
    with pytest.raises(InputError, match="float64"):
        load("geometry", 64, 0)(card.astype(float), 0, 0)
