import numpy as np
import pytest
import torch
from image_files import save
from shared_data import SHARED, needs_shared

from docclf.data.evaluation.held_out import hold_out
from docclf.data.folder import Folder
from docclf.data.index.build import build_index
from docclf.data.pixels.files import images_of
from docclf.errors import InputError


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    root = tmp_path_factory.mktemp("images")
    for seed in range(30):
        save(root / f"part{seed % 3}" / f"{seed:02}.png", seed)
    (root / "broken.jpg").touch()
    return root


def folder(root, **options):
    return Folder(16, options.pop("seed", 0), str(root), **{"batch_size": 4, "threads": 2, **options})


def evaluated(data, split, part):
    loader = data.register_loader(split) if part == "register" else data.query_loader(split)
    return [torch.cat(column) for column in zip(*loader, strict=True)]


def test_train_and_held_out_parts_share_no_image(images):
    data = folder(images, holdout=0.4)
    training = {entry.path for _, entry in data.images}
    held = [set(data.class_names(split)) for split in ("val", "test")]
    assert data.num_classes == len(training) == 18 and [len(h) for h in held] == [6, 6]
    everything = {path.replace("/", "|") for path in training} | held[0] | held[1]
    assert len(everything) == 30


def test_training_labels_cover_the_classes(images):
    data = folder(images)
    loader = data.train_loader()
    loader.set_epoch(1)
    labels = [label for _, batch, *_ in loader for label in batch.tolist()]
    assert len(set(labels)) == len(labels) == data.num_classes // 4 * 4
    assert max(labels) < data.num_classes and min(labels) >= 0


@pytest.mark.parametrize("cache", ["memory", "none"])
def test_pixels_belong_to_the_label(images, cache):
    data = folder(images, cache=cache)
    for batch, labels, *_ in data.train_loader():
        for image, label in zip(batch, labels.tolist(), strict=True):
            files = data.images
            from docclf.imaging.read import read_image
            from docclf.imaging.resize import squash

            root, entry = files[label]
            expected = squash(read_image(root / entry.path), 16)
            assert np.abs(image.permute(1, 2, 0).numpy().astype(int) - expected).mean() < 4


def test_expansion_multiplies_the_classes(images):
    data = folder(images, expand=24, samples_per_epoch=2000)
    labels = {label for _, batch, *_ in data.train_loader() for label in batch.tolist()}
    assert data.num_classes == 24 * 24 and labels == set(range(24 * 24))
    with pytest.raises(InputError, match="data.expand=7"):
        folder(images, expand=7)


@pytest.mark.parametrize("split", ["val", "test"])
def test_register_and_queries_agree(images, split):
    data = folder(images, holdout=0.4, captures=3, unregistered=0.34)
    pixels, labels, _ = evaluated(data, split, "register")
    assert labels.tolist() == [0, 1, 2, 3] and pixels.shape == (4, 3, 16, 16)
    _, labels, _ = evaluated(data, split, "query")
    assert labels.tolist() == np.repeat(np.arange(6), 3).tolist()
    names = data.item_names(split, "query")
    assert all(
        data.class_names(split)[y] == n.split("#")[0].replace("/", "|") for y, n in zip(labels, names, strict=True)
    )
    assert not any("/" in name for name in data.class_names(split))
    assert data.image(split, "query", 5).dtype == np.uint8 and data.image(split, "register", 0).shape == (24, 36, 3)
    facts = data.describe()["evaluation"][split]
    assert facts["impostor_queries"] == 6 and facts["registered_classes"] == 4


def test_evaluation_does_not_depend_on_the_run_seed_and_captures_differ(images):
    first, second, other = folder(images), folder(images, seed=5), folder(images, holdout_seed=1)
    a, b = (evaluated(data, "val", "query")[0] for data in (first, second))
    assert (a == b).all()
    assert first.item_names("val", "query") != other.item_names("val", "query")
    assert len({image.numpy().tobytes() for image in a}) == len(a)


def test_a_renamed_file_keeps_its_place(images, tmp_path):
    index = build_index(images)
    chosen = {entry.sha256 for _, entry in hold_out(images_of(index), 0.3, None, 0)[1]}
    for name, entry in enumerate(index.entries):
        (tmp_path / f"{99 - name}.png").write_bytes((images / entry.path).read_bytes())
    again = {entry.sha256 for _, entry in hold_out(images_of(build_index(tmp_path)), 0.3, None, 0)[1]}
    assert chosen == again


def test_evaluation_folder_leaves_all_images_for_training(images, tmp_path):
    save(tmp_path / "register" / "A.png", 50)
    save(tmp_path / "query" / "A" / "1.png", 51)
    data = folder(images, eval_root=str(tmp_path))
    assert data.num_classes == 30 and data.class_names("test") == ["A"]


def test_path_is_relative_to_the_working_directory(images, monkeypatch):
    monkeypatch.chdir(images.parent)
    assert folder(images.name).num_classes == 24


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"holdout": 0}, "data.eval_root"),
        ({"holdout": 1.0}, "data.holdout=1.0"),
        ({"holdout": 0.05}, "holds 2 out"),
        ({"captures": 0}, "data.captures=0"),
        ({"unregistered": 1.0}, "data.unregistered=1.0"),
        ({"holdout_max": 3}, "holds 3 out"),
    ],
)
def test_refusals(images, options, says):
    with pytest.raises(InputError, match=says):
        folder(images, **options)


def test_skipped_files_are_told(images):
    facts = folder(images).describe()
    assert [row["path"] for row in facts["skipped"]] == ["broken.jpg"] and facts["images"] == 30


@needs_shared
def test_document_pool():
    data = Folder(32, 0, str(SHARED / "unique_pool"), 64, threads=2)
    assert data.num_classes == 361 and len(data.class_names("test")) == 45
    images, labels, *_ = next(iter(data.train_loader()))
    assert images.shape == (64, 3, 32, 32) and len(set(labels.tolist())) == 64
