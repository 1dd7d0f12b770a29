"""An encoder as something to evaluate."""

import torch
from torch import Tensor, nn

from docclf.errors import InputError
from docclf.model.base import Model


class Network(Model):
    """A trained or an untrained encoder.

    Args:
        encoder: images to embeddings.
        image_size: side of its input in pixels.
        source: ``"checkpoint"`` or ``"untrained"``; where the weights come from, which the builder honours.
    """

    def __init__(self, encoder: nn.Module, image_size: int, source: str = "checkpoint") -> None:
        if source not in ("checkpoint", "untrained"):
            raise InputError(f"model.source={source!r}: want checkpoint or untrained.")
        self.encoder, self.image_size, self.source = encoder.eval(), image_size, source

    def to(self, device: torch.device) -> "Network":
        """Moves the weights."""
        self.encoder.to(device)
        return self

    @torch.inference_mode()
    def __call__(self, images: Tensor) -> Tensor:
        """Returns float32 embeddings [B,D] of uint8 RGB images [B,3,H,W]."""
        return self.encoder(images).float()
