"""A checkpoint as a network that is ready to use, with what must travel with it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from omegaconf import OmegaConf
from torch import nn

from docclf import build, checkpoint, facts, run
from docclf.engine import Encoder

DRAWN = "drawn by docclf itself, Apache-2.0"
_ABSOLUTE = re.compile(r"^(/|~|[A-Za-z]:[\\/])")


@dataclass
class Trained:
    """The network of a checkpoint.

    Args:
        path: the checkpoint.
        encoder: in eval mode, on the CPU.
        config: plain config of the run, absolute paths cut to their last part.
        facts: plain facts about its data, cut alike.
        version: docclf that trained it.
        fingerprint: sha256 of the weights, as metrics.json has it under about.model.weights_sha256.
    """

    path: str
    encoder: Encoder
    config: dict
    facts: dict
    version: str
    fingerprint: str

    @property
    def image_size(self) -> int:
        """Side S of the input in pixels."""
        return int(self.config["image_size"])

    def licences(self, model: str | None, data: str | None) -> dict[str, str]:
        """Returns the licences of the model, of the weights it started from, and of its data; what is not known is
        called so."""
        kind = self.facts.get("data", {}).get("kind")
        return {
            "model": model or "not stated",
            "initial weights": self._initial_weights(),
            "data": data or (DRAWN if kind == "synthetic" else "not stated"),
        }

    def _initial_weights(self) -> str:
        if start := self.config.get("init_from"):
            return f"those of the checkpoint {start}: see there"
        node = self.config["backbone"]
        weights, name = node.get("weights"), node.get("name")
        if weights is None:
            return "random, so nobody else's"
        licence = getattr(self.encoder.backbone, "licence", None) if weights == "pretrained" else None
        return f"{weights} weights of {name}: {licence or 'licence not recorded'}"


def load(path: str | Path, allow: list[str] | None = None) -> Trained:
    """Returns the network of a checkpoint, built as evaluate.py builds it.

    Args:
        path: a checkpoint of train.py, or a released one.
        allow: packages of the user whose classes the config may name.

    Raises:
        InputError: no docclf checkpoint, a config that names foreign code, or weights that do not fit.
    """
    stored = checkpoint.load(path)
    config = checkpoint.config_of(stored, path, allow)
    encoder = build.weights(run.random_encoder(OmegaConf.create(config)), stored, str(path)).eval()
    about = stored[checkpoint.KEY]
    return Trained(
        path=str(path),
        encoder=encoder,
        config=without_paths(config),
        facts=without_paths(about.get("facts") or {}),
        version=about.get("version", "unknown"),
        fingerprint=facts.fingerprint(encoder),
    )


def without_paths(node: Any) -> Any:
    """Returns nested plain values with absolute paths cut to their last part: they tell of a machine, not of a run."""
    if isinstance(node, dict):
        return {key: without_paths(value) for key, value in node.items()}
    if isinstance(node, (list, tuple)):
        return [without_paths(value) for value in node]
    if isinstance(node, str) and _ABSOLUTE.match(node):
        return re.split(r"[\\/]", node.rstrip("\\/"))[-1]
    return node


class Unit(nn.Module):
    """An encoder that returns embeddings of unit length.

    Args:
        encoder: images to embeddings.
    """

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Returns float32 unit embeddings [B,D] of RGB images [B,3,S,S]: uint8, or float in [0, 1]."""
        return nn.functional.normalize(self.encoder(images).float(), dim=1)
