"""Attributes from a csv, filters from the command line, vectors from a file."""

import numpy as np
import pytest

from docclf.errors import InputError
from docclf.gallery.images import Picture, attributed
from docclf.search.attributes import matching, parsed, read
from docclf.search.representatives import reduced
from docclf.search.vectors import read_vectors
from docclf.utils.reading.arrays import write_npy


@pytest.mark.parametrize(
    "text, key, table",
    [
        ("name,tenant\na.png,x\nb.png,\n", "name", {"a.png": {"tenant": "x"}, "b.png": {}}),
        ("\ufefftenant,label,country\nx,卡,TW\n", "label", {"卡": {"tenant": "x", "country": "TW"}}),
        ('label,note\n"a,b","x ""y"""\n\n', "label", {"a,b": {"note": 'x "y"'}}),
        ("name\na.png\n", "name", {"a.png": {}}),
    ],
)
def test_a_csv_names_attributes_by_name_or_label(tmp_path, text, key, table):
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    assert read(tmp_path / "a.csv") == (key, table)


@pytest.mark.parametrize(
    "content, says",
    [
        (b"", "no csv"),
        (b"file,tenant\na,b\n", "columns file, tenant; want name or label"),
        (b"name,a,a\nx,1,2\n", "each once"),
        (b"name,a\nx,1\nx,2\n", "row 3: name 'x' a second time"),
        (b"name,a\nx\n", "row 2: 1 cells, want 2"),
        (b"name,a\nx,\x1b[31m\n", "control character"),
        (b"name,a=b\nx,1\n", "without ="),
        (b"name,a\nx," + b"y" * 201 + b"\n", "1 to 200 characters"),
        (b"name,a\n\xff,1\n", "UTF-8"),
        (b'name,a\n"x,1\n', "no csv"),
    ],
)
def test_what_is_no_csv_of_attributes(tmp_path, content, says):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(InputError, match=says):
        read(tmp_path / "a.csv")
    with pytest.raises(InputError, match="cannot be opened"):
        read(tmp_path / "b.csv")


def test_pictures_take_their_attributes_and_strange_rows_are_named(tmp_path):
    rows = [Picture(label, f"{label}.png", label * 64, np.zeros((4, 4, 3), np.uint8)) for label in "abc"]
    (tmp_path / "a.csv").write_text("label,tenant\na,x\nb,y\n")
    found, findings = attributed(rows, tmp_path / "a.csv")
    assert [row.attributes for row in found] == [{"tenant": "x"}, {"tenant": "y"}, {}]
    assert [str(one) for one in findings] == [f"attributes: c.png has none: no row of {tmp_path / 'a.csv'} names it"]
    (tmp_path / "a.csv").write_text("label,tenant\na,x\nz,y\n")
    with pytest.raises(InputError, match="label 'z' is none of the images"):
        attributed(rows, tmp_path / "a.csv")


@pytest.mark.parametrize("words", [["tenant"], ["=x"], ["tenant="], ["a=1", "a=2"], ["a=\x07"]])
def test_what_is_no_filter(words):
    with pytest.raises(InputError):
        parsed(words)


def test_filters():
    assert parsed(["a=1", "b=x=y"]) == {"a": "1", "b": "x=y"}
    rows = [{"a": "1"}, {"a": "1", "b": "2"}, {}]
    assert matching(rows, {"a": "1"}).tolist() == [True, True, False]
    assert matching(rows, {"a": "1", "b": "2"}).tolist() == [False, True, False]
    assert not matching(rows, {"a": "3"}).any()


@pytest.mark.parametrize("seed", range(3))
def test_two_representatives_are_the_means_of_two_clusters(seed):
    rng = np.random.default_rng(seed)
    ends = np.eye(8)[[0, 3]]
    rows = np.repeat(ends, 5, axis=0) + 0.1 * rng.standard_normal((10, 8))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)[rng.permutation(10)]
    found, labels = reduced(rows, ["x"] * 10, "two")
    near = rows @ ends.T.astype(np.float32)
    want = [rows[near.argmax(1) == k].sum(0) for k in (0, 1)]
    want = [w / np.linalg.norm(w) for w in want]
    assert labels == ["x", "x"]
    np.testing.assert_allclose(sorted(found.tolist()), sorted(np.array(want).tolist()), atol=1e-6)
    assert len(reduced(rows[:1], ["x"], "two")[0]) == 1
    assert len(reduced(np.repeat(rows[:1], 3, 0), ["x"] * 3, "two")[0]) == 1
    opposite = np.stack([rows[0], -rows[0]])
    assert np.isfinite(reduced(opposite, ["x", "x"], "mean")[0]).all()


def test_vectors_of_files_and_folders(tmp_path):
    rows = np.eye(6, 4, dtype=np.float32)[:4]
    for number, part in enumerate((rows[:3], rows[3:])):
        write_npy(tmp_path / f"{number:08d}.npy", part)
    assert (read_vectors(tmp_path) == rows).all() and (read_vectors(tmp_path / "00000000.npy") == rows[:3]).all()
    np.save(tmp_path / "00000002.npy", rows[:, :3])
    with pytest.raises(InputError, match="all files of one width"):
        read_vectors(tmp_path)
    np.save(tmp_path / "00000002.npy", 2 * rows)
    with pytest.raises(InputError, match="other lengths than 1"):
        read_vectors(tmp_path)
    (tmp_path / "00000002.npy").write_bytes((tmp_path / "00000000.npy").read_bytes()[:140])
    with pytest.raises(InputError, match="00000002.npy"):
        read_vectors(tmp_path)
    (tmp_path / "none").mkdir()
    for path in (tmp_path / "none", tmp_path / "x.npy"):
        with pytest.raises(InputError, match=path.name):
            read_vectors(path)
