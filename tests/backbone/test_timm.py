import time

import pytest
import safetensors.torch
import timm
import torch

from docclf.backbone.timm import TimmBackbone
from docclf.errors import InputError


@pytest.mark.parametrize(
    "name, channels", [("lcnet_050", 256), ("efficientnet_b0", 320), ("mobilenetv4_conv_small", 960), ("resnet18", 512)]
)
def test_last_map(name, channels):
    backbone = TimmBackbone(name, image_size=128).eval()
    assert backbone.out_channels == channels
    assert backbone(torch.rand(2, 3, 128, 128)).shape == (2, channels, 4, 4)


def test_vit_takes_the_image_size():
    backbone = TimmBackbone("vit_tiny_patch16_224", image_size=64).eval()
    assert backbone(torch.rand(1, 3, 64, 64)).shape == (1, 192, 4, 4)
    assert backbone.mean.flatten().tolist() == [0.5, 0.5, 0.5]


def test_constants_come_from_timm():
    config = timm.data.resolve_model_data_config(timm.create_model("lcnet_050"))
    backbone = TimmBackbone("lcnet_050", image_size=64)
    assert torch.equal(backbone.mean.flatten(), torch.tensor(config["mean"]))
    assert {"mean", "std"} <= set(backbone.state_dict())


def test_stride_drops_what_is_not_needed():
    whole, cut = TimmBackbone("lcnet_050", 64, stride=32), TimmBackbone("lcnet_050", 64)
    assert cut(torch.rand(2, 3, 64, 64)).shape == (2, 128, 4, 4)
    assert sum(p.numel() for p in cut.parameters()) < sum(p.numel() for p in whole.parameters())
    cut(torch.rand(2, 3, 64, 64)).sum().backward()
    assert all(p.grad is not None for p in cut.parameters())
    fresh = TimmBackbone("lcnet_050", 64).state_dict()
    assert all(torch.equal(v, torch.zeros_like(v)) for k, v in fresh.items() if k.endswith("running_mean"))
    with pytest.raises(InputError, match=r"stride=5.*\[2, 4, 8, 16, 32\]"):
        TimmBackbone("lcnet_050", 64, stride=5)


def test_unknown_name_names_near_ones():
    with pytest.raises(InputError, match="lcnet_050"):
        TimmBackbone("lcnet_55", 64)


@pytest.mark.parametrize("suffix", ["safetensors", "pth"])
def test_weights_from_a_file(tmp_path, suffix):
    torch.manual_seed(3)
    source = timm.create_model("test_efficientnet", num_classes=7)
    path = tmp_path / f"weights.{suffix}"
    if suffix == "pth":
        torch.save(source.state_dict(), path)
    else:
        safetensors.torch.save_file(source.state_dict(), path)
    torch.manual_seed(4)
    backbone = TimmBackbone("test_efficientnet", 64, weights=str(path))
    assert torch.equal(backbone.net.conv_stem.weight, source.conv_stem.weight)


def test_weights_of_another_network_are_refused(tmp_path):
    path = tmp_path / "other.pth"
    torch.save(timm.create_model("test_resnet").state_dict(), path)
    with pytest.raises(InputError, match="of this very network"):
        TimmBackbone("test_efficientnet", 64, weights=str(path))


def test_missing_file_and_unreachable_hub_fail_clearly_and_soon(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="is no file"):
        TimmBackbone("lcnet_050", 64, weights=str(tmp_path / "absent.pth"))
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "https://hub.invalid")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("urllib.request.getproxies", dict)
    started = time.monotonic()
    with pytest.raises(InputError, match="not in the local cache"):
        TimmBackbone("lcnet_050", 64, weights="pretrained")
    assert time.monotonic() - started < 10  # a hang of the hub client takes 40 s and more
