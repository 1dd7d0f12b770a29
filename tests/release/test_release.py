"""A released folder: small, whole, true to its numbers, and usable as any checkpoint."""

import json

import pytest
import small_checkpoint
import torch

from docclf.checkpoint import network as trained
from docclf.checkpoint import read as checkpoint
from docclf.errors import InputError
from docclf.gallery.embedder import open_model
from docclf.release import __main__ as release

pytest.importorskip("onnx")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "seed3"
    (folder / ".hydra").mkdir(parents=True)
    (folder / ".hydra" / "overrides.yaml").write_text("- experiment=documents\n- data.root=/home/somebody/pool\n")
    ckpt = small_checkpoint.write(folder / "best.ckpt", "data.cache_dir=/home/somebody/cache")
    return folder, ckpt, small_checkpoint.metrics(folder / "metrics.json", trained.load(ckpt).fingerprint)


def test_the_folder(run, tmp_path, script):
    folder, ckpt, metrics = run
    out = tmp_path / "released" / "name"
    words = [ckpt, "--metrics", metrics, str(folder), "--out", str(out), "--data", "451 documents: Apache-2.0"]
    release.main([*words, "--note", "only cards", "--exporter", "legacy"])
    assert sorted(p.name for p in out.iterdir()) == ["card.md", "model.ckpt", "model.onnx", "thresholds.json"]
    assert [p.name for p in out.parent.iterdir()] == ["name"]
    for path in out.iterdir():
        assert b"/home/somebody" not in path.read_bytes()
    stored = checkpoint.load(out / "model.ckpt")
    assert set(stored) == {"state_dict", "docclf"} and not [k for k in stored["state_dict"] if "centres" in k]
    assert stored["docclf"]["config"]["data"]["cache_dir"] == "cache"
    models = [open_model(path) for path in (ckpt, out / "model.ckpt", out / "model.onnx")]
    assert len({model.fingerprint for model in models}) == 1
    table = json.loads((out / "thresholds.json").read_text())
    assert table["default"]["cosine"] == 0.625 and len(table["all"]) == 6
    done = script("evaluate.py", f"ckpt={out / 'model.ckpt'}", "report=false", "hydra.run.dir=e")
    assert done.code == 0, done.err


def test_the_card(run, tmp_path):
    _, ckpt, metrics = run
    out = release.release(
        ckpt, [metrics], tmp_path / "x", ["451 documents: CC0"], notes=["only cards"], exporter="legacy"
    )
    card = (out / "card.md").read_text()
    for text in (
        "| 1e-3 | 0.900 [0.800, 0.950] | 0.6250 | 5 (5) |",
        "| 1e-4 | not resolved: 4016 impostor pairs short; above all impostors 0.850 | - | - |",
        "`python train.py experiment=documents data.root=pool`",
        "- 451 documents: CC0",
        "licence of this model: Apache-2.0",
        "initial weights: random, so nobody else's",
        "evaluated at 0123456789ab",
        "the smallest FPR measured is 1e-3",
        "rests on 5 confused pairs of classes",
        "- only cards",
        "rank-1 0.750",
        "default: cosine 0.6250: TPR@FPR=1e-3 0.900 [0.800, 0.950], 5984 impostor pairs",
        "uint8 RGB [N,3,32,32]",
        "seed 0",
    ):
        assert text in card, text


def test_what_is_refused(run, tmp_path):
    _, ckpt, metrics = run
    with pytest.raises(InputError, match="exists"):
        release.release(ckpt, [metrics], tmp_path, ["x"])
    with pytest.raises(InputError, match="--data"):
        release.release(ckpt, [metrics], tmp_path / "x", [])
    other = small_checkpoint.metrics(tmp_path / "metrics.json", "0" * 64)
    with pytest.raises(InputError, match="one model only"):
        release.release(ckpt, [metrics, other], tmp_path / "x", ["x"])
    with pytest.raises(InputError, match="more than 0.01: release a smaller"):
        release.release(ckpt, [metrics], tmp_path / "x", ["x"], exporter="legacy", limit_mb=0.01)
    assert [p.name for p in tmp_path.iterdir()] == ["metrics.json"]


def test_a_released_model_is_released_again_unchanged(run, tmp_path):
    _, ckpt, metrics = run
    first = release.release(ckpt, [metrics], tmp_path / "a", ["x"], exporter="legacy")
    second = release.release(first / "model.ckpt", [metrics], tmp_path / "b", ["x"], exporter="legacy")
    a, b = (torch.load(folder / "model.ckpt", weights_only=True) for folder in (first, second))
    assert a["docclf"] == b["docclf"] and a["state_dict"].keys() == b["state_dict"].keys()
    assert all(torch.equal(a["state_dict"][k], b["state_dict"][k]) for k in a["state_dict"])
    assert "command: not recorded" in (second / "card.md").read_text()
