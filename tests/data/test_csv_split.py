import os

import pytest
from image_files import pixels, save

from docclf.data.csv_split import CsvSplit
from docclf.errors import InputError

HEADER = "path,label,split,is_query,is_gallery,category"
ROWS = ["t.png,9,train,,,x", "a.png,1,validation,False,True,x", "b.png,2,validation,0,1,x", "c.png,1,validation,1,0,x",
        "d.png,3,validation,True,False,x"]  # fmt: skip


@pytest.fixture
def root(tmp_path):
    for seed, name in enumerate("abcd"):
        save(tmp_path / f"{name}.png", seed)
    return tmp_path


def opened(root, rows=ROWS, header=HEADER, **options):
    (root / "table.csv").write_text("\n".join([header, *rows]) + "\n")
    return CsvSplit(16, 0, str(root), str(root / "table.csv"), batch_size=4, threads=1, **options)


def labels(loader):
    return [int(label) for _, numbers, _ in loader for label in numbers]


def test_gallery_and_queries_of_validation(root):
    data = opened(root)
    assert data.class_names("test") == data.class_names("val") == ["1", "2", "3"]
    assert data.item_names("test", "register") == ["a.png", "b.png"] and labels(data.register_loader("test")) == [0, 1]
    assert data.item_names("test", "query") == ["c.png", "d.png"] and labels(data.query_loader("test")) == [0, 2]
    assert (data.image("test", "query", 0) == pixels(2)).all()
    assert data.describe()["test"]["impostor_queries"] == 1
    with pytest.raises(InputError, match="data=folder"):
        data.train_loader()


def test_query_and_gallery_at_once_only_with_all_pairs(root):
    rows = ["a.png,1,validation,True,True,x", "b.png,2,validation,1,1,x", "c.png,1,validation,1,1,x"]
    with pytest.raises(InputError, match=r"3 images are both query and gallery.*row 2 \(a.png\).*all_pairs"):
        opened(root, rows)
    data = opened(root, rows, mode="all_pairs")
    assert data.item_names("test", "register") == ["a.png", "b.png"]
    assert data.item_names("test", "query") == ["c.png"]


def test_bad_tables_are_refused(root):
    for row, message in (
        ("e.png,1,validation,1,0,x", r"1 of 5 validation files .* e.png"),
        ("a.png,1,val,1,0,x", "want train or validation"),
        ("a.png,1,validation,yes,0,x", "want True or False"),
        ("a.png,,validation,1,0,x", "must not be empty"),
    ):
        with pytest.raises(InputError, match=message):
            opened(root, [*ROWS, row])
    with pytest.raises(InputError, match="column is_query, is_gallery is missing"):
        opened(root, ["a.png,1,train"], "path,label,split")
    with pytest.raises(InputError, match="0 gallery images and 0 queries"):
        opened(root, ROWS[:1])


BOXED = HEADER + ",x_1,y_1,x_2,y_2"


def test_boxes_are_cropped(root):
    rows = ["a.png,A,validation,0,1,x,,,,", "b.png,B,validation,0,1,x,0,0,36,24"]
    rows += ["c.png,A,validation,1,0,x,0,0,18,24", "c.png,B,validation,1,0,x,18.0,4,36,24"]
    data = opened(root, rows, BOXED)
    assert data.item_names("test", "query") == ["c.png[0,0,18,24]", "c.png[18,4,36,24]"]
    assert (data.image("test", "query", 1) == pixels(2)[4:24, 18:36]).all()
    assert (data.image("test", "register", 0) == pixels(0)).all() and data.describe()["boxes"] == 3
    assert opened(root, rows[:1] + rows[2:], BOXED, mode="all_pairs").describe()["test"]["queries"] == 1


@pytest.mark.parametrize(
    "box", ["0,0,1,24", "-1,0,9,9", "0.1,0.1,0.9,0.9", "9,0,3,9", "0,0,9,", "a,b,c,d", "0,0,inf,9"]
)
def test_boxes_that_are_none(root, box):
    with pytest.raises(InputError, match="row 6: x_1=.*whole pixels"):
        opened(root, [*[f"{row},,,," for row in ROWS[:4]], f"d.png,3,validation,1,0,x,{box}"], BOXED)


def test_a_box_beyond_the_picture_and_half_of_the_columns(root):
    data = opened(root, [*[f"{row},,,," for row in ROWS[:4]], "d.png,3,validation,1,0,x,0,0,99,9"], BOXED)
    with pytest.raises(InputError, match=r"row 6, d.png: the box 0, 0, 99, 9 .* 36 x 24 pixels"):
        data.image("test", "query", 1)
    with pytest.raises(InputError, match="column x_2, y_2 is missing"):
        opened(root, ROWS, HEADER + ",x_1,y_1")


@pytest.mark.parametrize(
    "save_as",
    [
        lambda text: text.replace(",", ";").encode("utf-8-sig"),
        lambda text: text.replace(",", "\t").encode("utf-16"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace(",", " , ").encode(),
        lambda text: (text + "\n,,,,,\n \n").encode(),
        lambda text: text.replace("path,label", " Path ,LABEL").replace("validation", "Validation").encode(),
        lambda text: text.replace("a.png", "a.png  ").replace("c.png", ".\\c.png").encode(),
    ],
)
def test_tables_as_people_save_them(root, save_as):
    wanted = opened(root)
    (root / "table.csv").write_bytes(save_as("\n".join([HEADER, *ROWS]) + "\n"))
    data = CsvSplit(16, 0, str(root), str(root / "table.csv"), batch_size=4, threads=1)
    for part in ("register", "query"):
        assert data.item_names("test", part) == wanted.item_names("test", part)
    assert data.class_names("test") == wanted.class_names("test")


def test_paths_of_other_systems(root):
    save(root / "deep" / "kärtchen.png", 7)
    save(root / os.fsdecode(b"caf\xe9.png"), 8)
    rows = [*ROWS, r"deep\kärtchen.png,1,validation,1,0,x", "deep/ka\u0308rtchen.png,2,validation,1,0,x"]
    assert opened(root, rows).item_names("test", "query")[2:] == ["deep/kärtchen.png"] * 2
    table = "\n".join([HEADER, *ROWS]).encode() + b"\ncaf\xe9.png,1,validation,1,0,x\n"
    (root / "table.csv").write_bytes(table)
    data = CsvSplit(16, 0, str(root), str(root / "table.csv"), batch_size=4, threads=1)
    assert (data.image("test", "query", 2) == pixels(8)).all()
    (root / "table.csv").write_bytes(table.replace(b"caf\xe9", b"th\xe9"))
    with pytest.raises(InputError, match="CSV UTF-8"):
        CsvSplit(16, 0, str(root), str(root / "table.csv"), batch_size=4, threads=1)
    with pytest.raises(InputError, match="paths of a Windows machine"):
        opened(root, [*ROWS, r"C:\scans\a.png,1,validation,1,0,x"])
