"""Upgrades of a gallery between models whose relation is known."""

from pathlib import Path

import numpy as np
import pytest
from image_files import save
from scipy.stats import ortho_group

from docclf.errors import InputError
from docclf.gallery import storage
from docclf.gallery.__main__ import main
from docclf.gallery.command import change, upgrade
from docclf.gallery.embedder import Embedder
from docclf.gallery.gallery import Gallery
from docclf.gallery.images import folder

COUNT, WIDTH = 10, 6


class Colours:
    """A model that sees a picture as random features of its mean colours, turned and filled up."""

    image_size = 8

    def __init__(self, turn=None, extra=0):
        self.turn, self.extra = np.eye(WIDTH) if turn is None else turn, extra

    def __call__(self, images):
        import torch

        small = images.float().reshape(len(images), 3, 2, 4, 2, 4).mean((3, 5)).flatten(1).numpy() / 255 - 0.5
        rows = np.tanh(small @ np.random.default_rng(0).normal(size=(12, WIDTH)) + 0.3) @ self.turn
        rest = small @ np.random.default_rng(1).normal(size=(12, self.extra))
        return torch.from_numpy(np.concatenate([rows, rest], 1)).float()


def embedder(name, turn=None, extra=0, compatible_with=None):
    return Embedder(Colours(turn, extra), name * 64, None, compatible_with)


@pytest.fixture
def images(tmp_path):
    root = tmp_path / "register"
    root.mkdir()
    for i in range(COUNT):
        pixels = np.random.default_rng(i).integers(0, 256, (2, 2, 3)).repeat(8, 0).repeat(8, 1).astype(np.uint8)
        save(root / f"type {i}.png", pixels)
    return root


@pytest.fixture
def gallery(images):
    made = Gallery(embedder("a"))
    made.register(folder(images, 8)[0])
    return made


def answers(gallery, images):
    from docclf.imaging.read import read_image

    found = gallery.match([read_image(path) for path in sorted(images.iterdir())], threshold=-1.0)
    return [match.answer for match in found], [match.cosine for match in found]


TURN = ortho_group.rvs(WIDTH, random_state=5)


def test_images_that_are_there_are_embedded_again(gallery, images):
    new = embedder("b", TURN)
    found = upgrade.upgraded(gallery, new, upgrade.from_images(gallery, new, images), "none", None)
    names, cosines = answers(found, images)
    assert names == [f"type {i}" for i in range(COUNT)] and min(cosines) > 1 - 1e-6
    assert found.versions == ["b" * 64] * COUNT and found.fingerprint == "b" * 64 and found.threshold is None


@pytest.mark.parametrize("kind", ["procrustes", "map"])
def test_a_map_takes_vectors_without_images_over(gallery, images, kind):
    old, new = embedder("a"), embedder("b", TURN)
    found = upgrade.upgraded(gallery, new, {}, kind, upgrade.from_any(old, new, images))
    names, cosines = answers(found, images)
    assert names == [f"type {i}" for i in range(COUNT)] and min(cosines) > 0.98
    assert found.versions == ["a" * 64] * COUNT and found.align == kind


def test_some_images_are_enough_to_fit_on(gallery, images):
    new = embedder("b", TURN)
    (images / "type 3.png").rename(images.parent / "gone.png")
    known = upgrade.from_images(gallery, new, images)
    found = upgrade.upgraded(gallery, new, known, "procrustes", None)
    (images.parent / "gone.png").rename(images / "type 3.png")
    names, cosines = answers(found, images)
    assert names == [f"type {i}" for i in range(COUNT)] and cosines[3] > 1 - 1e-5
    assert [version[0] for version in found.versions] == [*"bbb", "a", *"bbbbbb"]


def test_a_compatible_model_compares_what_both_share_also_after_saving(gallery, images, tmp_path):
    new = embedder("b", extra=4, compatible_with="a" * 64)
    found = upgrade.upgraded(gallery, new, {}, "none", None)
    storage.save(found, tmp_path / "g.npz")
    read = storage.load(tmp_path / "g.npz", new)
    assert read.vectors.shape == (COUNT, WIDTH) and read.versions == found.versions and read.align == "none"
    names, cosines = answers(read, images)
    assert names == [f"type {i}" for i in range(COUNT)] and min(cosines) > 1 - 1e-6
    read.remove("type 4")
    assert len(read.versions) == COUNT - 1 and read.lineage() == {"a" * 64, "b" * 64}


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (embedder("b"), "10 of 10 registered images are not there, and the new model was not trained"),
        (embedder("b", compatible_with="c" * 64), "not trained to be comparable with the weights aaaaaaaaaaaa"),
        (embedder("a"), "is this model's already"),
    ],
)
def test_what_would_orphan_vectors_is_refused(gallery, new, said):
    with pytest.raises(InputError, match=said):
        upgrade.upgraded(gallery, new, {}, "none", None)


def measured(register=None, align=None):
    row = {"register": {"weights_sha256": register, **({"align": align} if align else {})}} if register else {}
    return {"about": row}


@pytest.mark.parametrize(
    ("metrics", "mixed", "ok"),
    [
        (measured(), False, True),
        (measured("a" * 64), False, False),
        (measured(), True, False),
        (measured("a" * 64, "procrustes"), True, True),
        (measured("a" * 64, "map"), True, False),
        (measured("c" * 64, "procrustes"), True, False),
    ],
)
def test_a_threshold_holds_for_the_versions_it_was_measured_between(gallery, images, metrics, mixed, ok):
    if mixed:
        old, new = embedder("a"), embedder("b", TURN)
        gallery = upgrade.upgraded(gallery, new, {}, "procrustes", upgrade.from_any(old, new, images))
    if ok:
        change.check_versions(metrics, gallery, "metrics.json")
    else:
        with pytest.raises(InputError, match="Measure across"):
            change.check_versions(metrics, gallery, "metrics.json")


def test_undone_the_file_is_the_old_one_byte_for_byte(gallery, images, tmp_path, monkeypatch, capsys):
    path, new = tmp_path / "g.npz", embedder("b", TURN)
    storage.save(gallery, path)
    before = path.read_bytes()
    monkeypatch.setattr("docclf.gallery.command.upgrade.open_model", lambda *_: new)
    main(["upgrade", str(path), "--model", "b.ckpt", "--images", str(images)])
    assert path.read_bytes() != before and "upgraded" in capsys.readouterr().out
    main(["upgrade", str(path), "--undo"])
    assert path.read_bytes() == before and not Path(f"{path}.before").exists()
    with pytest.raises(InputError, match="was not upgraded"):
        main(["upgrade", str(path), "--undo"])
    with pytest.raises(InputError, match="--model FILE"):
        main(["upgrade", str(path)])
