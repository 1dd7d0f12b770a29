"""The network that finds sheets: where they are, and for each place of one, where its corners are."""

import timm
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from docclf.pretrained.timm import forget, timm_options

NAME = "tf_efficientnet_lite0"
STAGES = 5  # of its seven: to stride 16
FROZEN = ("conv_stem", "bn1", "blocks.0", "blocks.1", "blocks.2")  # edges and textures, which ImageNet taught
MASK, VOTE = 4, 8  # strides of the two maps


class Finder(nn.Module):
    """EfficientNet-Lite0 (arXiv:1905.11946) to stride 16 and a light decoder (arXiv:1612.03144).

    Args:
        weights: of the encoder, as docclf.pretrained.timm takes them; ``None`` for random ones.
        width: channels of the decoder.
    """

    def __init__(self, weights: str | None = None, width: int = 64) -> None:
        super().__init__()
        options = timm_options(NAME, weights, "weights")
        self.encoder = timm.create_model(NAME, features_only=True, out_indices=(1, 2, 3), **options)
        forget(self.encoder)
        for stage in range(STAGES, len(self.encoder.blocks)):
            self.encoder.blocks[stage] = nn.Identity()
        fine, middle, coarse = self.encoder.feature_info.channels()
        self.squeeze = nn.Sequential(_point(coarse, width), _separable(width, 5), _separable(width, 5))
        self.whole = nn.Linear(width, width)
        self.middle = nn.Conv2d(middle, width, 1)
        self.votes = nn.Sequential(_separable(width, 5), _separable(width, 5), nn.Conv2d(width, 8, 1))
        self.narrow, self.fine = nn.Conv2d(width, width // 2, 1), nn.Conv2d(fine, width // 2, 1)
        self.mask = nn.Sequential(_separable(width // 2, 3), _separable(width // 2, 3), nn.Conv2d(width // 2, 1, 1))
        for name, parameter in self.encoder.named_parameters():
            parameter.requires_grad_(not name.startswith(FROZEN))

    def train(self, mode: bool = True) -> "Finder":
        """Sets the decoder's mode; the encoder's norms keep the statistics they came with."""
        super().train(mode)
        self.encoder.eval()
        return self

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Returns logits of the sheet [B,H/4,W/4] and corners [B,8,H/8,W/8] relative to each place, in frames.

        Args:
            images: RGB [B,3,H,W], uint8, or float in [0, 1]; sides a multiple of 32.
        """
        scaled = images.float() / 255 if images.dtype == torch.uint8 else images
        fine, middle, coarse = self.encoder(scaled * 2 - 1)
        coarse = self.squeeze(coarse)
        coarse = coarse + self.whole(coarse.mean((2, 3)))[:, :, None, None]
        middle = F.relu(self.middle(middle) + F.interpolate(coarse, scale_factor=2.0, mode="nearest"))
        votes = self.votes[:2](middle)
        fine = self.fine(fine) + F.interpolate(self.narrow(votes), scale_factor=2.0, mode="nearest")
        return self.mask(F.relu(fine))[:, 0], self.votes[2](votes)


def _point(inner: int, outer: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(inner, outer, 1, bias=False), nn.BatchNorm2d(outer), nn.ReLU())


def _separable(width: int, side: int) -> nn.Module:
    depth = nn.Conv2d(width, width, side, padding=side // 2, groups=width, bias=False)
    return nn.Sequential(depth, nn.BatchNorm2d(width), nn.ReLU(), _point(width, width))
