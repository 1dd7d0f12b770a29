import itertools
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from docclf.augment.base import Augmentation
from docclf.data.drawn import cache as drawings
from docclf.data.drawn.documents import STARTS
from docclf.data.synthetic import Synthetic
from docclf.errors import InputError
from docclf.synthetic.design import BLOCK, family
from docclf.synthetic.worker import Row, picture, square

ROOT = Path(__file__).resolve().parents[2]


def make(folder, **changes) -> Synthetic:
    arguments = {
        "image_size": 32, "seed": 0, "batch_size": 4, "num_designs": 9, "val_designs": 5, "test_designs": 10,
        "captures": 2, "cache_dir": str(folder), "workers": 2,
    }  # fmt: skip
    return Synthetic(**{**arguments, **changes})


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("drawn")


def everything(loader):
    parts = [[tensor.clone() for tensor in batch[:3]] for batch in loader]
    return [np.concatenate([part[k].numpy() for part in parts]) for k in range(3)]


def test_training_shows_one_picture_per_design(cache):
    data = make(cache)
    images, labels, indices = everything(data.train_loader())
    assert data.num_classes == 9 and images.shape == (8, 3, 32, 32) and images.dtype == np.uint8
    assert np.array_equal(labels, indices) and len(set(labels.tolist())) == 8
    other = make(cache, samples_per_epoch=18, batch_size=9).train_loader()
    assert set(everything(other)[1].tolist()) == set(range(9))


def test_augment_gets_the_kept_picture_with_its_margin(cache):
    seen = []

    class Filled(Augmentation):
        def __call__(self, image, epoch, index, progress=1.0):
            seen.append((image.shape, epoch, index))
            return np.full((32, 32, 3), index, np.uint8)

    images, labels, _ = everything(make(cache, augment=Filled()).train_loader())
    assert {shape for shape, _, _ in seen} == {(40, 40, 3)}
    assert np.array_equal(images[:, 0, 0, 0], labels)


def test_ranks_share_the_epoch(cache):
    labels = [everything(make(cache, batch_size=2).train_loader(rank, 2))[1] for rank in (0, 1)]
    assert len(set(np.concatenate(labels).tolist())) == 8


@pytest.mark.parametrize("split,known,total", [("val", 4, 5), ("test", 8, 10)])
def test_evaluation_parts(cache, split, known, total):
    data = make(cache)
    register, classes, positions = everything(data.register_loader(split))
    assert classes.tolist() == positions.tolist() == list(range(known))
    queries, labels, _ = everything(data.query_loader(split))
    assert labels.tolist() == [label for label in range(total) for _ in range(2)]
    names = data.class_names(split)
    assert len(set(names)) == total and not any("/" in name for name in names)
    assert len(data.item_names(split, "query")) == len(queries) == 2 * total
    assert data.describe()["evaluation"][split]["impostor_queries"] == 2 * (total - known)
    for part, images in (("register", register), ("query", queries)):
        for i in (0, len(images) - 1):
            full = data.image(split, part, i)
            assert full.ndim == 3 and max(full.shape) <= 256
            assert np.array_equal(square(full, 32).transpose(2, 0, 1), images[i])


def drawn(data):
    """Returns (design, person) of every picture of a part, by its name."""
    rows = {}
    for part in itertools.product(("val", "test"), ("register", "query")):
        numbers = [name.rsplit("-", 2)[1:] for name in data.item_names(*part)]
        rows[part] = [(int(design), int(design) * 1000 + int(copy.removeprefix("copy"))) for design, copy in numbers]
    return rows


def test_splits_share_no_design_family_or_person(cache):
    data = make(cache, num_designs=100)
    rows = drawn(data) | {("train", ""): [(row.design, row.fill) for row in data.source().rows]}
    families = {part: {family(design)[0] for design, _ in chosen} for part, chosen in rows.items()}
    assert not families["train", ""] & (families["val", "query"] | families["test", "query"])
    assert not families["val", "query"] & families["test", "query"]
    assert families["test", "register"] <= families["test", "query"]
    people = [person for chosen in rows.values() for _, person in chosen]
    assert len(people) == len(set(people))
    assert not any(start % BLOCK for start in STARTS.values())


def test_the_evaluation_does_not_depend_on_seed_or_training_size(cache):
    one, other = make(cache), make(cache, seed=5, num_designs=3, batch_size=2)
    assert np.array_equal(everything(one.query_loader("val"))[0], everything(other.query_loader("val"))[0])
    world = make(cache, data_seed=1)
    assert not np.array_equal(everything(one.query_loader("val"))[0], everything(world.query_loader("val"))[0])


def test_unregistered_designs_are_spread(cache):
    data = make(cache, test_designs=45, unregistered=0.2)
    rows = drawn(data)
    left_out = {design for design, _ in rows["test", "query"]} - {design for design, _ in rows["test", "register"]}
    assert len(left_out) == 9
    # The third of a family of three: its siblings are registered.
    assert STARTS["test"] + 4 in left_out


ROWS = [Row(design, design, design % 2 == 0) for design in (12, 13, 14)]


def test_the_cache_holds_what_is_drawn_and_is_used_again(tmp_path):
    pixels = drawings.cached(ROWS, 24, 0, 1.0, str(tmp_path), 2)
    assert np.array_equal(pixels, [square(picture(row, 0, 1.0), 24) for row in ROWS])
    assert not pixels.flags.writeable
    (file,) = tmp_path.rglob("*.u8")
    before = file.stat().st_mtime_ns
    assert np.array_equal(pixels, drawings.cached(ROWS, 24, 0, 1.0, str(tmp_path), 1))
    assert file.stat().st_mtime_ns == before
    drawings.cached(ROWS, 24, 0, 0.5, str(tmp_path), 2)
    drawings.cached(ROWS, 25, 0, 1.0, str(tmp_path), 2)
    drawings.cached(ROWS[::-1], 24, 0, 1.0, str(tmp_path), 2)
    assert len(list(tmp_path.rglob("*.u8"))) == 4
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("damage", ["flip", "cut", "grow", "empty"])
def test_a_damaged_file_is_drawn_anew(tmp_path, damage):
    good = np.array(drawings.cached(ROWS, 16, 0, 1.0, str(tmp_path), 2))
    (file,) = tmp_path.rglob("*.u8")
    content = bytearray(file.read_bytes())
    if damage == "flip":
        content[100] ^= 1
    file.write_bytes({"cut": content[:-1], "grow": content + b"x", "empty": b"", "flip": content}[damage])
    assert np.array_equal(drawings.cached(ROWS, 16, 0, 1.0, str(tmp_path), 2), good)


def test_a_new_drawing_version_is_drawn_anew(tmp_path, monkeypatch):
    drawings.cached(ROWS, 16, 0, 1.0, str(tmp_path), 2)
    monkeypatch.setattr(drawings.draw, "VERSION", 10**6)
    drawings.cached(ROWS, 16, 0, 1.0, str(tmp_path), 2)
    assert len(list(tmp_path.rglob("*.u8"))) == 2


def test_many_may_ask_at_once(tmp_path):
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: np.array(drawings.cached(ROWS, 16, 0, 1.0, str(tmp_path), 1)), range(3)))
    assert all(np.array_equal(found[0], other) for other in found)
    assert len(list(tmp_path.rglob("*.u8"))) == 1 and not list(tmp_path.rglob("*.part"))


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"data\.cache_dir=DIR.*DOCCLF_CACHE"):
        drawings.cached(ROWS, 16, 0, 1.0, str(tmp_path / "file"), 1)


def test_the_environment_names_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCCLF_CACHE", str(tmp_path / "elsewhere"))
    drawings.cached(ROWS[:1], 16, 0, 1.0, None, 1)
    assert list((tmp_path / "elsewhere" / "synthetic").glob("*.u8"))


def test_a_process_that_fails_is_reported_and_leaves_nothing(tmp_path, monkeypatch):
    with pytest.raises(RuntimeError, match="long_side|strength=9"):
        drawings.cached(ROWS, 16, 0, 9.0, str(tmp_path), 2)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    with pytest.raises(RuntimeError, match="could not be started"):
        drawings.cached(ROWS, 16, 0, 1.0, str(tmp_path), 2)
    assert not list(tmp_path.rglob("*.u8")) and not list(tmp_path.rglob("*.part"))


def test_a_script_without_a_main_guard_can_draw(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import torch\ntorch.ones(300, 300) @ torch.ones(300, 300)\n"
        "from docclf.data.synthetic import Synthetic\n"
        "data = Synthetic(16, 0, 2, num_designs=4, cache_dir='cache', workers=2)\n"
        "print(sum(len(batch[0]) for batch in data.train_loader()))\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "4", done.stderr


@pytest.mark.parametrize(
    "change",
    [
        {"num_designs": 0},
        {"val_designs": 1},
        {"captures": 0},
        {"strength": 2.5},
        {"unregistered": 1.0},
        {"data_seed": -1},
    ],
)
def test_arguments_out_of_range_are_refused(cache, change):
    with pytest.raises(InputError, match=f"data.{next(iter(change))}="):
        make(cache, **change)


def test_no_worker_is_refused(cache):
    with pytest.raises(InputError, match="data.workers=0"):
        make(cache, workers=0).train_loader()


def test_expanded_24_fold(cache):
    data = make(cache, expand=24, batch_size=24)
    images, labels, _ = everything(data.train_loader())
    assert data.num_classes == 24 * 9 and sorted(labels.tolist()) == list(range(24 * 9))
    assert images.shape == (216, 3, 32, 32)
    with pytest.raises(InputError, match="data.expand=7"):
        make(cache, expand=7)
