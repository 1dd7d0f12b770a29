"""What evaluate.py takes over from a checkpoint, or from the defaults when there is none."""

from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from docclf import build
from docclf.config.construct import construct
from docclf.config.stored import Stored
from docclf.errors import InputError

NETWORK = ("backbone", "head", "norm")
MOST_WIDTH, MOST_SIDE = 65_536, 2_048  # of a network that a file may describe


class FromFile:
    """Builds the groups of a config that came in a file by `docclf.config.construct`, and the user's own as ever.

    Args:
        stored: the file's config.
        groups: name to node, of `Stored.group`; the same nodes that the config shows.
    """

    def __init__(self, stored: Stored, groups: dict[str, dict[str, Any]]) -> None:
        self.stored, self.groups = stored, groups

    def __call__(self, config: Any, group: str, **given: Any) -> Any:
        """Returns the part that a group names."""
        if group not in self.groups:
            return build.own(config, group, **given)
        return construct(self.groups[group], group, self.stored.path, self.stored.allow, **given)


def sizes(stored: Stored) -> dict[str, int]:
    """Returns embed_dim and image_size of a file's config, within limits."""
    return {"embed_dim": stored.number("embed_dim", MOST_WIDTH), "image_size": stored.number("image_size", MOST_SIDE)}


def adopt(config: DictConfig, stored: Stored) -> tuple[DictConfig, FromFile]:
    """Returns evaluate.py's config with the network, and what was not replaced, taken from a checkpoint.

    Returns:
        The config, which holds no reference of the file's any more, and what builds its parts.
    """
    seed = stored.number("seed", 2**32, 0) if config.seed is None else config.seed
    groups = {name: stored.group(name) for name in NETWORK}
    for group in ("data", "metric"):
        unused = group == "data" and "own" not in config.evaluate_on
        if "_target_" not in config[group] and not unused:
            groups[group] = stored.group(group, OmegaConf.to_container(config[group], resolve=True))
    return replaced(config, {**groups, **sizes(stored), "seed": seed}), FromFile(stored, groups)


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
