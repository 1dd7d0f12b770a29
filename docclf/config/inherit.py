"""What evaluate.py takes over from a checkpoint, or from the defaults when there is none."""

from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from docclf.errors import InputError


def adopt(config: DictConfig, stored: dict) -> DictConfig:
    """Returns evaluate.py's config with the network, and what was not replaced, taken from a checkpoint."""
    stored_config = OmegaConf.create(stored)
    seed = stored_config.seed if config.seed is None else config.seed
    taken = {k: stored_config[k] for k in ("backbone", "head", "norm", "embed_dim", "image_size")}
    for group in ("data", "metric"):
        if "_target_" not in config[group]:
            taken[group] = OmegaConf.merge(stored_config[group], config[group])
    return replaced(config, {**taken, "seed": seed})


def replaced(config: DictConfig, taken: dict) -> DictConfig:
    """Returns a config whose entries in ``taken`` are replaced whole: a merge would keep arguments of other classes."""
    plain = OmegaConf.to_container(config)
    new = {k: OmegaConf.to_container(v) if OmegaConf.is_config(v) else v for k, v in taken.items()}
    return OmegaConf.create({**plain, **new})


def default(config: DictConfig, folder: Path) -> DictConfig:
    """Returns evaluate.py's config without a checkpoint: the embedded data and register_query unless replaced."""
    standard = {"data": "synthetic", "metric": "register_query"}
    if config.model["_target_"].endswith(".Embeddings") and "_target_" in config.data:
        raise InputError("model=embeddings brings its own labels; leave data= out.")
    taken = {
        group: OmegaConf.merge(OmegaConf.load(folder / group / f"{name}.yaml"), config[group])
        for group, name in standard.items()
        if "_target_" not in config[group]
    }
    return replaced(config, {**taken, "seed": config.seed or 0})
