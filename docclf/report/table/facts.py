"""Nested facts as tables."""

from typing import Any

_LIST = 5


def facts(about: dict) -> list[tuple[str, list[tuple[str, str]]]]:
    """Returns (title, [(name, value)]) tables: plain values first, then one table per nested dict."""
    plain = [(key, _text(value)) for key, value in about.items() if not isinstance(value, dict)]
    tables = [("run", plain)] if plain else []
    return tables + [
        (str(key), list(_flat(value, ""))) for key, value in about.items() if isinstance(value, dict) and value
    ]


def _flat(node: Any, path: str) -> list[tuple[str, str]]:
    if isinstance(node, dict) and node:
        return [pair for key, value in node.items() for pair in _flat(value, f"{path}.{key}" if path else str(key))]
    return [(path, _text(node))]


def _text(value: Any) -> str:
    if value is None or value == [] or value == {}:
        return "none"
    if isinstance(value, (list, tuple)):
        more = f" and {len(value) - _LIST} more" if len(value) > _LIST else ""
        return ", ".join(str(entry) for entry in value[:_LIST]) + more
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (
        f"{value:,}"
        if isinstance(value, int) and abs(value) >= 10000
        else f"{value:.6g}"
        if isinstance(value, float)
        else str(value)
    )
