import numpy as np
import pytest
import timm
import torch
from huggingface_hub import constants
from teacher_cases import DataSet

from docclf.errors import InputError
from docclf.teacher.term.cosine import Cosine
from docclf.teacher.timm import Timm


def teacher(name, weights, **options):
    return Timm(name, weights, {"cosine": Cosine()}, 8, 16, 0, DataSet(), **options)


@pytest.fixture
def images():
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 3, 160, 160), dtype=np.uint8))


@pytest.mark.parametrize("name", ["test_resnet.r160_in1k", "test_vit.r160_in1k"])
@pytest.mark.parametrize("head", [False, True])
def test_a_file_gives_timms_features_with_timms_preprocessing(tmp_path, images, name, head):
    torch.manual_seed(1)
    net = timm.create_model(name, **({} if head else {"num_classes": 0})).eval()
    torch.save(net.state_dict(), tmp_path / "w.pth")
    own = teacher(name, str(tmp_path / "w.pth"), head=head)
    config = timm.data.resolve_model_data_config(net)
    mean, std = (torch.tensor(config[key]).view(3, 1, 1) for key in ("mean", "std"))
    assert own.tower.pixels.side == 160 and own.tower.pixels.interpolation == config["interpolation"]
    with torch.no_grad():
        want = net((images / 255 - mean) / std)
    assert own.width == want.shape[1] and (not head or own.width == 1000)
    torch.testing.assert_close(own.tower(images), want, atol=1e-5, rtol=1e-4)


def test_a_full_networks_file_fits_without_its_classifier(tmp_path, images):
    net = timm.create_model("test_resnet").eval()
    torch.save(net.state_dict(), tmp_path / "w.pth")
    own = teacher("test_resnet", str(tmp_path / "w.pth"), side=96)
    assert own.tower.pixels.side == 96 and own.width == net.num_features


def test_what_cannot_be_had_or_is_unclear_is_refused(tmp_path, monkeypatch):
    torch.save(timm.create_model("test_vit").state_dict(), tmp_path / "w.pth")
    path = str(tmp_path / "w.pth")
    with pytest.raises(InputError, match="teaches nothing"):
        teacher("test_resnet", None)
    with pytest.raises(InputError, match="of this very network"):
        teacher("test_resnet", path)
    with pytest.raises(InputError, match="both or neither"):
        teacher("test_vit", path, image_mean=[0.5] * 3)
    with pytest.raises(InputError, match="Name the tag in teacher.name.*vit_base_patch16_224"):
        teacher("vit_base_patch16_224", path)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    for name in ("vit_base_patch32_clip_quickgelu_224.openai", "vit_small_patch16_224.dino"):
        with pytest.raises(InputError, match="cannot be reached.*teacher.weights=PATH"):
            teacher(name, "pretrained")


def test_the_licence_of_a_file_is_what_the_user_says(tmp_path):
    torch.save(timm.create_model("test_resnet").state_dict(), tmp_path / "w.pth")
    path = str(tmp_path / "w.pth")
    assert teacher("test_resnet", path).describe()["licence"] == "not stated"
    assert teacher("test_resnet", path, licence="CC0").describe()["licence"] == "CC0"
