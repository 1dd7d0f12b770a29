"""The image tower of an open_clip model as something to evaluate."""

import torch
from torch import Tensor

from docclf.model.base import Model
from docclf.pretrained import open_clip as clip


class OpenClip(Model):
    """Image embeddings of an open_clip model.

    A file of weights does not tell how its images were normalised, nor which GELU it was trained with, and open_clip
    assumes OpenAI's normalisation without a word; where that may be wrong, the arguments have to say it.

    Args:
        name: architecture (``ViT-B-32``), ``hf-hub:ORGANISATION/NAME`` or ``local-dir:DIR``.
        pretrained: tag (``laion2b_s34b_b79k``), path of a file, or ``"random"``; ``None`` only with the last two
            forms of ``name``.
        image_mean: mean of each of R, G, B in [0, 1]; ``None`` takes open_clip's.
        image_std: standard deviation of each; ``None`` takes open_clip's.
        image_size: side of the input in pixels; ``None`` takes the architecture's.
        quick_gelu: build with QuickGELU; ``None`` takes what the tag was trained with.

    Raises:
        InputError: unknown name, no weights named, weights that cannot be had, do not fit or need more arguments.
    """

    def __init__(
        self,
        name: str,
        pretrained: str | None,
        image_mean: list[float] | None = None,
        image_std: list[float] | None = None,
        image_size: int | None = None,
        quick_gelu: bool | None = None,
    ) -> None:
        self.name, self.pretrained = name, pretrained
        self.model, config = clip.create(name, pretrained, "model", image_mean, image_std, image_size, quick_gelu)
        self.image_size = config["size"]
        self.mean, self.std = (torch.tensor(config[key]).view(1, 3, 1, 1) for key in ("mean", "std"))

    def to(self, device: torch.device) -> "OpenClip":
        """Moves the weights."""
        self.model, self.mean, self.std = self.model.to(device), self.mean.to(device), self.std.to(device)
        return self

    @torch.inference_mode()
    def __call__(self, images: Tensor) -> Tensor:
        """Returns float32 embeddings [B,D] of uint8 RGB images [B,3,S,S]."""
        return self.model.encode_image((images.float() / 255 - self.mean) / self.std).float()

    def describe(self) -> dict:
        """Returns what the results name of it."""
        normalised = {"mean": self.mean.flatten().tolist(), "std": self.std.flatten().tolist()}
        return {"name": self.name, "pretrained": self.pretrained, **normalised}
