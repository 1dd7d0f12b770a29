"""What a run trains: loss, teacher, old model and LightningModule of a config."""

import copy
from typing import Any

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from torch import nn

from docclf.checkpoint import centres
from docclf.checkpoint import read as checkpoint
from docclf.checkpoint.network import joined, trained
from docclf.encoder import Encoder
from docclf.errors import InputError
from docclf.loss.none import Nothing
from docclf.metric.sub_labels import parents
from docclf.pair.terms import Terms
from docclf.training.module import Engine


def build_module(config: DictConfig, network: Encoder, dataset: Any) -> Engine:
    """Returns the LightningModule of a run."""
    beside = compatible(config, dataset)
    width = config.embed_dim if beside is None else beside.loss_width
    loss = instantiate(config.loss, num_classes=dataset.num_classes, embed_dim=width, seed=config.seed)
    return Engine(
        encoder=network,
        loss=loss,
        optimizer=instantiate(config.optim.optimizer),
        schedule=instantiate(config.optim.schedule),
        metric=instantiate(config.metric),
        parents=parents(dataset.class_names("val")),
        teacher=teacher(config, dataset),
        compatible=beside,
        pair=pairs(config, loss),
    )


def pairs(config: DictConfig, loss: nn.Module) -> nn.Module | None:
    """Returns the pair terms of a run, or ``None``.

    Raises:
        InputError: nothing is left to learn from, or a term finds no pairs in a batch.
    """
    if not config.pair:
        if isinstance(loss, Nothing) and not config.teacher:
            raise InputError("loss=none and pair=none leave nothing to learn from; give pair=[triplet], or a loss.")
        return None
    terms = {name: instantiate(node) for name, node in config.pair.items()}
    views = config.data.get("views_per_class") or 1
    for name, term in terms.items():
        if term.views > views:
            raise InputError(
                f"pair={name} compares samples of one class, and a batch holds {views} of each; give "
                f"data.views_per_class={term.views} (data.samples_per_epoch still counts the images seen)."
            )
    return Terms(terms, config.embed_dim, config.seed)


def teacher(config: DictConfig, dataset: Any) -> nn.Module | None:
    """Returns the teacher of a run, or ``None``; it leaves torch's generator as it was."""
    if not config.teacher:
        return None
    given = {"embed_dim": config.embed_dim, "image_size": config.image_size, "seed": config.seed}
    with torch.random.fork_rng(devices=[]):
        if "path" in config.teacher:
            paths, allow = config.teacher.path, list(config.teacher.allow)
            given["network"] = trained(paths, allow) if isinstance(paths, str) else joined(list(paths), allow)
        # Partial: hydra would copy the data set into its config.
        return instantiate(config.teacher, _partial_=True)(dataset=dataset, **given)


def older(config: DictConfig) -> list[str]:
    """Returns the checkpoints that a run stays comparable with; what they were trained on counts as trained on."""
    return [config.compatible[name] for name in ("with", "new") if config.compatible and config.compatible[name]]


def compatible(config: DictConfig, dataset: Any) -> nn.Module | None:
    """Returns what keeps a run comparable with an old model, or ``None``; it leaves torch's generator as it was.

    Raises:
        InputError: no checkpoint at ``compatible.with`` or ``compatible.new``, or settings that do not fit them.
    """
    if not config.compatible:
        return None
    node, allow = copy.deepcopy(config.compatible), list(config.compatible.allow)
    OmegaConf.set_struct(node, False)
    paths = {"network": node.pop("with"), "latest": node.pop("new", None)}
    node.pop("allow")
    given = {"embed_dim": config.embed_dim, "image_size": config.image_size, "seed": config.seed}
    with torch.random.fork_rng(devices=[]):
        given |= {name: trained(path, allow) for name, path in paths.items() if path}
        known = centres.stored(paths["network"], checkpoint.load(paths["network"]), dataset.class_keys())
        return instantiate(node, _partial_=True)(dataset=dataset, centres=known, **given)
