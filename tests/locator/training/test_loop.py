"""Scenes, samples, a few steps of training, and the folder that is handed on."""

import json

import cv2
import numpy as np
import pytest
import torch

from docclf.errors import InputError
from docclf.locator import __main__ as command
from docclf.locator import quad as quads
from docclf.locator.locate import Locator
from docclf.locator.model import open_model, stored
from docclf.locator.training import samples, scene, stock


@pytest.fixture(scope="module")
def grounds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grounds")
    for number in range(3):
        pixels = np.random.default_rng(number).integers(0, 255, (90 + 20 * number, 120, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / f"{number}.png"), pixels)
    return folder


def plain(colour):
    return lambda rng: np.full((60, 40, 3), colour, np.uint8)


def test_a_scene_is_the_same_every_time_and_another_by_its_number():
    def drawn(key):
        return scene.draw(np.random.Generator(np.random.Philox(key=[0, key])), plain(200), plain(30))

    first, again, other = drawn(1), drawn(1), drawn(2)
    assert np.array_equal(first.image, again.image) and not np.array_equal(first.image, other.image)
    assert first.image.shape == (scene.SIDE, scene.SIDE, 3) and first.image.dtype == np.uint8
    kinds = [len(drawn(key).sheets) for key in range(60)]
    assert 0 in kinds and 1 in kinds and max(kinds) > 1  # nothing, one, several


def test_the_corners_of_a_scene_are_where_its_sheet_is(monkeypatch):
    monkeypatch.setattr(scene, "photographed", lambda rng, image, sheets: image)
    hits = []
    for key in range(40):
        drawn = scene.draw(np.random.Generator(np.random.Philox(key=[5, key])), plain((255, 0, 255)), plain((0, 90, 0)))
        if len(drawn.sheets) == 1:
            shown = (np.abs(drawn.image.astype(int) - (255, 0, 255)).max(axis=2) < 40).astype(np.float32)
            mask = np.zeros(shown.shape, np.float32)
            cv2.fillConvexPoly(mask, np.round(drawn.sheets[0] * scene.SIDE - 0.5).astype(np.int32), 1.0)
            hits.append(np.minimum(shown, mask).sum() / max(np.maximum(shown, mask).sum(), 1))
    assert len(hits) > 10 and np.median(hits) > 0.97


@pytest.mark.parametrize("seed", range(3))
def test_samples_follow_the_corners_through_looks_turns_and_mirrors(seed):
    for number in range(12):
        for image, share, corners, sheet in samples.pair(seed, number, 64, plain(250), plain(10)):
            assert image.shape == (3, 64, 64) and share.shape == (16, 16) and corners.shape == (8, 8, 8)
            assert ((sheet > 0) == (corners != 0).any(axis=2)).all()
            assert all(quads.convex(place.reshape(4, 2)) for place in corners[sheet > 0])


def test_a_kind_with_few_images_is_not_drowned():
    kinds = stock.Stock({"many": [np.zeros((2, 2, 3), np.uint8)] * 100, "few": [np.ones((2, 2, 3), np.uint8)]})
    rng = np.random.default_rng(0)
    share = np.mean([kinds(rng).max() for _ in range(2000)])
    assert share == pytest.approx(1 / 11, abs=0.03)


def test_training_release_and_use(grounds, tmp_path, capsys):
    def train(out, *more):
        command.main(["train", "--drawn", "3", "--grounds", str(grounds), "--out", str(out), "--batch", "4",
                      "--weights", "", *more])  # fmt: skip

    first, second = tmp_path / "a.ckpt", tmp_path / "b.ckpt"
    train(first, "--steps", "2")
    train(second, "--steps", "1", "--start", str(first))
    one, two = (stored(str(path)) for path in (first, second))
    assert one["docclf_locator"]["steps"] == 2 and one["docclf_locator"]["facts"]["sheets"] == {"drawn": 3}
    frozen = "encoder.conv_stem.weight"
    assert torch.equal(one["state_dict"][frozen], two["state_dict"][frozen])
    assert not torch.equal(one["state_dict"]["mask.2.weight"], two["state_dict"]["mask.2.weight"])
    with pytest.raises(InputError, match="exists"):
        train(first, "--steps", "1")

    out = tmp_path / "locator"
    command.main(["release", str(first), "--out", str(out), "--data", "drawn designs", "--measured", "nothing yet"])
    assert sorted(path.name for path in out.iterdir()) == ["card.md", "locator.ckpt", "locator.onnx"]
    assert all(path.stat().st_size < 2_000_000 for path in out.iterdir())
    assert "drawn designs" in (out / "card.md").read_text()
    assert str(tmp_path).encode() not in (out / "locator.onnx").read_bytes()
    image = np.random.default_rng(0).integers(0, 256, (50, 70, 3), dtype=np.uint8)
    maps = [open_model(str(out / name))(image[None, :50, :50].repeat(3, 1)[:, :128].repeat(3, 2)[:, :, :128])
            for name in ("locator.ckpt", "locator.onnx")]  # fmt: skip
    for ours, theirs in zip(*maps, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=0.05)
    assert isinstance(Locator(str(out / "locator.onnx")).locate(image), list)
    assert json.dumps(Locator(str(out / "locator.ckpt")).describe())
    with pytest.raises(InputError, match="exists"):
        command.main(["release", str(first), "--out", str(out), "--data", "x", "--measured", "y"])


@pytest.mark.parametrize(
    "words, word",
    [
        (["--out", "x.pt"], "ckpt"),
        (["--batch", "3"], "even"),
        (["--steps", "0"], "step"),
        (["--drawn", "0"], "--sheets"),
    ],
)
def test_a_training_that_cannot_be_is_refused(grounds, tmp_path, words, word):
    given = ["train", "--drawn", "2", "--grounds", str(grounds), "--out", str(tmp_path / "x.ckpt"), *words]
    with pytest.raises(InputError, match=word):
        command.main(given)
    assert not list(tmp_path.iterdir())
