"""Any timm network as something to evaluate."""

import timm
import torch
from torch import Tensor

from docclf.errors import InputError
from docclf.model.base import Model
from docclf.pretrained.timm import timm_features


class Timm(Model):
    """The pooled features of a timm network, without its classifier.

    Mean, standard deviation and input size are those that timm keeps for the named weights.

    Args:
        name: timm model name, with or without a weight tag (``resnet50``, ``resnet50.a1_in1k``).
        weights: ``"pretrained"`` for timm's weights from the hub or its cache, ``"package:NAME"`` for those of an
            installed package, the path of a ``.pth`` or ``.safetensors`` file, or ``None`` for random weights (drawn
            from torch's generator).
        image_size: side of the input in pixels; ``None`` takes timm's.

    Raises:
        InputError: unknown name, weights that cannot be had or do not fit.
    """

    def __init__(self, name: str, weights: str | None = "pretrained", image_size: int | None = None) -> None:
        self.name, self.weights = name, weights
        self.net = timm_features(name, weights, image_size, "model")
        config = timm.data.resolve_model_data_config(self.net)
        self.image_size = image_size or _square(name, config["input_size"])
        self.mean = torch.tensor(config["mean"]).view(1, 3, 1, 1)
        self.std = torch.tensor(config["std"]).view(1, 3, 1, 1)

    def to(self, device: torch.device) -> "Timm":
        """Moves the weights."""
        self.net, self.mean, self.std = self.net.to(device), self.mean.to(device), self.std.to(device)
        return self

    @torch.inference_mode()
    def __call__(self, images: Tensor) -> Tensor:
        """Returns float32 features [B,D] of uint8 RGB images [B,3,S,S]."""
        return self.net((images.float() / 255 - self.mean) / self.std).float()

    def describe(self) -> dict:
        """Returns what the results name of it."""
        normalised = {"mean": self.mean.flatten().tolist(), "std": self.std.flatten().tolist()}
        return {"name": self.name, "weights": self.weights, **normalised}


def _square(name: str, size: tuple[int, int, int]) -> int:
    if size[1] != size[2]:
        raise InputError(f"model.name={name!r}: takes {size[1]} x {size[2]} pixels; give a square model.image_size=S.")
    return size[1]
