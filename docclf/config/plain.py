"""A config as plain values."""

from typing import Any

from omegaconf import DictConfig, OmegaConf


def plain(config: DictConfig) -> dict:
    """Returns the config as plain values with interpolations left as they are."""
    return OmegaConf.to_container(config, resolve=False)


def flat(node: Any, path: str = "") -> dict[str, Any]:
    """Returns nested dicts as one dict with dotted keys."""
    if not isinstance(node, dict) or not node:
        return {path: node}
    return {k: v for key, value in node.items() for k, v in flat(value, f"{path}.{key}" if path else str(key)).items()}
