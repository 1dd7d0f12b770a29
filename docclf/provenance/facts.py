"""What a result must name: versions, commit, data, model, preprocessing and cost."""

import platform
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf

from docclf import __version__
from docclf.ops import fingerprint
from docclf.provenance import cost
from docclf.provenance.commit import commit


def facts(config: DictConfig, network: Any, dataset: Any) -> dict:
    """Returns them as nested plain values."""
    encoder = getattr(network, "encoder", None)
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


def model(config: DictConfig, network: Any) -> dict:
    """Returns the class of what was evaluated, where its weights come from, and its parts."""
    encoder = getattr(network, "encoder", None)
    found = {"class": f"{type(network).__module__}.{type(network).__name__}"}
    if encoder is None:
        return found | (network.describe() if hasattr(network, "describe") else {})
    parts = {name: OmegaConf.to_container(config[name], resolve=True) for name in ("backbone", "head", "norm")}
    return found | {
        "checkpoint": config.get("ckpt"),
        "weights_sha256": fingerprint(encoder),
        "embed_dim": config.embed_dim,
        **parts,
    }


def preprocessing(network: Any) -> dict:
    """Returns what happens to an image before the network sees it."""
    if found := getattr(network, "preprocessing", None):  # a model that reads images in its own way
        return found
    side = network.image_size
    if side is None:
        return {"reading": "embeddings computed elsewhere"}
    found = {
        "reading": "turned by EXIF, transparency on white, RGB, 8 bit",
        "size": f"squashed to {side} x {side} pixels: area averaging where it shrinks, linear where it grows",
    }
    backbone = getattr(getattr(network, "encoder", None), "backbone", None)
    if hasattr(backbone, "mean") and hasattr(backbone, "std"):
        found |= {name: [round(x, 6) for x in getattr(backbone, name).flatten().tolist()] for name in ("mean", "std")}
        found["normalised"] = "(pixel / 255 - mean) / std"
    return found
