"""A gallery file is what docclf writes, or refused by name."""

import json

import numpy as np
import pytest

from docclf.errors import InputError
from docclf.gallery import storage
from docclf.gallery.embedder import Embedder
from docclf.gallery.gallery import Gallery
from docclf.gallery.images import Picture
from docclf.model.hog import Hog
from docclf.results import thresholds
from docclf.results.evidence import all_checked, checked


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    path = tmp_path_factory.mktemp("gallery") / "g.npz"
    embedder = Embedder(Hog(32), "hog")
    gallery = Gallery(embedder)
    image = np.random.default_rng(0).integers(0, 256, (2, 40, 47, 3), dtype=np.uint8)
    gallery.register([Picture(f"L{i}", f"{i}.png", f"{i:064}", image[i]) for i in range(2)])
    gallery.set_threshold(thresholds.given(0.5))
    storage.save(gallery, path)
    return embedder, dict(np.load(path))


def changed(path, stored, head=None, **arrays):
    about = json.loads(stored["head"].tobytes()) | (head or {})
    text = np.frombuffer(json.dumps(about).encode(), np.uint8)
    np.savez(path, **{**stored, "head": text, **arrays})
    return path


def test_an_unchanged_one_is_loaded(tmp_path, stored):
    embedder, arrays = stored
    assert storage.load(changed(tmp_path / "g.npz", arrays), embedder).counts() == {"L0": 1, "L1": 1}


@pytest.mark.parametrize(
    "make",
    [
        lambda v: {"vectors": v * 100},
        lambda v: {"vectors": v * 1.001},
        lambda v: {"vectors": v * 0},
        lambda v: {"vectors": v[:, :7]},
        lambda v: {"vectors": v[:1]},
        lambda v: {"vectors": v[:, :, None]},
        lambda v: {"vectors": v.astype(np.float64)},
        lambda v: {"vectors": v.astype(np.float16)},
        lambda v: {"vectors": np.full_like(v, np.nan)},
        lambda v: {"vectors": np.ones_like(v, np.int64)},
        lambda v: {"vectors": v.astype("U8")},
        lambda v: {"probe": v.astype(np.int8)},
        lambda v: {"probe": v * 3},
        lambda v: {"head": {"labels": "L0L1"}},
        lambda v: {"head": {"labels": ["L0", 1]}},
        lambda v: {"head": {"labels": ["L0", "\x1b[31mred"]}},
        lambda v: {"head": {"labels": ["L0", ""]}},
        lambda v: {"head": {"names": [None, None]}},
        lambda v: {"head": {"sha256": {}}},
        lambda v: {"head": {"version": "1"}},
        lambda v: {"head": {"fingerprint": None}},
        lambda v: {"head": {"image_size": 10**9}},
        lambda v: {"head": {"image_size": "32"}},
        lambda v: {"head": {"threshold": "x"}},
        lambda v: {"head": {"threshold": {}}},
        lambda v: {"head": {"threshold": {"cosine": float("nan")}}},
        lambda v: {"head": {"threshold": {"cosine": 1.5}}},
        lambda v: {"head": {"threshold": {"cosine": True}}},
        lambda v: {"head": {"threshold": {"cosine": 0.5, "rate": "fpr"}}},
    ],
)
def test_anything_else_is_refused(tmp_path, stored, make):
    embedder, arrays = stored
    path = changed(tmp_path / "g.npz", arrays, **make(arrays["vectors"]))
    for model in (embedder, None):
        with pytest.raises(InputError):
            storage.load(path, model)


@pytest.mark.parametrize("head", [b"[]", b"{", b"[" * 100_000, b"\xff\xfe", b"1" * 10_000, b""])
def test_a_head_that_is_no_object(tmp_path, stored, head):
    np.savez(tmp_path / "g.npz", **{**stored[1], "head": np.frombuffer(head, np.uint8)})
    with pytest.raises(InputError, match="g.npz"):
        storage.load(tmp_path / "g.npz")


ROW = {
    "cosine": 0.6, "rate": "fpr", "target": "1e-3", "tpr": 0.9, "interval": [0.8, 0.95], "false_accepts": 5,
    "class_pairs": 5, "positives": 136, "negatives": 5984, "protocol": "register_query", "fusion": "max",
    "split": "test", "data": {"kind": "folder", "fingerprint": "f"}, "commit": "0", "source": "a/metrics.json",
}  # fmt: skip


def test_a_measured_threshold_is_taken_as_it_is():
    assert checked(ROW, "x") == ROW
    assert "TPR@FPR=1e-3 0.900" in thresholds.sentence(checked(ROW, "x"))


@pytest.mark.parametrize(
    "change",
    [
        {"cosine": -1}, {"cosine": -1.0}, {"cosine": float("nan")}, {"cosine": float("inf")}, {"cosine": "0.6"},
        {"cosine": None}, {"rate": "tpr"}, {"rate": 1}, {"target": 1e-3}, {"target": "0"}, {"target": "nan"},
        {"target": "x"}, {"tpr": None}, {"tpr": 2}, {"tpr": "0.9"}, {"interval": [0.1]}, {"interval": [None, 0.3]},
        {"interval": "ab"}, {"negatives": -1}, {"negatives": None}, {"false_accepts": 5984}, {"false_accepts": 0.5},
        {"protocol": ["x"]}, {"fusion": 3}, {"data": "folder"}, {"data": {"kind": []}}, {"source": "x" * 5000},
    ],
)  # fmt: skip
def test_evidence_that_no_measurement_gives(change):
    with pytest.raises(InputError, match=r"model.onnx: threshold 0"):
        all_checked([ROW | change], "model.onnx")


@pytest.mark.parametrize("rows", [None, {}, "x", [None], [[]], [ROW] * 2000])
def test_lists_of_thresholds_that_are_none(rows):
    with pytest.raises(InputError, match="x"):
        all_checked(rows, "x")
