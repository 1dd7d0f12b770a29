"""What a run trains: loss, teacher and LightningModule of a config."""

from typing import Any

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig
from torch import nn

from docclf.checkpoint.network import trained
from docclf.encoder import Encoder
from docclf.metric.sub_labels import parents
from docclf.training.module import Engine


def build_module(config: DictConfig, network: Encoder, dataset: Any) -> Engine:
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
