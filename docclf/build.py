"""Config to parts: builds what the yaml names and passes what is known only at run time."""

from collections.abc import Callable
from typing import Any

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig
from torch import nn

from docclf.encoder import Encoder
from docclf.errors import InputError

Make = Callable[..., Any]


def own(config: DictConfig, group: str, **given: Any) -> Any:
    """Returns the part that a group of the user's own config names; a file's is built by `docclf.config.inherit`."""
    return instantiate(config[group], **given)


def encoder(config: DictConfig, make: Make = own, **backbone: Any) -> Encoder:
    """Returns backbone and head of a config; the head learns the map's size from a trial image.

    Args:
        config: with backbone, head, norm, embed_dim and image_size.
        make: from config, group and run-time arguments to a part.
        **backbone: further arguments of the backbone.
    """
    body = make(config, "backbone", image_size=config.image_size, **backbone)
    norm = make(config, "norm")
    size = map_size(body, config.image_size)
    head = make(
        config, "head", in_channels=body.out_channels, map_size=size, embed_dim=config.embed_dim, norm=norm
    )  # fmt: skip
    return Encoder(body, head)


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


def augmentation(config: DictConfig, make: Make = own) -> Any | None:
    """Returns the augmentation of a config, or ``None`` when it is off."""
    return make(config, "augment", image_size=config.image_size, seed=config.seed) if config.augment else None


def data(node: DictConfig, image_size: int, seed: int, augment: Any | None = None) -> Any:
    """Returns the data set that a node of the user's own config names."""
    return instantiate(node, image_size=image_size, seed=seed, augment=augment)


def random_encoder(config: DictConfig, make: Make = own) -> Encoder:
    """Returns the encoder of a config without fetching the weights its training started from."""
    return encoder(config, make, **({"weights": None} if "weights" in config.backbone else {}))
