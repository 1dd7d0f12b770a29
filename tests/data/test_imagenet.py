import pytest
from image_files import save
from shared_data import SHARED, needs_shared

from docclf.data.imagenet import ImageNet
from docclf.errors import InputError


@pytest.fixture
def tree(tmp_path):
    for seed in range(8):
        save(tmp_path / "train" / f"n0000000{seed % 2}" / f"{seed}.JPEG", seed)
    for seed in range(100, 110):
        save(tmp_path / "pool" / f"{seed}.png", seed)
    return tmp_path


def imagenet(root, **options):
    return ImageNet(16, 0, str(root), **{"batch_size": 2, "threads": 2, "holdout": 0.5, **options})


def test_pool_is_added_and_held_out_from(tree):
    data = imagenet(tree / "train", extra=str(tree / "pool"), holdout=0.4)
    assert data.num_classes == 8 + 6
    assert [entry.path for _, entry in data.images][:8] == sorted(f"n0000000{s % 2}/{s}.JPEG" for s in range(8))
    assert all(name.endswith(".png") for split in ("val", "test") for name in data.class_names(split))
    assert [facts["images"] for facts in data.describe()["folders"]] == [8, 10]


def test_without_a_pool_images_are_held_out(tree):
    data = imagenet(tree / "train")
    assert data.num_classes == 4 and len(data.class_names("val")) == 2


def test_a_document_that_is_also_in_root_is_used_once(tree):
    first = next((tree / "train").rglob("*.JPEG"))
    (tree / "pool" / "again.jpg").write_bytes(first.read_bytes())
    data = imagenet(tree / "train", extra=str(tree / "pool"), holdout=0.4)
    assert data.num_classes == 14 and "again.jpg" in {row["path"] for row in data.describe()["folders"][1]["skipped"]}


def test_other_layouts_are_refused_with_a_hint(tree):
    with pytest.raises(InputError, match="Try: data.root=.*train"):
        imagenet(tree)
    with pytest.raises(InputError, match="data=folder"):
        imagenet(tree / "pool")
    with pytest.raises(InputError, match="data.extra"):
        imagenet(tree / "train", extra=str(tree / "none"))


@needs_shared
def test_real_sample_with_pool_in_24_fold():
    data = ImageNet(
        32, 0, str(SHARED / "imagenet_sample/train"), 64, extra=str(SHARED / "unique_pool"), expand=24, threads=2
    )
    assert data.num_classes == 24 * (1000 + 361)
    images, labels, *_ = next(iter(data.train_loader()))
    assert images.shape == (64, 3, 32, 32) and 0 <= labels.min() and labels.max() < data.num_classes
