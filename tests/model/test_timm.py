import numpy as np
import pytest
import timm
import torch
from huggingface_hub import constants

from docclf.errors import InputError
from docclf.model.timm import Timm


@pytest.fixture
def images():
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (3, 3, 64, 64), dtype=np.uint8))


@pytest.mark.parametrize("name", ["test_efficientnet", "test_vit"])
def test_a_file_gives_the_features_of_timm_itself(tmp_path, images, name):
    torch.manual_seed(1)
    net = timm.create_model(name, num_classes=0, **({"img_size": 64} if name == "test_vit" else {})).eval()
    torch.save(net.state_dict(), tmp_path / "w.pth")
    model = Timm(name, str(tmp_path / "w.pth"), 64).to(torch.device("cpu"))
    config = timm.data.resolve_model_data_config(net)
    mean, std = (torch.tensor(config[key]).view(3, 1, 1) for key in ("mean", "std"))
    with torch.no_grad():
        expected = torch.cat([net(((image / 255 - mean) / std)[None]) for image in images])
    found = model(images)
    assert found.dtype == torch.float32 and found.shape == (3, net.num_features)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    assert model.describe()["mean"] == pytest.approx(config["mean"])


def test_the_side_is_that_of_the_weights_unless_given():
    assert Timm("test_efficientnet", None).image_size == 160
    assert Timm("test_efficientnet", None, 96).image_size == 96


def test_what_cannot_be_had_is_refused(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="no timm model.*lcnet_050"):
        Timm("lcnet_51", None)
    with pytest.raises(InputError, match="model.weights=.* is no file"):
        Timm("test_efficientnet", str(tmp_path / "absent.pth"))
    torch.save(timm.create_model("test_vit").state_dict(), tmp_path / "other.pth")
    with pytest.raises(InputError, match="of this very network"):
        Timm("test_efficientnet", str(tmp_path / "other.pth"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with pytest.raises(InputError, match="cannot be reached.*model.weights=PATH"):
        Timm("resnet101", "pretrained")
