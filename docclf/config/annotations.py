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
        return OmegaConf.is_list(value)
    if hint is dict or origin is dict:
        return OmegaConf.is_dict(value)
    if hint in (int, float):
        return isinstance(value, (int, hint)) and not isinstance(value, bool)
    return isinstance(value, hint) if hint in (bool, str) else True


def _is_plain(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Literal, typing.Union, types.UnionType, list, tuple, dict) or hint in (
        *(list, tuple, dict, int, float, bool, str),
        type(None),
    )


def _is_scalar(value: Any) -> bool:
    return not OmegaConf.is_config(value)


def name_of(hint: Any) -> str:
    """Returns how an error message calls an annotation."""
    return hint.__name__ if inspect.isclass(hint) else str(hint).replace("typing.", "")
