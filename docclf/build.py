"""Config to parts: instantiates what the yaml names and passes what is known only at run time."""

from types import SimpleNamespace
from typing import Any

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from torch import Tensor, nn

from docclf import checkpoint
from docclf.engine import Encoder, Engine
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


def engine(config: DictConfig, network: Encoder, dataset: Any) -> Engine:
    """Returns the LightningModule of a run."""
    loss = instantiate(config.loss, num_classes=dataset.num_classes, embed_dim=config.embed_dim, seed=config.seed)
    return Engine(
        encoder=network,
        loss=loss,
        optimizer=instantiate(config.optim.optimizer),
        schedule=instantiate(config.optim.schedule),
        metric=instantiate(config.metric),
        parents=parents(dataset.class_names("val")),
        teacher=teacher(config, dataset),
    )


def teacher(config: DictConfig, dataset: Any) -> nn.Module | None:
    """Returns the teacher of a run, or ``None``; it leaves torch's generator as it was."""
    if not config.teacher:
        return None
    given = {"embed_dim": config.embed_dim, "image_size": config.image_size, "seed": config.seed}
    with torch.random.fork_rng(devices=[]):
        if "path" in config.teacher:
            given["network"] = trained(config.teacher.path, list(config.teacher.allow))
        # Partial: hydra would copy the data set into its config.
        return instantiate(config.teacher, _partial_=True)(dataset=dataset, **given)


def trained(path: str, allow: list[str]) -> SimpleNamespace:
    """Returns ``encoder`` and ``image_size`` of a checkpoint, and ``origin``: the weights its training started from."""
    stored = checkpoint.load(path)
    old = OmegaConf.create(checkpoint.config_of(stored, path, allow))
    start = f"{old.backbone.get('weights') or 'random'} weights of {old.backbone.get('name')}"
    if "weights" in old.backbone:
        old.backbone.weights = None
    network = weights(encoder(old), stored, path)
    return SimpleNamespace(encoder=network, image_size=int(old.image_size), origin=start)


def parents(class_names: list[str]) -> Tensor | None:
    """Returns the parent number of each class when some names are sub-labels (``A/damaged``), else ``None``."""
    if not any("/" in name for name in class_names):
        return None
    numbers: dict[str, int] = {}
    return torch.tensor([numbers.setdefault(name.split("/")[0], len(numbers)) for name in class_names])


def weights(network: Encoder, checkpoint: dict, path: str) -> Encoder:
    """Returns the network with the encoder weights of a checkpoint, all of them, and nothing else of it."""
    prefix = "encoder."
    state = {k[len(prefix) :]: v for k, v in checkpoint["state_dict"].items() if k.startswith(prefix)}
    try:
        network.load_state_dict(state, strict=True)
    except RuntimeError as error:
        raise InputError(f"the weights in {path} do not fit the backbone and head of the config: {error}") from error
    return network


def plain(config: DictConfig) -> dict:
    """Returns the config as plain values with interpolations left as they are."""
    return OmegaConf.to_container(config, resolve=False)
