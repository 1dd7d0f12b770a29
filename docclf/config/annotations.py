"""Whether a plain config value fits an annotation."""

import inspect
import types
import typing
from typing import Any

from omegaconf import OmegaConf


def fits(value: Any, hint: Any) -> bool:
    """Returns whether a plain config value fits an annotation; annotations that are not plain are left to the code."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        plain = [argument for argument in arguments if _is_plain(argument)]
        return any(fits(value, argument) for argument in plain) or not (plain and _is_scalar(value))
    if origin is typing.Literal:
        return value in arguments
    if hint is type(None):
        return value is None
    if hint in (list, tuple) or origin in (list, tuple):
        inner = arguments[0] if origin is list and type(value) is list else Any
        return OmegaConf.is_list(value) or (type(value) is list and all(fits(item, inner) for item in value))
    if hint is dict or origin is dict:
        return OmegaConf.is_dict(value) or type(value) is dict
    if hint in (int, float):
        return isinstance(value, (int, hint)) and not isinstance(value, bool)
    return isinstance(value, hint) if hint in (bool, str) else True


def only_plain(hint: Any) -> bool:
    """Returns whether an annotation leaves no room for an object."""
    if hint in (int, float, str, bool, list, tuple, dict, type(None), ...):
        return True
    if typing.get_origin(hint) in (typing.Union, types.UnionType, list, tuple, dict):
        return all(only_plain(argument) for argument in typing.get_args(hint))
    return typing.get_origin(hint) is typing.Literal


def _is_plain(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Literal, typing.Union, types.UnionType, list, tuple, dict) or hint in (
        *(list, tuple, dict, int, float, bool, str),
        type(None),
    )


def _is_scalar(value: Any) -> bool:
    return not OmegaConf.is_config(value) and type(value) not in (list, dict)


def name_of(hint: Any) -> str:
    """Returns how an error message calls an annotation."""
    return hint.__name__ if inspect.isclass(hint) else str(hint).replace("typing.", "")
