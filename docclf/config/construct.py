"""From a node of a file's config to an object: the class is judged when it was found, its arguments before the call."""

import functools
import inspect
import typing
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from docclf.config.annotations import fits, name_of, only_plain
from docclf.config.check import near
from docclf.errors import InputError

NORMS = ("torch.nn.Identity", "torch.nn.LayerNorm", "torch.nn.BatchNorm1d")
# The packages whose files hold the parts of a group, one public class a file; a file deeper down holds none.
PACKAGES = {
    "backbone": ("docclf.backbone",),
    "head": ("docclf.head",),
    "norm": ("docclf.head",),
    "data": ("docclf.data", "docclf.data.sources"),
    "metric": ("docclf.metric",),
    "augment": ("docclf.augment",),
    "loss": ("docclf.loss", "docclf.loss.optimizer", "docclf.margin"),
}
# What a constructor may raise at values that nobody tried before.
RAW = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RuntimeError, AssertionError, MemoryError)
KEYS = ("_target_", "_partial_", "_convert_")
# What costs time or memory without end when a file says it.
MOST = {
    "replicates": 100_000, "captures": 10_000, "num_designs": 10**6, "val_designs": 10**5, "test_designs": 10**5,
    "designs": 10**6, "batch_size": 10**5, "max_pixels": 10**9, "block_rows": 10**5, "side": 10**4, "block": 10**6,
    "window": 10**6, "samples_per_epoch": 10**9, "num_features": 10**6,
}  # fmt: skip


def construct(node: Any, group: str, path: str, allow: tuple[str, ...] = (), **given: Any) -> Any:
    """Returns the object that a node names.

    Args:
        node: plain values, references followed: of `docclf.config.stored.Stored.group`.
        group: what is built: backbone, head, norm, data, metric, augment or loss.
        path: the file that the node came in.
        allow: packages of the user whose classes it may name.
        **given: arguments that the code gives; they are not looked at.

    Raises:
        InputError: a class that the group does not have, arguments of other types, or keys that steer the call.
    """
    made = _made(node, group, group, path, allow, given)
    if isinstance(made, functools.partial) != (group == "norm"):
        raise InputError(f"{path}: {group}._partial_ must be {str(group == 'norm').lower()}, as in conf/{group}.")
    return made


def _made(node: Any, group: str, at: str, path: str, allow: tuple[str, ...], given: Mapping[str, Any]) -> Any:
    if type(node) is not dict or type(node.get("_target_")) is not str:
        raise InputError(f"{path}: its config has no {at} with a _target_ that is text; it is none of ours.")
    steering = [key for key in node if str(key).startswith("_") and key not in KEYS]
    if steering or type(node.get("_partial_", False)) is not bool:
        raise InputError(f"{path}: {at} has {', '.join(steering) or '_partial_'}, which no config of a file may have.")
    found = _class(node["_target_"], group, at, path, allow)
    own = found.__module__.split(".")[0] in allow
    arguments = {
        key: _argument(value, key, found, own, (group, f"{at}.{key}", path, allow))
        for key, value in node.items()
        if key not in KEYS and key not in given
    }
    parameters = inspect.signature(found).parameters
    unknown = [key for key in arguments if key not in parameters]
    if unknown and not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        raise InputError(
            f"{at}.{unknown[0]}: {node['_target_']} has no argument {unknown[0]!r}{near(unknown[0], parameters)}"
        )
    try:
        return functools.partial(found, **arguments, **given) if node.get("_partial_") else found(**arguments, **given)
    except InputError:
        raise
    except RAW as error:
        raise InputError(
            f"{path}: {at} cannot be built as {node['_target_']}: {type(error).__name__}: {str(error)[:300]}. The file "
            "holds values that its class does not take."
        ) from error


def _argument(value: Any, key: str, found: type, own: bool, place: tuple) -> Any:
    """Returns an argument after its type was checked, nested parts built."""
    group, at, path, allow = place
    hint = Any if own else _hint(found, key)
    if type(value) is str and not own and ("://" in value or "\0" in value):
        raise InputError(f"{path}: {at}={value[:200]!r} names a place outside this machine; give {at} yourself.")
    if key in MOST and isinstance(value, (int, float)) and not abs(value) <= MOST[key]:
        raise InputError(f"{path}: {at}={value!r} is above {MOST[key]}; give {at} yourself if that is meant.")
    nested = _holds_targets(value)
    if not (not only_plain(hint) if nested else fits(value, hint)):
        kind = "another part" if nested else f"{value!r:.200}"
        raise InputError(f"{path}: {at} is {kind}; {found.__name__} wants {name_of(hint)}.")
    return _built(value, group, at, path, allow) if nested else value


def _built(value: Any, group: str, at: str, path: str, allow: tuple[str, ...]) -> Any:
    """Returns a value with the parts in it built."""
    if type(value) is list:
        return [_built(inner, group, f"{at}[{i}]", path, allow) for i, inner in enumerate(value)]
    if type(value) is not dict:
        return value
    if "_target_" in value:
        return _made(value, group, at, path, allow, {})
    return {key: _built(inner, group, f"{at}.{key}", path, allow) for key, inner in value.items()}


def _class(target: str, group: str, at: str, path: str, allow: tuple[str, ...]) -> type:
    """Returns the class of a target: one that lies where the target says, not one that another file imports."""
    module, _, name = target.rpartition(".")
    foreign = InputError(
        f"the config in {path} names {target[:200]!r} as {at}, which is no {group} of docclf, so nothing of it was "
        "built. If it is your own class and you trust the file, name its package: allow=[PACKAGE]."
    )
    own = module.split(".")[0] in allow
    if target in NORMS and group == "norm":
        return vars(import_module("torch.nn"))[name]
    if not own and (module.rpartition(".")[0] not in PACKAGES[group] or name.startswith("_")):
        raise foreign
    if not all(part.isidentifier() for part in target.split(".")):
        raise foreign
    try:
        found = vars(import_module(module)).get(name)
    except ImportError as error:
        raise InputError(f"{path}: {at}._target_: {target[:200]} cannot be imported: {error}.") from error
    if not isinstance(found, type) or (found.__module__, found.__qualname__) != (module, name):
        if not (own and isinstance(found, type) and found.__module__.split(".")[0] in allow):
            raise foreign
    return found


def _hint(found: type, key: str) -> Any:
    try:
        return typing.get_type_hints(found.__init__).get(key, Any)
    except (NameError, TypeError):
        return Any


def _holds_targets(value: Any) -> bool:
    if type(value) is dict:
        return "_target_" in value or any(_holds_targets(inner) for inner in value.values())
    return type(value) is list and any(_holds_targets(inner) for inner in value)
