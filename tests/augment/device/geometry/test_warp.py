"""The batched warp against the warp of single images."""

import numpy as np
import pytest
import torch
from augment_rows import fields

from docclf.augment.cpu.executor import CpuExecutor
from docclf.augment.device.geometry.frame import boxes, covered, outlines, pixel_maps
from docclf.augment.device.geometry.warp import warp
from docclf.augment.draws.params import BORDERS
from docclf.imaging import warp as warps

TILTED = np.array([[0.9, 0.12, -0.08], [-0.1, 1.05, 0.04], [0.12, -0.06, 1.0]])
CROP = np.array([[0.8, 0.0, 0.1], [0.0, 0.5, 0.4], [0.0, 0.0, 1.0]])
TURNED = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
MIRRORED = TILTED @ np.array([[-1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
FAR = np.array([[1.4, 0.2, -0.35], [-0.2, 1.5, -0.15], [0.0, 0.0, 1.0]])


def smooth(count, height, width):
    cells = np.random.default_rng(0).uniform(0, 255, (count, 5, 5, 3))
    return np.stack([warps.enlarge(c, max(height, width))[:height, :width] for c in cells])


def compared(images, params, size):
    """Absolute differences [B,S,S,3] between the executors."""
    out = warp(torch.from_numpy(images).permute(0, 3, 1, 2), fields(*params), size)
    assert out.dtype == torch.uint8 and out.is_contiguous()
    single = CpuExecutor([], size, None)
    alone = np.stack([single(image, fields(*params), place) for place, image in enumerate(images)])
    return np.abs(out.permute(0, 2, 3, 1).numpy().astype(float) - alone)


@pytest.mark.parametrize("shape", [(17, 17), (23, 17), (40, 61), (11, 13)])
@pytest.mark.parametrize("border", BORDERS[:4])
def test_equals_the_single_warp(border, shape):
    rng = np.random.default_rng(1)
    drawn = {"border": BORDERS.index(border), "fill": np.array([200.0, 30.0, 90.0])}
    drawn["backdrop"] = rng.uniform(0, 255, (4, 4, 3))
    params = [{"warp": matrix, **drawn} for matrix in (TILTED, np.eye(3), MIRRORED, TURNED, FAR)]
    difference = compared(smooth(5, *shape), params, 17)
    # OpenCV before 5 rounds positions to 1/32 pixel; see tests/imaging/test_warp.py.
    assert difference.mean() < 0.7 and np.quantile(difference, 0.95) < 3.0
    assert difference.max() < (9.0 if border == "constant" else 4.0)


def test_a_crop_on_whole_pixels_does_not_see_what_it_cuts_off():
    images = np.zeros((1, 20, 20, 3), np.uint8)
    images[:, 8:18, 2:18] = 200
    out = warp(torch.from_numpy(images).permute(0, 3, 1, 2), fields({"warp": CROP}), 32)
    assert (out == 200).all()
    noise = np.random.default_rng(0).integers(0, 256, (1, 20, 20, 3), dtype=np.uint8)
    assert compared(noise, [{"warp": CROP}], 32).max() <= 1


@pytest.mark.parametrize("count", [1, 5])
def test_borders_are_each_sample_s_own(count):
    params = [{"warp": FAR, "border": i % 3, "fill": np.full(3, 50.0 * i)} for i in range(count)]
    together = warp(torch.from_numpy(smooth(count, 19, 19)).permute(0, 3, 1, 2), fields(*params), 16)
    for i, p in enumerate(params):
        alone = warp(torch.from_numpy(smooth(count, 19, 19)[i : i + 1]).permute(0, 3, 1, 2), fields(p), 16)
        assert torch.equal(alone[0], together[i])


def test_frames_of_many_equal_those_of_one():
    matrices = np.stack([TILTED, CROP, TURNED, MIRRORED, FAR, np.eye(3), 0.9 * np.eye(3)])
    matrices[6, 2, 2], matrices[6, :2, 2] = 1.0, 0.03
    crops, edges = boxes(matrices, 20, 40)
    assert covered(matrices).tolist() == [warps.covers(m) for m in matrices]
    maps, sides = pixel_maps(matrices, 17, 20, 40), outlines(matrices, 17)
    x, y = np.meshgrid(np.arange(17), np.arange(17))
    for i, matrix in enumerate(matrices):
        assert np.allclose(maps[i], warps.to_pixels(matrix, 17, 40, 20))
        box = warps._box(matrix, 40, 20)
        assert crops[i] == (box is not None) and (box is None or edges[i].tolist() == list(box))
        cover = (sides[i, :, :1, None] * x + sides[i, :, 1:2, None] * y + sides[i, :, 2:, None]).min(axis=0)
        assert np.allclose(cover.clip(0, 1), warps.coverage(matrix, 17), atol=1e-5)
