"""What a result must name: versions, commit, data, model, preprocessing and cost."""

import platform
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf

from docclf import __version__
from docclf.backbone.base import Normalised
from docclf.encoder import Encoder
from docclf.model.base import Described
from docclf.ops import fingerprint
from docclf.provenance import cost
from docclf.provenance.commit import commit


def facts(config: DictConfig, network: Described, dataset: Any) -> dict:
    """Returns them as nested plain values."""
    encoder = network.encoder
    return {
        "docclf": __version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "commit": commit(),
        "seed": config.seed,
        "image_size": network.image_size,
        "model": model(config, network),
        "network": cost.describe(encoder, network.image_size) if encoder is not None else None,
        "preprocessing": preprocessing(network),
        "data": dataset.describe(),
    }


def model(config: DictConfig, network: Described) -> dict:
    """Returns the class of what was evaluated, where its weights come from, and its parts."""
    encoder = network.encoder
    found = {"class": f"{type(network).__module__}.{type(network).__name__}"}
    if not isinstance(encoder, Encoder):
        return found | network.describe() | ({} if encoder is None else {"weights_sha256": fingerprint(encoder)})
    parts = {name: OmegaConf.to_container(config[name], resolve=True) for name in ("backbone", "head", "norm")}
    return found | {
        "checkpoint": config.get("ckpt"),
        "weights_sha256": fingerprint(encoder),
        "embed_dim": config.embed_dim,
        **parts,
    }


def preprocessing(network: Described) -> dict:
    """Returns what happens to an image before the network sees it."""
    if network.preprocessing is not None:
        return network.preprocessing
    side = network.image_size
    if side is None:
        return {"reading": "embeddings computed elsewhere"}
    found = {
        "reading": "turned by EXIF, transparency on white, RGB, 8 bit",
        "size": f"squashed to {side} x {side} pixels: area averaging where it shrinks, linear where it grows",
    }
    backbone = network.encoder.backbone if isinstance(network.encoder, Encoder) else None
    if isinstance(backbone, Normalised):
        for name, values in (("mean", backbone.mean), ("std", backbone.std)):
            found[name] = [round(x, 6) for x in values.flatten().tolist()]
        found["normalised"] = "(pixel / 255 - mean) / std"
    return found
