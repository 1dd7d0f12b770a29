"""A checkpoint as a network that is ready to use, with what must travel with it."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from omegaconf import DictConfig

from docclf import build
from docclf.backbone.base import Licensed
from docclf.checkpoint import read as checkpoint
from docclf.config import inherit
from docclf.config.stored import Stored
from docclf.encoder import Encoder, Joined
from docclf.errors import InputError
from docclf.model.network import Network
from docclf.ops import fingerprint
from docclf.provenance.paths import without_paths

PREFIX = "encoder."  # of its weights in a checkpoint
DRAWN = "drawn by docclf itself, Apache-2.0"


def trained(path: str, allow: list[str]) -> SimpleNamespace:
    """Returns ``encoder`` and ``image_size`` of a checkpoint, and ``origin``: the weights its training started from."""
    stored = checkpoint.load(path)
    config = checkpoint.config_of(stored, path, allow)
    network = encoder_of(config, stored)
    backbone = config.group("backbone")
    start = f"{backbone.get('weights') or 'random'} weights of {backbone.get('name')}"
    return SimpleNamespace(encoder=network, image_size=inherit.sizes(config)["image_size"], origin=start)


def joined(paths: list[str], allow: list[str]) -> SimpleNamespace:
    """Returns ``encoder`` (`docclf.encoder.Joined`), ``image_size`` and ``origin`` of several checkpoints together.

    Raises:
        InputError: fewer than two, or checkpoints that take images of different sizes.
    """
    found = [trained(path, allow) for path in paths]
    sides = {path: one.image_size for path, one in zip(paths, found, strict=True)}
    if len(found) < 2 or len(set(sides.values())) > 1:
        raise InputError(
            f"several checkpoints together: want two or more that take images of one side, got {sides}. Train the "
            "parts with one image_size."
        )
    origin = "; ".join(dict.fromkeys(one.origin for one in found))
    return SimpleNamespace(
        encoder=Joined([one.encoder for one in found]), image_size=found[0].image_size, origin=origin
    )


def encoder_of(config: Stored, stored: dict[str, Any]) -> Encoder:
    """Returns the encoder of a checkpoint.

    Args:
        config: of `docclf.checkpoint.read.config_of`.
        stored: of `docclf.checkpoint.read.load`.
    """
    groups = {name: config.group(name) for name in inherit.NETWORK}
    described = SimpleNamespace(**groups, **inherit.sizes(config))
    return restored(described, inherit.FromFile(config, groups), stored, config.path)


def restored(config: Any, make: build.Make, stored: dict[str, Any], path: str) -> Encoder:
    """Returns the encoder that a config describes with the weights of a checkpoint.

    What a file describes is built without memory first: a network that is not the size of the file's weights may be of
    any size. A class of the user's own, which --allow names, is trusted and may not be able to.
    """
    if isinstance(make, inherit.FromFile) and not make.stored.allow:
        with torch.device("meta"):
            weights(build.random_encoder(config, make), stored, path, assign=True)
    return weights(build.random_encoder(config, make), stored, path)


def weights(network: Encoder, checkpoint: dict, path: str, assign: bool = False) -> Encoder:
    """Returns the network with the encoder weights of a checkpoint, all of them, and nothing else of it.

    With ``assign`` the weights are not copied, and the network's own may have no memory.
    """
    state = {k.removeprefix(PREFIX): v for k, v in checkpoint["state_dict"].items() if k.startswith(PREFIX)}
    try:
        network.load_state_dict(state, strict=True, assign=assign)
    except RuntimeError as error:
        raise InputError(f"the weights in {path} do not fit the backbone and head of the config: {error}") from error
    return network


def best_network(config: DictConfig, folder: Path) -> Any:
    """Returns the network that evaluate.py would build from the best checkpoint of a run."""
    path = str(folder / "best.ckpt")
    return Network(weights(build.random_encoder(config), checkpoint.load(path), path), config.image_size)


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

    @property
    def compatible_with(self) -> str | None:
        """The weights of the older model that these were trained to be comparable with (sha256), if any."""
        beside = self.facts.get("compatible")
        known = beside.get("with") if isinstance(beside, dict) else None
        weights = known.get("weights_sha256") if isinstance(known, dict) else None
        return weights if isinstance(weights, str) else None

    def licences(self, model: str | None, data: str | None) -> dict[str, str]:
        """Returns the licences of model, initial weights and data; what is not known is called so."""
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
        backbone = self.encoder.backbone
        licence = backbone.licence if weights == "pretrained" and isinstance(backbone, Licensed) else None
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
    encoder = encoder_of(config, stored).eval()
    about = stored[checkpoint.KEY]
    return Trained(
        path=str(path),
        encoder=encoder,
        config=without_paths(config.config | inherit.sizes(config)),
        facts=without_paths(about.get("facts") or {}),
        version=about.get("version", "unknown"),
        fingerprint=fingerprint(encoder),
    )
