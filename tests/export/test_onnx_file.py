"""The exported file does what the checkpoint does, and says what it is."""

import json
import sys

import numpy as np
import pytest
import small_checkpoint
import torch
from torch import nn

from docclf.checkpoint import network as trained
from docclf.errors import InputError
from docclf.export import __main__
from docclf.export import onnx_file as export
from docclf.export import onnx_graph as graph
from docclf.export.fold_norms import folded
from docclf.head.norm import LayerBatchNorm
from docclf.model.network import Network
from docclf.model.onnx import Onnx
from docclf.results import thresholds

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


def noisy(module):
    for value in module.state_dict().values():
        if value.is_floating_point():
            value.copy_(torch.rand(value.shape) + 0.2)
    return module.eval()


@pytest.mark.parametrize("norm", [LayerBatchNorm, nn.LayerNorm, nn.BatchNorm1d, nn.Identity])
@pytest.mark.parametrize("bias", [True, False])
def test_folding_keeps_the_function(norm, bias):
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Linear(9, 7, bias=bias), norm(7), nn.Linear(7, 5, bias=bias), norm(5))
    network = noisy(nn.ModuleDict({"inner": layers}))
    before = [type(m) for m in network.modules()]
    new = folded(network)
    x = torch.randn(3, 9)
    torch.testing.assert_close(new["inner"](x), network["inner"](x), atol=2e-6, rtol=2e-6)
    assert not [m for m in new.modules() if isinstance(m, (nn.BatchNorm1d, LayerBatchNorm))]
    assert [type(m) for m in network.modules()] == before


def test_folding_rounds_once():
    torch.manual_seed(1)
    norm = noisy(LayerBatchNorm(33))
    x = torch.randn(5, 33)
    exact = norm.double()(x.double())
    found = folded(nn.Sequential(norm.float()))(x)
    assert (found.double() - exact).abs().max() < 4e-6


@pytest.fixture(scope="module")
def ckpt(tmp_path_factory):
    return small_checkpoint.write(tmp_path_factory.mktemp("ckpt") / "small.ckpt")


@pytest.fixture(scope="module")
def exported(ckpt, tmp_path_factory):
    out = tmp_path_factory.mktemp("onnx") / "model.onnx"
    return str(out), export.export(ckpt, out)  # the exporter that users get


def test_what_is_in_the_file(ckpt, exported):
    path, about = exported
    model = onnx.load(path)
    assert [(part.domain, part.version) for part in model.opset_import] == [("", export.OPSET)]
    (pixels,), (vectors,) = model.graph.input, model.graph.output
    shape = [d.dim_param or d.dim_value for d in pixels.type.tensor_type.shape.dim]
    assert isinstance(shape[0], str) and shape[1:] == [3, 32, 32]
    assert pixels.type.tensor_type.elem_type == onnx.TensorProto.UINT8
    assert [d.dim_value for d in vectors.type.tensor_type.shape.dim][1:] == [24]
    assert not [n for n in model.graph.node if n.op_type == "BatchNormalization"]
    content = model.SerializeToString()
    assert b"/home" not in content and b".py" not in content and b"site-packages" not in content
    stored = {row.key: row.value for row in model.metadata_props}
    assert len(stored.pop("sha256")) == 64 and stored == about
    assert json.loads(about["parity"])["max_abs_error"] < 1e-5 and json.loads(about["parity"])["batches"] == [
        1,
        2,
        7,
        32,
    ]
    assert about["image_size"] == "32" and about["embed_dim"] == "24"
    assert about["weights_sha256"] == trained.load(ckpt).fingerprint
    assert json.loads(about["config"])["backbone"]["name"] == "test_efficientnet"
    assert json.loads(about["data"])["data"]["root"] == "pictures"
    assert json.loads(about["licences"])["data"] == trained.DRAWN
    assert export.metadata(Onnx(path).session).items() >= about.items()


@pytest.mark.parametrize("batch", [1, 3, 33])
def test_agrees_with_the_checkpoint(ckpt, exported, batch):
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (batch, 3, 32, 32), dtype=np.uint8))
    found = trained.load(ckpt)
    want = nn.functional.normalize(Network(found.encoder, 32)(images), dim=1)
    got = Onnx(exported[0])(images)
    torch.testing.assert_close(got, want, atol=2e-6, rtol=0)
    torch.testing.assert_close(got.norm(dim=1), torch.ones(batch), atol=1e-6, rtol=0)


def test_evaluate_gives_the_same_numbers(ckpt, exported, script, tmp_path):
    data = ["data=synthetic", "metric=register_query", "data.num_designs=24", "data.val_designs=8"]
    data += ["data.test_designs=8", "data.batch_size=12", "metric.replicates=20", "report=false", "seed=0"]
    metrics = []
    for name, model in (("a", [f"ckpt={ckpt}"]), ("b", ["model=onnx", f"model.path={exported[0]}"])):
        done = script("evaluate.py", *model, *data, f"hydra.run.dir={name}")
        assert done.code == 0, done.err
        metrics.append(json.loads((tmp_path / name / "metrics.json").read_text()))
    a, b = metrics
    compared = [key for key in a if key.startswith(("tpr", "false_accepts", "rank", "resolved")) and "/" not in key]
    assert len(compared) > 10 and {k: a[k] for k in compared} == {k: b[k] for k in compared}
    for key in (k for k in a if k.startswith("threshold@") and a[k] is not None):
        assert b[key] == pytest.approx(a[key], abs=1e-5)


@pytest.mark.parametrize("norm", ["bn", "ln", "none"])
def test_float_input_and_the_other_exporter(tmp_path, norm):
    path = small_checkpoint.write(tmp_path / "x.ckpt", f"norm={norm}")
    about = export.export(path, tmp_path / "x.onnx", input="float", exporter="legacy", opset=17, licence="MIT")
    assert about["opset"] == "17" and json.loads(about["licences"])["model"] == "MIT"
    assert Onnx(str(tmp_path / "x.onnx")).input.type == "tensor(float)"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.ckpt", "x.onnx"]


def test_thresholds_carry_their_evidence(ckpt, tmp_path):
    path = small_checkpoint.metrics(tmp_path / "metrics.json", trained.load(ckpt).fingerprint)
    about = export.export(ckpt, tmp_path / "x.onnx", metrics=path, exporter="legacy")
    rows = json.loads(about["thresholds"])
    assert [(row["rate"], row["target"]) for row in rows] == [("fpr", "1e-1"), ("fpr", "1e-3"), ("fpir", "1e-1")]
    assert rows[1]["cosine"] == 0.625 and rows[1]["tpr"] == 0.9 and rows[1]["negatives"] == 5984
    assert rows[1]["interval"] == [0.8, 0.95] and rows[1]["false_accepts"] == 5 and rows[1]["split"] == "test"
    assert "5984 impostor pairs, 5 accepted" in thresholds.sentence(rows[1])
    with pytest.raises(InputError, match="holds for one model only"):
        export.export(
            ckpt,
            tmp_path / "y.onnx",
            metrics=small_checkpoint.metrics(tmp_path / "m.json", "0" * 64),
            exporter="legacy",
        )
    assert not (tmp_path / "y.onnx").exists()


def test_choosing_a_threshold(tmp_path):
    rows = thresholds.measured(thresholds.read(small_checkpoint.metrics(tmp_path / "m.json", "a")), "m")
    assert thresholds.choose(rows, "m")["target"] == "1e-3"  # 1e-4 is not resolved
    assert thresholds.choose(rows, "m", target="0.1")["target"] == "1e-1"
    assert thresholds.choose(rows, "m", "fpir")["cosine"] == 0.57
    for target in ("1e-4", "0.5", "x"):
        with pytest.raises(InputError, match="1e-1, 1e-3"):
            thresholds.choose(rows, "m", target=target)
    with pytest.raises(InputError, match="resolves no FPR"):
        thresholds.choose([], "m")
    with pytest.raises(InputError, match=r"cosine in \[-1, 1\]"):
        thresholds.given(62.7)


@pytest.mark.parametrize("content", [None, "{", "[]", '{"tpr": 1}'])
def test_what_is_no_metrics_json(tmp_path, content):
    if content is not None:
        (tmp_path / "metrics.json").write_text(content)
    with pytest.raises(InputError, match="metrics.json"):
        thresholds.read(tmp_path / "metrics.json")


def test_a_graph_that_differs_is_not_written(ckpt, tmp_path, monkeypatch):
    monkeypatch.setattr(graph, "folded", lambda network: nn.Sequential(network, nn.Hardtanh(-0.1, 0.1)).eval())
    with pytest.raises(InputError, match="differs from PyTorch"):
        export.export(ckpt, tmp_path / "x.onnx", exporter="legacy")
    monkeypatch.setattr(graph, "folded", lambda network: nn.Sequential(network, _Nan()).eval())
    with pytest.raises(InputError, match="differs from PyTorch by nan"):
        export.export(ckpt, tmp_path / "x.onnx", exporter="legacy")
    assert list(tmp_path.iterdir()) == []


class _Nan(nn.Module):
    def forward(self, x):
        return x * torch.tensor(float("nan"))


def test_what_is_refused(ckpt, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="ends in .onnx"):
        export.export(ckpt, tmp_path / "x.pt")
    for name in ("input", "exporter"):
        with pytest.raises(InputError, match=f"{name}='x'"):
            export.export(ckpt, tmp_path / "x.onnx", **{name: "x"})
    torch.save({"state_dict": {}}, tmp_path / "other.ckpt")
    with pytest.raises(InputError, match="not written by docclf"):
        export.export(tmp_path / "other.ckpt", tmp_path / "x.onnx")
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(InputError, match=r"docclf\[export\]"):
        export.export(ckpt, tmp_path / "x.onnx")


def test_the_command(ckpt, tmp_path, capsys):
    __main__.main([ckpt, "--out", str(tmp_path / "x.onnx"), "--exporter", "legacy"])
    printed = capsys.readouterr().out
    assert "max_abs_error" in printed and "threshold: none" in printed
