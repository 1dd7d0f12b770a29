"""A split file says what a run with data=folder holds out."""

import json
from pathlib import Path

import pytest
import split
from shared_data import SHARED, needs_shared

from docclf.data.folder import Folder
from docclf.errors import InputError

SPLITS = Path(__file__).resolve().parents[2] / "datasets" / "splits"


@needs_shared
@pytest.mark.parametrize("seed", [0])
def test_the_documents(seed):
    stored = split.read(SPLITS / f"unique_pool_seed{seed}.json")
    assert split.make(SHARED / "unique_pool", seed) == stored
    data = Folder(64, 5, str(SHARED / "unique_pool"), 8, holdout_seed=seed, cache="none")
    for part in ("val", "test"):
        names = sorted(row["name"] for row in stored["files"][part])
        assert sorted(data.class_names(part)) == names and len(names) == 45
    assert [row["name"] for row in stored["files"]["train"]] == [e.path for _, e in data.images]


def test_made_and_laid_out(tmp_path, make, capsys):
    root = tmp_path / "pool"
    (root / "sub").mkdir(parents=True)
    for i in range(20):
        (root / ("sub" if i % 2 else "") / f"{i}.jpg").write_bytes(make.picture(i))
    file = tmp_path / "s.json"
    split.main(["make", str(root), "--seed", "3", "--holdout", "0.4", "--out", str(file)])
    assert "train 12, val 4, test 4" in capsys.readouterr().out
    assert split.make(root, 3, 0.4) == json.loads(file.read_text()) != split.make(root, 4, 0.4)
    split.main(["lay", str(file), str(root), "--out", str(tmp_path / "laid")])
    laid = [str(p.relative_to(tmp_path / "laid")) for p in (tmp_path / "laid").rglob("*.jpg")]
    want = [f"{part}/{row['name']}" for part, rows in split.read(file)["files"].items() for row in rows]
    assert sorted(laid) == sorted(want) and len(laid) == 20
    with pytest.raises(InputError, match="give a new folder"):
        split.lay(file, root, tmp_path / "laid")
    (root / "2.jpg").write_bytes(b"x")
    (root / "4.jpg").unlink()
    with pytest.raises(InputError, match="1 files are missing and 1 differ"):
        split.lay(file, root, tmp_path / "new")


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"files": {"train": [{}]}}'])
def test_no_split(tmp_path, content):
    (tmp_path / "s.json").write_text(content)
    with pytest.raises(InputError, match="is no split"):
        split.read(tmp_path / "s.json")
