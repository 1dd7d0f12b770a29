"""A checkpoint as a network that is ready to use, with what must travel with it."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from omegaconf import DictConfig, OmegaConf

from docclf import build
from docclf.checkpoint import read as checkpoint
from docclf.encoder import Encoder
from docclf.errors import InputError
from docclf.model.network import Network
from docclf.ops import fingerprint
from docclf.provenance.paths import without_paths

DRAWN = "drawn by docclf itself, Apache-2.0"


def trained(path: str, allow: list[str]) -> SimpleNamespace:
    """Returns ``encoder`` and ``image_size`` of a checkpoint, and ``origin``: the weights its training started from."""
    stored = checkpoint.load(path)
    old = OmegaConf.create(checkpoint.config_of(stored, path, allow))
    start = f"{old.backbone.get('weights') or 'random'} weights of {old.backbone.get('name')}"
    if "weights" in old.backbone:
        old.backbone.weights = None
    network = weights(build.encoder(old), stored, path)
    return SimpleNamespace(encoder=network, image_size=int(old.image_size), origin=start)


def weights(network: Encoder, checkpoint: dict, path: str) -> Encoder:
    """Returns the network with the encoder weights of a checkpoint, all of them, and nothing else of it."""
    prefix = "encoder."
    state = {k[len(prefix) :]: v for k, v in checkpoint["state_dict"].items() if k.startswith(prefix)}
    try:
        network.load_state_dict(state, strict=True)
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
    encoder = weights(build.random_encoder(OmegaConf.create(config)), stored, str(path)).eval()
    about = stored[checkpoint.KEY]
    return Trained(
        path=str(path),
        encoder=encoder,
        config=without_paths(config),
        facts=without_paths(about.get("facts") or {}),
        version=about.get("version", "unknown"),
        fingerprint=fingerprint(encoder),
    )
