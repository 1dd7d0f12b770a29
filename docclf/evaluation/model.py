"""What is evaluated: a checkpoint's network, an untrained one, or another model."""

from typing import Any

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig

from docclf.build import Make, own, random_encoder
from docclf.checkpoint import network as checkpoint_network
from docclf.errors import InputError


def evaluated_model(config: DictConfig, stored: dict | None, make: Make = own) -> Any:
    """Returns what is evaluated: the checkpoint's network, an untrained one, or a model that needs neither.

    Args:
        config: evaluate.py's, complete.
        stored: the checkpoint, or ``None``.
        make: builds its parts; of `docclf.config.inherit.adopt` with a checkpoint.
    """
    if config.model["_target_"].endswith(".Embeddings") and stored is not None:
        raise InputError("model=embeddings needs no checkpoint; leave ckpt= out.")
    if config.model["_target_"].endswith(".Concat"):
        parts = list(config.model.parts)
        return instantiate(config.model, network=checkpoint_network.joined(parts, list(config.allow)))
    if not config.model["_target_"].endswith(".Network"):
        return instantiate(config.model)
    if config.model.source == "checkpoint" and stored is None:
        raise InputError("model=checkpoint needs ckpt=PATH; without one: model=untrained or model=hog.")
    torch.manual_seed(config.seed)
    if config.model.source == "checkpoint":
        network = checkpoint_network.restored(config, make, stored, config.ckpt)
    else:
        network = random_encoder(config, make)
    return instantiate(config.model, encoder=network, image_size=config.image_size)
