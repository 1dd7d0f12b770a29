import json
import sys

import numpy as np
import pytest
import torch
from conftest import TINY
from torch import nn

from docclf.errors import InputError
from docclf.model.onnx import Onnx

pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the exporter that needs no onnxscript
DATA = ["data=synthetic", "metric=register_query", *(word for word in TINY if not word.startswith("trainer."))]


class Encoder(nn.Module):
    """Takes uint8 pixels, or floats in [0, 1], and embeds them in 7 numbers."""

    def __init__(self, flat=True):
        super().__init__()
        torch.manual_seed(0)
        self.net, self.flat = nn.Sequential(nn.Conv2d(3, 5, 3, 2), nn.ReLU(), nn.Conv2d(5, 7, 3, 2)), flat

    def forward(self, images):
        images = images.float() / 255 if images.dtype == torch.uint8 else images
        found = self.net(images)
        return found.mean((2, 3)) if self.flat else found


def export(path, example, dynamic=None, flat=True):
    encoder = Encoder(flat).eval()
    axes = {"images": dynamic} if dynamic else None
    torch.onnx.export(
        encoder, (example,), str(path), input_names=["images"], dynamic_axes=axes, dynamo=False, opset_version=17
    )
    return encoder


@pytest.fixture
def images():
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (5, 3, 24, 24), dtype=np.uint8))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@pytest.mark.parametrize("batch", [None, 1, 2])
def test_agrees_with_torch(tmp_path, images, dtype, batch):
    example = images[: batch or 2].to(dtype)
    encoder = export(tmp_path / "e.onnx", example, None if batch else {0: "batch"})
    model = Onnx(str(tmp_path / "e.onnx")).to(torch.device("cpu"))
    assert model.image_size == 24
    found = model(images)
    assert found.dtype == torch.float32 and found.shape == (5, 7)
    torch.testing.assert_close(found, encoder(images).detach(), atol=1e-5, rtol=0)


def test_a_side_left_open_must_be_given(tmp_path, images):
    path = str(tmp_path / "e.onnx")
    encoder = export(path, images.float(), {0: "batch", 2: "side", 3: "side"})
    with pytest.raises(InputError, match="model.image_size=S"):
        Onnx(path)
    torch.testing.assert_close(Onnx(path, 24)(images), encoder(images).detach(), atol=1e-5, rtol=0)


def test_bad_files_are_refused(tmp_path, images, monkeypatch):
    with pytest.raises(InputError, match="no such file"):
        Onnx(str(tmp_path / "none.onnx"))
    (tmp_path / "text.onnx").write_text("no graph")
    with pytest.raises(InputError, match="no ONNX file"):
        Onnx(str(tmp_path / "text.onnx"))
    export(tmp_path / "map.onnx", images.float(), flat=False)
    with pytest.raises(InputError, match=r"want embeddings \[B,D\]"):
        Onnx(str(tmp_path / "map.onnx"))
    export(tmp_path / "e.onnx", images.float())
    with pytest.raises(InputError, match="takes 24"):
        Onnx(str(tmp_path / "e.onnx"), 32)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(InputError, match=r"docclf\[export\]"):
        Onnx(str(tmp_path / "e.onnx"))


def test_other_inputs_are_refused(tmp_path, images):
    class Two(nn.Module):
        def forward(self, one, other):
            return one.mean((2, 3)) + other.mean((2, 3))

    path = str(tmp_path / "two.onnx")
    torch.onnx.export(Two(), (images.float(), images.float()), path, dynamo=False)
    with pytest.raises(InputError, match="2 inputs"):
        Onnx(path)
    torch.onnx.export(nn.Linear(4, 2), (torch.zeros(3, 4),), path, dynamo=False)
    with pytest.raises(InputError, match=r"want images \[B,3,S,S\]"):
        Onnx(path)


def test_evaluate_runs_it(tmp_path, images, script):
    export(tmp_path / "e.onnx", images[:2], {0: "batch"})
    done = script("evaluate.py", "model=onnx", f"model.path={tmp_path / 'e.onnx'}", *DATA, "hydra.run.dir=here")
    assert done.code == 0, done.err
    assert json.loads((tmp_path / "here" / "metrics.json").read_text())["about"]["model"]["class"].endswith("Onnx")
