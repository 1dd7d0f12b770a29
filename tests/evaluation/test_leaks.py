"""No tested image is a training image: asked of every kind of data set, by content and by look."""

import numpy as np
import pytest
from image_files import pixels, save
from omegaconf import OmegaConf
from packs import folder_of, pack_of

from docclf import build
from docclf.checkpoint import seen
from docclf.data.csv_split import CsvSplit
from docclf.data.folder import Folder
from docclf.data.index.hashes import joined
from docclf.data.packed import Packed
from docclf.data.register_query import RegisterQuery
from docclf.data.synthetic import Synthetic
from docclf.errors import InputError
from docclf.evaluation import leaks, sets
from docclf.model.hog import Hog

KINDS = ("register_query", "one_tree", "flat", "csv", "folder")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder of pictures to train on, and the same pack."""
    root = tmp_path_factory.mktemp("leaks")
    folder_of(root / "scans", 30)
    pack_of(root / "scans", root / "pack")
    return root


def trains(kind, files, **options):
    """A data set that trains on the pictures."""
    if kind == "folder":
        return Folder(16, 0, str(files / "scans"), 4, **options)
    if kind == "stream":
        return Packed(16, 0, 4, sources=[str(files / "scans")], feed="stream", **options)
    return Packed(16, 0, 4, packs=[str(files / "pack")], feed=kind, **options)


def trained_files(dataset, files):
    """Files of the folder that a data set trains on, by content."""
    names = {dataset.training_hashes().name(i).rsplit("/", 1)[-1] for i in range(len(dataset.training_hashes()))}
    return sorted(names)


def evaluates_on(kind, root, images):
    """A data set of another kind that tests on the given images (file to name), and two of its own."""
    own = {"a": pixels(501), "b": pixels(502)}
    if kind == "csv":
        rows = ["path,label,split,is_query,is_gallery"]
        for name, image in {**own, **images}.items():
            save(root / f"{name}.png", image)
            rows.append(f"{name}.png,{name},validation,False,True")
        save(root / "asked.png", pixels(503))
        rows.append("asked.png,a,validation,True,False")
        (root / "table.csv").write_text("\n".join(rows) + "\n")
        return CsvSplit(16, 0, str(root), str(root / "table.csv"))
    if kind == "folder":
        for i in range(20):
            save(root / f"{i}.png", pixels(600 + i))
        for name, image in images.items():
            save(root / f"{name}.png", image)
        return Folder(16, 0, str(root), 4, holdout=0.9)
    if kind == "flat":
        for name, image in {**own, **images}.items():
            save(root / f"{name}.png", image)
        save(root / "query_a.png", pixels(503))
    elif kind == "one_tree":
        for name, image in {**own, **images}.items():
            save(root / name / "1.png", image)
            save(root / name / "2.png", pixels(700 + len(name)))
    else:
        for name, image in own.items():
            save(root / "register" / f"{name}.png", image)
        for name, image in images.items():
            save(root / "query" / name / "1.png", image)
        save(root / "query" / "a" / "1.png", pixels(503))
    return RegisterQuery(16, 0, str(root))


def copied(source, target):
    """Puts the bytes of a file at another place."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes())


@pytest.mark.parametrize("kind", ["folder", "memory", "mmap", "device", "stream"])
def test_every_data_set_says_what_it_trains_on_and_tests(kind, files):
    data = trains(kind, files)
    trained, held = data.training_hashes(), data.evaluation_hashes("test")
    assert len(trained) == data.num_classes == 24 and len(held) > 0
    assert len(data.class_keys()) == data.num_classes and len(data.fingerprint()) == 64
    assert all(finding.level == "look" for finding in leaks.find("own", held, [leaks.seen_by(data)], "refuse", ""))
    whole = trains("folder", files)
    assert {row.tobytes() for row in trained.contents} == {row.tobytes() for row in whole.training_hashes().contents}
    assert (np.sort(trained.looks) == np.sort(whole.training_hashes().looks)).all() and (trained.looks != 0).any()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("feed", ["folder", "memory"])
def test_a_tested_image_that_is_trained_on_is_refused(kind, feed, files, tmp_path):
    data = trains(feed, files)
    evaluates_on(kind, tmp_path / "set", {"leak": pixels(1)})  # makes the folders
    name = trained_files(data, files)[3]
    leak = next(path for path in (tmp_path / "set").rglob("*.png") if "leak" in str(path.relative_to(tmp_path)))
    copied(files / "scans" / name, leak)
    tested = {
        "csv": lambda root: CsvSplit(16, 0, str(root), str(root / "table.csv")),
        "folder": lambda root: Folder(16, 0, str(root), 4, holdout=0.95),
    }.get(kind, lambda root: RegisterQuery(16, 0, str(root)))(tmp_path / "set")
    hashes = joined([tested.evaluation_hashes(split) for split in ("val", "test")])
    with pytest.raises(InputError, match=r"1 of the tested images are among the training images.*leak.*leaks=warn"):
        leaks.find("photos", hashes, [leaks.seen_by(data)], "refuse", "Take them out.")
    (finding,) = (f for f in leaks.find("photos", hashes, [leaks.seen_by(data)], "warn", "") if f.level == "problem")
    assert finding.count == 1 and name in finding.examples[0]


@pytest.mark.parametrize("how", [{"quality": 60}, {"quality": 90}, {"size": (60, 44)}])
def test_a_near_copy_is_a_finding_that_names_the_pair(how, files, tmp_path, caplog):
    from PIL import Image

    data = trains("memory", files)
    name = trained_files(data, files)[5]
    image = Image.open(files / "scans" / name)
    (tmp_path / "register").mkdir(parents=True)
    image.resize(how.get("size", image.size)).save(tmp_path / "register" / "like.jpg", quality=how.get("quality", 95))
    save(tmp_path / "query" / "like" / "1.png", pixels(800))
    tested = RegisterQuery(16, 0, str(tmp_path)).evaluation_hashes("test")
    (finding,) = leaks.find("photos", tested, [leaks.seen_by(data)], "refuse", "")
    assert finding.level == "look" and "register/like.jpg" in finding.examples[0] and name in finding.examples[0]
    assert "register/like.jpg" in caplog.text


def test_drawn_designs_are_told_apart_by_their_number(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCCLF_CACHE", str(tmp_path))
    one = Synthetic(16, 0, 4, num_designs=6, val_designs=2, test_designs=2)
    hashes = one.training_hashes()
    assert not leaks.find("synthetic", one.evaluation_hashes("test"), [leaks.seen_by(one)], "refuse", "")
    with pytest.raises(InputError, match="6 of the tested images"):
        leaks.find("synthetic", hashes, [leaks.seen_by(one)], "refuse", "")
    other = Synthetic(16, 0, 4, num_designs=6, val_designs=2, test_designs=2, data_seed=1)
    assert not leaks.find("synthetic", hashes, [leaks.seen_by(other)], "refuse", "")


def test_a_set_that_cannot_say_raises(files):
    data = trains("folder", files)
    for part in data.evaluation.parts.values():
        object.__setattr__(part, "hashes", None)
    with pytest.raises(InputError, match="cannot say which images"):
        data.evaluation_hashes("test")


def config(ckpt="", evaluate_on=None, **more):
    given = {"image_size": 16, "seed": 0, "leaks": "refuse", "evaluate_on": evaluate_on or {}, "split": "test"}
    return OmegaConf.create({**given, "ckpt": str(ckpt), "init_from": None, **more})


def node(root):
    return {"_target_": "docclf.data.register_query.RegisterQuery", "root": str(root)}


def test_a_run_is_checked_against_what_it_starts_from_too(files, tmp_path):
    data, other = trains("folder", files), tmp_path / "other"
    folder_of(other, 20, first=200)
    copied(files / "scans" / trained_files(data, files)[0], tmp_path / "set" / "register" / "x.png")
    save(tmp_path / "set" / "query" / "x" / "1.png", pixels(9))
    run = tmp_path / "run"
    seen.record(run, leaks.seen_by(data).rows, [])
    later = Folder(16, 0, str(other), 4)
    asked = config(evaluate_on={"photos": node(tmp_path / "set"), "own": {}})
    assert list(sets.while_training(asked, later, [])) == ["photos", "own"]
    with pytest.raises(InputError, match="evaluate_on=photos: 1 of the tested images"):
        sets.while_training(asked, later, [run / "last.ckpt"])
    seen.record(tmp_path / "next", leaks.seen_by(later).rows, [run / "best.ckpt"])
    rows = seen.read(tmp_path / "next" / seen.NAME)
    assert len(rows) == len(data.training_hashes()) + len(later.training_hashes())


def test_evaluating_a_checkpoint_asks_what_lies_beside_it(files, tmp_path):
    data = trains("folder", files)
    copied(files / "scans" / trained_files(data, files)[0], tmp_path / "set" / "register" / "x.png")
    save(tmp_path / "set" / "query" / "x" / "1.png", pixels(9))
    seen.record(tmp_path / "run", leaks.seen_by(data).rows, [])
    asked = config(
        tmp_path / "run" / "best.ckpt", {"own": {}}, model={"source": "checkpoint"}, data=node(tmp_path / "set")
    )
    network = Hog(32)
    with pytest.raises(InputError, match="evaluate_on=own: 1 of the tested images.*register/x.png"):
        sets.of_checkpoint(asked, network, build.own)
    warned = sets.of_checkpoint(OmegaConf.merge(asked, {"leaks": "warn"}), network, build.own)["own"]
    assert [finding.level for finding in warned.findings] == ["problem"]
    unknown = sets.of_checkpoint(OmegaConf.merge(asked, {"ckpt": str(tmp_path / "best.ckpt")}), network, build.own)
    assert "not there" in unknown["own"].findings[0].text
    untrained = OmegaConf.merge(asked, {"model": {"source": "untrained"}})
    assert sets.of_checkpoint(untrained, network, build.own)["own"].findings == []


@pytest.mark.parametrize("place", [0, 100, -1])
def test_a_damaged_record_is_named(place, tmp_path):
    seen.record(tmp_path, np.arange(40, dtype=np.uint64).reshape(-1, 2), [])
    assert len(seen.read(tmp_path / seen.NAME)) == 20
    data = bytearray((tmp_path / seen.NAME).read_bytes())
    data[place] ^= 1
    (tmp_path / seen.NAME).write_bytes(data)
    with pytest.raises(InputError, match=seen.NAME):
        seen.read(tmp_path / seen.NAME)
    (tmp_path / seen.NAME).write_bytes(data[:11])
    with pytest.raises(InputError, match="damaged"):
        seen.read(tmp_path / seen.NAME)


def test_another_choice_is_refused(files):
    data = trains("folder", files)
    with pytest.raises(InputError, match="leaks=maybe: expected one of refuse, warn"):
        leaks.find("own", data.evaluation_hashes("test"), [], "maybe", "")
