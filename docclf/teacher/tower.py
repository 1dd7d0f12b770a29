"""A frozen network from uint8 images to features."""

import torch
from torch import Tensor, nn

from docclf.errors import InputError
from docclf.ops import fingerprint
from docclf.teacher.pixels import Pixels

PRECISIONS = ("auto", "float32", "bfloat16")


class Tower:
    """A network that never learns: in eval mode, without gradients, and no part of the module that holds it.

    It is no nn.Module on purpose: so neither optimizer nor checkpoint nor DDP nor ``train()`` can reach its weights.
    It follows the images to their device.

    Args:
        net: takes what ``pixels`` makes and returns features [B,W], or a tuple that starts with them.
        pixels: the preprocessing.
        facts: plain values that say what it is: kind, name, weights, licence.
        precision: ``float32``, ``bfloat16`` (matrix products under autocast), or ``auto``: bfloat16 on a GPU that
            has it, float32 elsewhere.

    Raises:
        InputError: another precision.
    """

    def __init__(self, net: nn.Module, pixels: Pixels, facts: dict, precision: str = "auto") -> None:
        if precision not in PRECISIONS:
            raise InputError(f"teacher.precision={precision!r}: choose one of {', '.join(PRECISIONS)}.")
        self.net = net.eval().requires_grad_(False).to(memory_format=torch.channels_last)
        self.pixels, self.facts, self.precision = pixels, facts, precision
        self.width = self(torch.zeros(1, 3, pixels.side, pixels.side, dtype=torch.uint8)).shape[1]

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Tensor:
        """Returns float32 features [B,W], of any length, of uint8 RGB images [B,3,S,S]."""
        device = images.device
        if next(self.net.parameters()).device != device:
            self.net.to(device)
        low = self.precision_on(device) == "bfloat16"
        pixels = self.pixels(images).contiguous(memory_format=torch.channels_last)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=low):
            features = self.net(pixels)
        features = features[0] if isinstance(features, tuple) else features
        if features.ndim != 2:
            raise InputError(
                f"teacher: {self.facts.get('name')} returns {list(features.shape)}; want features [B,W]. Choose "
                "another network, or one with pooling."
            )
        return features.float()

    def precision_on(self, device: torch.device) -> str:
        """Returns the precision in force on a device."""
        if self.precision != "auto":
            return self.precision
        return "bfloat16" if device.type == "cuda" and torch.cuda.is_bf16_supported() else "float32"

    def fingerprint(self) -> str:
        """Returns the sha256 of names, types and values of the weights."""
        return fingerprint(self.net)

    def describe(self) -> dict:
        """Returns facts, width, weights and preprocessing as plain values."""
        weights = {"width": self.width, "weights_sha256": self.fingerprint()}
        return {**self.facts, **weights, "preprocessing": self.pixels.describe()}
