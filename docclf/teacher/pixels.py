"""uint8 views of the student to what a tower takes, batched, on the device they are on."""

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from docclf.errors import InputError

KINDS = ("bicubic", "bilinear")


class Pixels:
    """Resizes square uint8 images to the tower's side and normalises them.

    Views are square, so that shortest-edge, longest-edge and squashing resizes with a centre crop are one and the
    same, and nothing is cropped. The resize rounds to whole grey levels, as a file on disk would have them.

    Args:
        side: side of the tower's input in pixels.
        mean: of R, G, B in [0, 1].
        std: of R, G, B.
        interpolation: ``bicubic`` or ``bilinear``, with antialiasing where it shrinks.

    Raises:
        InputError: another interpolation.
    """

    def __init__(self, side: int, mean: list[float], std: list[float], interpolation: str) -> None:
        if interpolation not in KINDS:
            raise InputError(f"teacher.interpolation={interpolation!r}: want {' or '.join(KINDS)}.")
        self.side, self.interpolation = int(side), interpolation
        self.mean, self.std = ([round(float(x), 8) for x in values] for values in (mean, std))

    def __call__(self, images: Tensor) -> Tensor:
        """Returns float32 [B,3,side,side], normalised, of uint8 RGB images [B,3,S,S]."""
        mean, std = (torch.tensor(v, device=images.device).view(1, 3, 1, 1) for v in (self.mean, self.std))
        return (self.resized(images).float() / 255.0 - mean) / std

    def resized(self, images: Tensor) -> Tensor:
        """Returns the images at the tower's side, in whole levels 0 to 255: uint8 as they came, or float32."""
        if images.shape[-2:] == (self.side, self.side):
            return images
        size = (self.side, self.side)
        wide = interpolate(images.float(), size, mode=self.interpolation, antialias=True, align_corners=False)
        return wide.round_().clamp_(0.0, 255.0)

    def describe(self) -> dict:
        """Returns what the fingerprint of a cache and the results name of it."""
        return {"side": self.side, "mean": self.mean, "std": self.std, "interpolation": self.interpolation}
