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
