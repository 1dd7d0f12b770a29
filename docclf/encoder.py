"""The network that is trained, exported and used: backbone and head."""

import torch
from torch import Tensor, nn


class Encoder(nn.Module):
    """Image to embedding: the part of a run that is kept, evaluated and exported.

    Args:
        backbone: images [B,3,H,W] in [0, 1] to a map [B,C,h,w].
        head: map to embedding [B,D].
    """

    def __init__(self, backbone: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.backbone, self.head = backbone, head

    def forward(self, images: Tensor) -> Tensor:
        """Returns embeddings [B,D], not of unit length, of RGB images [B,3,H,W]: uint8, or float in [0, 1]."""
        if images.dtype == torch.uint8:
            images = images.to(next(self.parameters()).dtype) / 255.0
        return self.head(self.backbone(images.contiguous(memory_format=torch.channels_last)))
