"""Configs to hand on, without the paths of a machine."""

import re
from typing import Any

_ABSOLUTE = re.compile(r"^(/|~|[A-Za-z]:[\\/])")


def without_paths(node: Any) -> Any:
    """Returns nested plain values with absolute paths cut to their last part: they tell of a machine, not of a run."""
    if isinstance(node, dict):
        return {key: without_paths(value) for key, value in node.items()}
    if isinstance(node, (list, tuple)):
        return [without_paths(value) for value in node]
    if isinstance(node, str) and _ABSOLUTE.match(node):
        return re.split(r"[\\/]", node.rstrip("\\/"))[-1]
    return node
