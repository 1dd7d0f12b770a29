"""The device executor against the CPU executor, recipe by recipe, on the CPU."""

import functools

import numpy as np
import pytest
import torch

from docclf.augment.draws.draw import SECOND
from docclf.augment.draws.params import identity
from docclf.augment.sheet.recipes import load
from docclf.errors import InputError
from docclf.imaging.resize import squash
from docclf.imaging.sheet import sample_card

# Mean difference, levels, and PSNR, dB, over a batch. Warp and blur differ by one level here and there; a JPEG encoding
# after them may then take the neighbouring step for a few coefficients, which capture does most often.
BOUNDS = {"geometry": (0.3, 50.0), "docclassifier": (0.4, 45.0), "capture": (0.8, 40.0), "capture_ground": (0.8, 40.0)}
BOUNDS["scene"] = (2.0, 32.0)  # sharpening and two encodings make more of a level


def cards(count, size):
    card, rng = squash(sample_card(), size), np.random.default_rng(0)
    return np.clip(card + rng.normal(0, 4, (count, size, size, 3)), 0, 255).astype(np.uint8)


def planes(images):
    return torch.from_numpy(images).permute(0, 3, 1, 2)


def both(recipe, images, turns, indices):
    out = recipe.device_executor()(planes(images), torch.tensor(turns), torch.tensor(indices))
    assert out.dtype == torch.uint8 and out.shape == (len(images), 3, recipe.image_size, recipe.image_size)
    alone = [recipe(image, t, i) for image, t, i in zip(images, turns, indices, strict=True)]
    return out.permute(0, 2, 3, 1).numpy().astype(float), np.stack(alone)


@pytest.mark.parametrize("size,source", [(64, 64), (45, 57), (33, 100)])
@pytest.mark.parametrize("name", BOUNDS)
def test_equals_the_cpu_executor(name, size, source):
    device, cpu = both(load(name, size, 3), cards(60, source), [2] * 60, list(range(60)))
    mean, psnr = BOUNDS[name]
    worst = max(3.0, 5 * mean)  # of one sample, however many of its coefficients take the neighbouring step
    assert np.abs(device - cpu).mean() < mean
    assert 10 * np.log10(255**2 / np.square(device - cpu).mean()) > psnr
    assert np.abs(device - cpu).mean(axis=(1, 2, 3)).max() < worst


def test_every_orientation_border_blur_and_noise_equals_the_cpu_executor():
    recipe = load("capture", 33, 1)
    recipe.geometry.kinds = {"crop": 1, "shift_scale_rotate": 1, "quad": 1}
    recipe.geometry.borders = {"constant": 1, "replicate": 1, "reflect": 1, "backdrop": 1}
    recipe.geometry.p, recipe.geometry.shift, recipe.geometry.scale = 0.8, 0.2, 0.3
    recipe.ground.p = 0.5
    recipe.geometry.orientations, recipe.geometry.halves = 0.7, 0.3
    recipe.blur.kinds = dict.fromkeys(("motion", "median", "gaussian", "zoom", "defocus", "shake"), 1)
    recipe.noise.kinds = dict.fromkeys(("gaussian", "multiplicative", "iso", "sensor"), 1)
    recipe.blur.p, recipe.blur.zoom, recipe.noise.factor, recipe.noise.hue = 0.8, [1.0, 1.3], [0.5, 1.5], [0.01, 0.05]
    recipe.noise.variance, recipe.noise.intensity, recipe.compression.p = [10.0, 50.0], [0.1, 0.5], 0.0
    device, cpu = both(recipe, cards(80, 41), [0] * 80, list(range(80)))
    assert np.abs(device - cpu).mean() < 0.5 and np.abs(device - cpu).mean(axis=(1, 2, 3)).max() < 2.0


@pytest.mark.parametrize("count", [1, 5])
@pytest.mark.parametrize("name", BOUNDS)
def test_the_others_in_the_batch_do_not_matter(name, count):
    executor, images = load(name, 31, 0).device_executor(), planes(cards(count, 47))
    turns, indices = torch.arange(count) * 3, torch.arange(count) + SECOND
    together = executor(images, turns, indices)
    order = torch.tensor([(7 * i + 1) % count for i in range(count)])
    shuffled = executor(images[order], turns[order], indices[order])
    assert torch.equal(executor(images, turns, indices), together)
    for i in range(count):
        alone = executor(images[i : i + 1], turns[i : i + 1], indices[i : i + 1])[0]
        for other in (together[i], shuffled[order == i][0]):
            # Products of matrices may add in another order for another batch size.
            difference = (alone.int() - other.int()).abs()
            assert difference.max() <= 1 and difference.float().mean() < 0.001


@pytest.mark.parametrize("name", BOUNDS)
def test_a_resumed_run_and_the_second_view(name):
    images, turns, indices = planes(cards(16, 32)), torch.zeros(16, dtype=torch.int64), torch.arange(16)
    first = load(name, 32, 5).device_executor()(images, turns, indices)
    assert torch.equal(load(name, 32, 5).device_executor()(images, turns, indices), first)
    second = load(name, 32, 5).device_executor()(images, turns + SECOND, indices)
    differs = (first != second).flatten(1).any(dim=1)
    assert differs.sum() >= 13


def test_the_input_is_left_alone_and_any_layout_will_do():
    recipe, images = load("docclassifier", 32, 0), planes(cards(6, 32))
    before, turns, indices = images.clone(), torch.zeros(6, dtype=torch.int64), torch.arange(6)
    out = recipe.device_executor()(images, turns, indices)
    assert torch.equal(images, before) and out.data_ptr() != images.data_ptr()
    assert torch.equal(recipe.device_executor()(images.contiguous(), turns, indices), out)


def test_half_precision_around_it_changes_nothing():
    recipe, images = load("capture", 32, 0), planes(cards(8, 32))
    turns, indices = torch.zeros(8, dtype=torch.int64), torch.arange(8)
    plain = recipe.device_executor()(images, turns, indices)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(recipe.device_executor()(images, turns, indices), plain)


def test_parameters_that_change_nothing_give_the_plain_resize():
    recipe, images = load("capture", 32, 0), cards(5, 49)
    out = recipe.device_executor().apply(planes(images), identity(5)).permute(0, 2, 3, 1).numpy()
    assert np.abs(out - np.stack([squash(image, 32) for image in images]).astype(float)).max() <= 1


@pytest.mark.parametrize("jpeg", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_compiled_stages_give_the_same_bytes_at_any_batch_size(monkeypatch, jpeg):
    # The tracing is what may fail here; generating code for a CPU takes a minute and is the compiler's own concern.
    traced = functools.partial(torch.compile, backend="eager", fullgraph=True)

    def chosen(function, **options):
        return traced(function, **options) if (function.__name__ == "jpeg") == jpeg else function

    monkeypatch.setattr(torch, "compile", chosen)
    recipe = load("capture", 32, 0)
    recipe.compiled = True
    compiled = recipe.device_executor()
    recipe.compiled = False
    for count in (12, 5, 1):
        batch = planes(cards(count, 32)), torch.full((count,), count), torch.arange(count)
        assert torch.equal(compiled(*batch), recipe.device_executor()(*batch))


@pytest.mark.parametrize("executor,cuda,cpu", [("auto", True, False), ("device", True, True), ("cpu", False, False)])
def test_which_executor_augments(executor, cuda, cpu):
    recipe = load("geometry", 32, 0)
    recipe.executor = executor
    assert (recipe.on_device("cuda"), recipe.on_device("cpu")) == (cuda, cpu)


def test_mistakes_are_named():
    executor = load("capture", 32, 0).device_executor()
    with pytest.raises(InputError, match="float32"):
        executor(torch.zeros(1, 3, 32, 32), torch.zeros(1, dtype=torch.int64), torch.zeros(1, dtype=torch.int64))
    with pytest.raises(InputError, match="2 images and parameters of 1"):
        executor(torch.zeros(2, 3, 32, 32, dtype=torch.uint8), torch.tensor([0]), torch.tensor([0]))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", BOUNDS)
def test_cuda_equals_the_cpu(name):
    recipe, images = load(name, 64, 3), planes(cards(40, 80))
    turns, indices = torch.zeros(40, dtype=torch.int64), torch.arange(40)
    here, there = (
        recipe.device_executor()(images, turns, indices),
        recipe.device_executor()(images.cuda(), turns, indices),
    )
    assert there.is_cuda and torch.equal(recipe.device_executor()(images.cuda(), turns, indices), there)
    difference = (here.float() - there.cpu().float()).abs()
    assert difference.mean() < BOUNDS[name][0]
