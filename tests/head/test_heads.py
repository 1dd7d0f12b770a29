import pytest
import torch
from torch import nn

from docclf import build
from docclf.backbone.timm import TimmBackbone
from docclf.encoder import Encoder
from docclf.errors import InputError
from docclf.head.flatten import Flatten
from docclf.head.gap import Gap
from docclf.head.norm import LayerBatchNorm
from docclf.head.squeeze import Squeeze
from docclf.provenance import cost


def encoder(head, norm=nn.LayerNorm, size=128, dim=256):
    backbone = TimmBackbone("lcnet_050", size)
    return Encoder(backbone, head(backbone.out_channels, build.map_size(backbone, size), dim, norm))


# Figures of DocClassifier's table (parameters x 4 / 1e6) and true multiply-accumulates at 128 px.
@pytest.mark.parametrize(
    "head, norm, parameters, megabytes, gmac",
    [
        (Flatten, nn.LayerNorm, 1_386_032, 5.54, 0.0152),
        (Squeeze, nn.LayerNorm, 615_984, 2.46, 0.0147),
        (Squeeze, LayerBatchNorm, 617_008, 2.47, 0.0147),
        (Gap, nn.LayerNorm, 402_992, 1.61, 0.0142),
    ],
)
def test_size_and_cost_of_the_original(head, norm, parameters, megabytes, gmac):
    facts = cost.describe(encoder(head, norm), 128)
    assert facts["parameters"] == parameters
    assert round(facts["megabytes"], 2) == megabytes
    assert round(facts["gmac"], 4) == gmac


@pytest.mark.parametrize("head", [Flatten, Squeeze, Gap])
@pytest.mark.parametrize("norm", [nn.Identity, nn.BatchNorm1d, nn.LayerNorm, LayerBatchNorm])
def test_odd_sizes(head, norm):
    module = head(12, (3, 5), 33, norm)
    out = module(torch.rand(5, 12, 3, 5))
    assert out.shape == (5, 33)
    out.square().sum().backward()
    assert all(p.grad is not None for p in module.parameters())


def test_layer_batch_norm_is_one_after_the_other():
    x = torch.randn(7, 33)
    expected = nn.BatchNorm1d(33)(nn.LayerNorm(33)(x))
    assert torch.equal(LayerBatchNorm(33)(x), expected)


def test_uint8_and_float_images_agree():
    network = encoder(Gap, size=64).eval()
    images = torch.randint(0, 256, (3, 3, 64, 64), dtype=torch.uint8)
    assert torch.equal(network(images), network(images.float() / 255.0))


def test_squeeze_refuses_a_ratio_above_the_channels():
    with pytest.raises(InputError, match="head.ratio=20"):
        Squeeze(12, (3, 3), 8, nn.LayerNorm, ratio=20)
