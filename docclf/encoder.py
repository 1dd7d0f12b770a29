"""The network that is trained, exported and used: backbone and head; and several of them as one."""

import torch
from torch import Tensor, nn

from docclf.ops import unit


class Encoder(nn.Module):
    """Image to embedding: the part of a run that is kept, evaluated and exported.

    Args:
        backbone: images [B,3,H,W] in [0, 1] to a map [B,C,h,w].
        head: map to embedding [B,D].
    """

    def __init__(self, backbone: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.backbone, self.head = backbone, head

    def features(self, images: Tensor) -> Tensor:
        """Returns the map [B,C,h,w] of RGB images [B,3,H,W]: uint8, or float in [0, 1]."""
        if images.dtype == torch.uint8:
            images = images.to(next(self.parameters()).dtype) / 255.0
        return self.backbone(images.contiguous(memory_format=torch.channels_last))

    def forward(self, images: Tensor) -> Tensor:
        """Returns embeddings [B,D], not of unit length, of RGB images [B,3,H,W]: uint8, or float in [0, 1]."""
        return self.head(self.features(images))


class Joined(nn.Module):
    """Several encoders as one: their unit vectors side by side over the root of their number.

    The cosine of two joined vectors is the mean of the cosines of the parts.

    Args:
        parts: encoders that take images of one size.
    """

    def __init__(self, parts: list[nn.Module]) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)

    def forward(self, images: Tensor) -> Tensor:
        """Returns unit vectors [B, D_1 + ... + D_n] of RGB images [B,3,H,W]."""
        return torch.cat([unit(part(images)) for part in self.parts], 1) / len(self.parts) ** 0.5
