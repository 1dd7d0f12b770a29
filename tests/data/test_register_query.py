import os
import unicodedata

import pytest
import torch
from image_files import pixels, save
from shared_data import SHARED, needs_shared

from docclf.data.register_query import RegisterQuery
from docclf.errors import InputError


def opened(root, **options):
    return RegisterQuery(16, 0, str(root), **{"batch_size": 4, "threads": 2, **options})


def table(data, part, split="test"):
    """Returns item name to class name."""
    loader = data.register_loader(split) if part == "register" else data.query_loader(split)
    labels = torch.cat([labels for _, labels, _ in loader]).tolist()
    names = data.class_names(split)
    return dict(zip(data.item_names(split, part), [names[label] for label in labels], strict=True))


@pytest.fixture
def two(tmp_path):
    save(tmp_path / "register" / "A" / "1.png", 0)
    save(tmp_path / "register" / "A" / "damaged" / "1.png", 1)
    save(tmp_path / "register" / "B.jpg", 2)
    save(tmp_path / "query" / "A" / "x.png", 3)
    save(tmp_path / "query" / "A" / "damaged" / "y.png", 4)
    save(tmp_path / "query" / "B" / "z.png", 5)
    save(tmp_path / "query" / "AA stranger" / "w.png", 6)
    return tmp_path


def test_two_folders(two):
    data = opened(two)
    assert data.class_names("val") == data.class_names("test") == ["A", "A/damaged", "B", "AA stranger"]
    assert table(data, "register") == {
        "register/A/1.png": "A",
        "register/A/damaged/1.png": "A/damaged",
        "register/B.jpg": "B",
    }
    assert table(data, "query") == {
        "query/A/x.png": "A",
        "query/A/damaged/y.png": "A/damaged",
        "query/AA stranger/w.png": "AA stranger",
        "query/B/z.png": "B",
    }
    facts = data.describe()
    assert facts["layout"] == "register_query" and facts["test"]["impostor_queries"] == 1
    assert data.item_names("test", "query")[1] == "query/A/x.png"
    assert (data.image("test", "query", 1) == pixels(3)).all()
    assert next(iter(data.query_loader("val")))[0].shape == (4, 3, 16, 16)


def test_a_broken_register_image_does_not_make_impostors(two):
    (two / "register" / "B.jpg").write_bytes(b"")
    data = opened(two)
    assert "query/B/z.png" not in table(data, "query") and data.class_names("test") == ["A", "A/damaged", "AA stranger"]
    reasons = {row["path"]: row["reason"] for row in data.describe()["skipped"]}
    assert "0 bytes" in reasons["register/B.jpg"] and "no registered image of class B" in reasons["query/B/z.png"]


@pytest.mark.parametrize("name", ["B.pdf", "B.heic", "B/1.cr2", "B/page.psd"])
def test_a_registered_file_of_a_kind_that_is_not_read_makes_no_impostors(two, name, monkeypatch):
    monkeypatch.setattr("docclf.imaging.read.FORMATS", ("PNG", "JPEG"))  # as without pillow-heif
    (two / "register" / "B.jpg").unlink()
    (two / "register" / name).parent.mkdir(exist_ok=True)
    (two / "register" / name).write_bytes(b"\0\0\0\x1cftypheic\0\0\0\0mif1heic")
    data = opened(two)
    reasons = {row["path"]: row["reason"] for row in data.describe()["skipped"]}
    assert "is not read" in reasons[f"register/{name}"] or "pip install pillow-heif" in reasons[f"register/{name}"]
    assert "no registered image of class B" in reasons["query/B/z.png"]
    assert data.describe()["test"]["impostor_queries"] == 1


@pytest.mark.parametrize("name", ["A", "A/damaged", "C", "."])
def test_a_register_folder_that_cannot_be_opened_is_an_error(two, name, monkeypatch):
    closed = two / "register" / name

    def scandir(path, found=os.scandir):
        if os.path.normpath(path) == os.path.normpath(closed):
            raise PermissionError(13, "Permission denied")
        return found(path)

    (two / "register" / "C").mkdir()
    monkeypatch.setattr("docclf.data.sources.scan.os.scandir", scandir)
    with pytest.raises(InputError, match="register.*cannot be opened.*Permission denied.*impostors.*chmod"):
        opened(two)


def test_a_link_to_nowhere_in_register_is_an_error(two):
    (two / "register" / "D").symlink_to(two / "unmounted" / "D")
    with pytest.raises(InputError, match="register/D: folder cannot be opened .the link leads nowhere"):
        opened(two)


def test_a_query_folder_that_cannot_be_opened_is_named(two):
    (two / "query" / "D").symlink_to(two / "unmounted" / "D")
    assert [row["path"] for row in opened(two).describe()["skipped"]] == ["query/D"]


def test_a_flat_folder_whose_registered_file_cannot_be_read(tmp_path):
    save(tmp_path / "card.png", 0)
    save(tmp_path / "query_card.png", 1)
    save(tmp_path / "query_pass.png", 2)
    (tmp_path / "pass_front.pdf").write_bytes(b"%PDF")
    data = opened(tmp_path)
    assert table(data, "query") == {"query_card.png": "card"}
    reasons = {row["path"]: row["reason"] for row in data.describe()["skipped"]}
    assert "no registered image of class pass_front" in reasons["query_pass.png"]


def test_loose_queries(two):
    save(two / "query" / "B.png", 7)
    assert table(opened(two), "query")["query/B.png"] == "B"
    save(two / "query" / "photo.png", 8)
    with pytest.raises(InputError, match="query/photo.png"):
        opened(two)


def test_files_beside_the_two_folders_are_told(two):
    save(two / "contact sheet.png", 9)
    assert "neither in register/ nor in query/" in opened(two).describe()["skipped"][0]["reason"]


def test_unicode_forms_of_one_name_are_one_class(tmp_path):
    save(tmp_path / "register" / unicodedata.normalize("NFD", "Führerschein.png"), 0)
    save(tmp_path / "query" / unicodedata.normalize("NFC", "Führerschein") / "1.png", 1)
    assert len(opened(tmp_path).class_names("test")) == 1


def test_a_query_that_is_a_registered_file_is_told(two, caplog):
    (two / "query" / "B" / "same.jpg").write_bytes((two / "register" / "B.jpg").read_bytes())
    data = opened(two)
    assert data.describe()["queries_equal_to_a_registered_image"] == ["query/B/same.jpg"]
    assert "query/B/same.jpg" in table(data, "query") and "byte for byte" in caplog.text


@pytest.fixture
def tree(tmp_path):
    for seed in range(40):
        save(tmp_path / f"c{seed % 8}" / f"{seed}.png", seed)
    save(tmp_path / "single" / "one.png", 99)
    return tmp_path


def test_one_tree_is_split_by_seed(tree):
    data = opened(tree, registered_per_class=2)
    register, query = table(data, "register"), table(data, "query")
    assert len(register) == 17 and len(query) == 24 and not set(register) & set(query)
    assert all(name.split("/")[0] == label for name, label in (register | query).items())
    assert table(opened(tree, registered_per_class=2), "register") == register
    assert table(opened(tree, registered_per_class=2, split_seed=1), "register") != register


def test_unregistered_share_of_one_tree(tree):
    data = opened(tree, unregistered=0.34)
    facts = data.describe()["test"]
    assert facts["classes"] == 9 and facts["registered_classes"] == 6
    unknown = set(data.class_names("test")[6:])
    assert sum(label in unknown for label in table(data, "query").values()) == facts["impostor_queries"] > 0


def test_all_pairs_holds_every_image_once(tree):
    data = opened(tree, mode="all_pairs", unregistered=0.5)
    names = data.item_names("test", "register") + data.item_names("test", "query")
    assert len(names) == len(set(names)) == 41 and data.describe()["layout"] == "all_pairs"


def test_flat_folder(tmp_path):
    for seed, name in enumerate(["licence_front", "licence_back", "card", "pass_back"]):
        save(tmp_path / f"{name}.png", seed)
    for seed, name in enumerate(["licence", "card", "pass", "stranger"], start=10):
        save(tmp_path / f"query_{name}.jpg", seed)
    data = opened(tmp_path)
    assert data.class_names("test") == ["card", "licence_back", "licence_front", "pass_back", "stranger"]
    assert table(data, "query") == {
        "query_card.jpg": "card",
        "query_licence.jpg": "licence_front",
        "query_pass.jpg": "pass_back",
        "query_stranger.jpg": "stranger",
    }
    chosen = opened(tmp_path, query_classes={"query_licence": "licence_back"})
    assert table(chosen, "query")["query_licence.jpg"] == "licence_back"


def test_flat_folder_with_a_query_of_two_classes(tmp_path):
    for seed, name in enumerate(["a_1", "a_2", "query_a"]):
        save(tmp_path / f"{name}.png", seed)
    with pytest.raises(InputError, match="could be a query of a_1, a_2"):
        opened(tmp_path)


def test_simulated_captures_of_a_register(tmp_path):
    for seed in range(3):
        save(tmp_path / f"{seed}.png", pixels(seed, 60, 90))
    with pytest.raises(InputError, match="data.captures=4"):
        opened(tmp_path)
    data = opened(tmp_path, captures=2)
    assert list(table(data, "query").values()) == ["0", "0", "1", "1", "2", "2"]


def test_it_does_not_train(two):
    with pytest.raises(InputError, match="data=folder"):
        opened(two).train_loader()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"mode": "pairs"}, "data.mode=pairs"),
        ({"registered_per_class": 0}, "registered_per_class=0"),
        ({"unregistered": 1.0}, "unregistered=1.0"),
    ],
)
def test_refusals(tree, options, says):
    with pytest.raises(InputError, match=says):
        opened(tree, **options)
    with pytest.raises(InputError, match="split of"):
        opened(tree).query_loader("train")


def test_trees_that_cannot_be_split(tmp_path):
    save(tmp_path / "A" / "1.png", 0)
    with pytest.raises(InputError, match="more than 1 image"):
        opened(tmp_path)
    save(tmp_path / "register" / "A" / "1.png", 0)
    with pytest.raises(InputError, match="side by side"):
        opened(tmp_path)


@needs_shared
def test_groceries():
    data = opened(SHARED / "grocery")
    facts = data.describe()["test"]
    assert (facts["registered_classes"], facts["queries"], facts["impostor_queries"]) == (81, 2485, 0)
    assert table(data, "register")["register/Anjou/Anjou_Iconic.jpg"] == "Anjou"


@needs_shared
def test_taiwan_register():
    data = opened(SHARED / "taiwan_register")
    assert len(data.item_names("test", "register")) == 10
    assert table(data, "query") == {"query_driver_license.jpg": "driver_license_front"}


def test_distractors_are_registered_and_never_asked_for(two, tmp_path):
    more = tmp_path / "more"
    for name, seed in (("b.png", 21), ("a/1.png", 20), ("c.png", 22)):
        save(more / name, seed)
    root = tmp_path / "set"
    root.mkdir()
    for part in ("register", "query"):
        (two / part).rename(root / part)
    plain, data = opened(root), opened(root, distractors=str(more), distractors_max=2)
    extra = ["distractor a 1.png", "distractor b.png"]
    assert data.class_names("test") == ["A", "A/damaged", "B", *extra, "AA stranger"]
    assert table(data, "register") == table(plain, "register") | {name: name for name in extra}
    assert table(data, "query") == table(plain, "query")
    assert (data.image("test", "register", 4) == pixels(21)).all() and data.describe()["distractors"]["images"] == 2
    assert data.describe()["test"]["registered_images"] == 5 and data.describe()["test"]["impostor_queries"] == 1
    assert len(opened(root, distractors=str(more)).class_names("test")) == 7
    for wrong in (0, 4):
        with pytest.raises(InputError, match="data.distractors_max=.*want 1 to 3"):
            opened(root, distractors=str(more), distractors_max=wrong)
    with pytest.raises(InputError, match="data.distractors"):
        opened(root, distractors=str(tmp_path / "nowhere"))
    save(more / "d.png", 5)  # query/B/z.png itself
    with pytest.raises(InputError, match="d.png is query/B/z.png"):
        opened(root, distractors=str(more))
