"""The schema of the top level, and the check that stops a typo before anything is built."""

import difflib
import inspect
import typing
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import InterpolationResolutionError, MissingMandatoryValue

from docclf.config import resolvers  # noqa: F401  registers them
from docclf.config.annotations import fits, name_of
from docclf.errors import InputError

# Arguments that exist only at run time; no yaml gives them.
RUNTIME = {
    "num_classes", "in_channels", "map_size", "embed_dim", "image_size", "seed", "norm", "augment", "params",
    "save_dir", "logger", "callbacks", "plugins", "default_root_dir", "normalized_shape", "num_features", "dim",
    "encoder", "dataset", "network", "centres",
}  # fmt: skip
BUILT = {"with": "network", "new": "latest", "allow": "network"}  # a yaml's entry, and the argument built of it
HYDRA_KEYS = {"_target_", "_partial_", "_convert_", "_recursive_", "_args_"}


def check(config: DictConfig) -> None:
    """Compares every node that has a ``_target_`` with the signature of that target.

    Raises:
        InputError: one message with all misspelt, missing, mistyped and unimportable entries.
    """
    errors = [line for path, node in _nodes(config, "") for line in _check_node(path, node)]
    for group in ("augment", "teacher", "compatible", "verify", "locate", "score"):  # the groups that can be off
        if (node := config.get(group)) and "_target_" not in node:
            errors.append(
                f"{group} is off, and {group}.{next(iter(node))} is set; choose {group}=NAME, or leave it out"
            )
    if errors:
        raise InputError("the configuration does not fit the code:\n  " + "\n  ".join(errors))


def _nodes(node: DictConfig | ListConfig, path: str) -> typing.Iterator[tuple[str, DictConfig]]:
    if OmegaConf.is_dict(node) and "_target_" in node:
        yield path, node
    for key in node if OmegaConf.is_dict(node) else range(len(node)):
        if OmegaConf.is_missing(node, key):
            continue
        child = node._get_node(key)
        if OmegaConf.is_config(child) and not child._is_none():
            yield from _nodes(child, f"{path}.{key}" if path else str(key))


def _check_node(path: str, node: DictConfig) -> list[str]:
    try:
        target = locate(node["_target_"])
    except (ImportError, AttributeError, ValueError) as error:
        return [f"{path}._target_: {node['_target_']} cannot be imported: {error}"]
    constructor = target.__init__ if inspect.isclass(target) else target
    parameters = dict(inspect.signature(target).parameters)
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return []
    hints = _hints(constructor)
    lines = []
    for key in node:
        if key in HYDRA_KEYS:
            continue
        if key not in parameters and BUILT.get(key) not in parameters:
            lines.append(f"{path}.{key}: {node['_target_']} has no argument {key!r}{near(key, parameters)}")
        elif absent := _absent(node, key):
            lines.append(f"{path}.{key}: {absent}; set it, or give {path}.{key}=VALUE")
        elif OmegaConf.is_missing(node, key):
            lines.append(f"{path}.{key} has no value; give it on the command line: {path}.{key}=VALUE")
        elif not fits(node[key], hints.get(key, Any)):
            lines.append(f"{path}.{key}={node[key]!r}: {node['_target_']} wants {name_of(hints[key])}")
    required = {n for n, p in parameters.items() if p.default is p.empty and p.kind is not p.VAR_POSITIONAL}
    absent = sorted(required - set(node) - RUNTIME)
    if absent and not node.get("_partial_"):
        lines.append(f"{path}: {node['_target_']} needs {', '.join(absent)}")
    return lines


def _absent(node: DictConfig, key: str) -> str | None:
    """Returns what an interpolation lacks: mostly an environment variable that names a folder."""
    try:
        if OmegaConf.is_list(value := node[key]):
            OmegaConf.to_container(value, resolve=True)
    except InterpolationResolutionError as error:
        return str(error).splitlines()[0].rpartition(": ")[2].strip('"')
    except MissingMandatoryValue:
        return None
    return None


def locate(dotted: str) -> Any:
    """Returns the object of a dotted path; the missing package or name shows in the error."""
    module, _, name = dotted.rpartition(".")
    if not module:
        raise ValueError(f"{dotted!r} is no dotted path")
    try:
        return getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name and not module.startswith(error.name):
            raise
        outer, _, inner = module.rpartition(".")
        if not outer:
            raise
        return getattr(getattr(import_module(outer), inner), name)


def _hints(constructor: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(constructor)
    except (NameError, TypeError):
        return {}


def near(key: str, parameters: Iterable[str]) -> str:
    """Returns the end of a sentence about an argument that a class does not have."""
    near = difflib.get_close_matches(str(key), parameters, n=1)
    return f", did you mean {near[0]!r}?" if near else f"; it takes {', '.join(sorted(parameters))}"
