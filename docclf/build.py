"""Config to parts: instantiates what the yaml names and passes what is known only at run time."""

from typing import Any

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from torch import nn

from docclf.encoder import Encoder
from docclf.errors import InputError


def encoder(config: DictConfig) -> Encoder:
    """Returns backbone and head of a config; the head learns the map's size from a trial image."""
    backbone = instantiate(config.backbone, image_size=config.image_size)
    norm = instantiate(config.norm)
    size = map_size(backbone, config.image_size)
    head = instantiate(
        config.head, in_channels=backbone.out_channels, map_size=size, embed_dim=config.embed_dim, norm=norm
    )
    return Encoder(backbone, head)


def map_size(backbone: nn.Module, image_size: int) -> tuple[int, int]:
    """Returns height and width of the map that ``backbone`` makes of an image of that side."""
    training = backbone.training
    backbone.eval()
    with torch.no_grad():
        try:
            shape = backbone(torch.zeros(1, 3, image_size, image_size)).shape
        except (RuntimeError, AssertionError, ValueError) as error:
            raise InputError(
                f"image_size={image_size}: the backbone cannot take images of that size ({error}); try a "
                "multiple of 32."
            ) from error
    backbone.train(training)
    return int(shape[2]), int(shape[3])


def augmentation(config: DictConfig) -> Any | None:
    """Returns the augmentation of a config, or ``None`` when it is off."""
    return instantiate(config.augment, image_size=config.image_size, seed=config.seed) if config.augment else None


def data(node: DictConfig, image_size: int, seed: int, augment: Any | None = None) -> Any:
    """Returns the data set that a config node names."""
    return instantiate(node, image_size=image_size, seed=seed, augment=augment)


def random_encoder(config: DictConfig) -> Encoder:
    """Returns the encoder of a config without fetching the weights its training started from."""
    pretrained = "weights" in config.backbone
    return encoder(OmegaConf.merge(config, {"backbone": {"weights": None}}) if pretrained else config)
