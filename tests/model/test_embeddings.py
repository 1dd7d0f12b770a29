import json

import numpy as np
import pytest
import torch

from docclf.errors import InputError
from docclf.model.embeddings import Embeddings


def rows(header, *lines):
    return "\n".join([header, *lines]) + "\n"


@pytest.fixture
def folder(tmp_path):
    generator = np.random.default_rng(0)
    np.save(tmp_path / "register.npy", generator.normal(size=(4, 7)).astype(np.float32))
    np.save(tmp_path / "query.npy", generator.normal(size=(6, 7)))
    (tmp_path / "register.csv").write_text(rows("label", "d", "c", "b", "a"))
    (tmp_path / "query.csv").write_text(rows("label", "a", "b", "c", "d", "a", "stranger"))
    return tmp_path


def test_two_files_and_one_file_are_the_same(folder, tmp_path_factory):
    one = tmp_path_factory.mktemp("one")
    np.save(one / "embeddings.npy", np.concatenate([np.load(folder / f"{p}.npy") for p in ("query", "register")]))
    names = [f"{x},query" for x in "abcda"] + ["stranger,query"] + [f"{x},register" for x in "dcba"]
    (one / "labels.csv").write_text(rows("label,part", *names))
    for left, right in zip(Embeddings(str(folder)).split("test"), Embeddings(str(one)).split("test"), strict=True):
        assert torch.equal(left, right)
    assert Embeddings(str(one)).class_names("test") == ["a", "b", "c", "d", "stranger"]


def test_evaluate_scores_them(folder, script):
    done = script("evaluate.py", "model=embeddings", f"model.root={folder}", "hydra.run.dir=here")
    assert done.code == 0, done.err
    assert "report: skipped" in done.out
    found = json.loads((folder / "here" / "metrics.json").read_text())
    register, query = (np.load(folder / f"{part}.npy").astype(np.float64) for part in ("register", "query"))
    unit = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (query[:5], register)]
    best = (unit[0] @ unit[1].T).argmax(1)
    assert found["rank1"] == pytest.approx(np.mean(best == [3, 2, 1, 0, 3]))
    assert "leave data= out" in script("evaluate.py", "model=embeddings", f"model.root={folder}", "data=synthetic").err


def test_bad_input_is_refused(folder):
    def refused(message):
        with pytest.raises(InputError, match=message):
            Embeddings(str(folder))

    good = np.load(folder / "query.npy")
    for values, message in (
        (good[:, :5], "7 numbers and query embeddings 5"),
        (good[:4], "6 rows, but query.npy has 4"),
        (np.where(np.arange(7) == 3, np.nan, good), "6 of 6 rows hold NaN"),
        (good[0], "want numbers"),
    ):
        np.save(folder / "query.npy", values)
        refused(message)
    np.save(folder / "query.npy", good)
    (folder / "query.csv").write_text(rows("name", *"abcdab"))
    refused("column label is missing")
    (folder / "query.csv").write_text(rows("label,path", *(f"a,{i}.png" for i in range(6))))
    refused("6 of 6 files named in the csv are not there, for example 0.png")
    (folder / "query.csv").unlink()
    refused("query.csv is missing")
