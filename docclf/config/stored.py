"""A config that came in a file, such as a checkpoint's: the one way from it to values and to objects.

Nothing in such a config is run. It holds plain values only; a reference ``${a.b}`` to another entry is followed here,
and nothing else is: no environment, no resolver. A ``_target_`` is judged when it is called, by the class that was
found, and so are the arguments it gets.
"""

import re
from typing import Any

from docclf.errors import InputError

DEPTH, NODES, LETTERS = 30, 100_000, 10_000  # far above any config of train.py
WHOLE = 2**63
# How a machine works is that machine's to say: processes, threads, and folders that are written.
MACHINE = ("workers", "threads", "cache_dir", "shard_cache", "cache_gb")
_REFERENCE = re.compile(r"\$\{([A-Za-z_]\w*(?:\.\w+)*)\}")


class Stored:
    """The config of a file, plain values in nested dicts and lists.

    Args:
        config: what the file holds.
        path: the file, for messages.
        allow: packages of the user whose classes it may name besides docclf's own.

    Raises:
        InputError: another type than dict, list, str, int, float, bool and None, or more of it than any run writes.
    """

    def __init__(self, config: Any, path: Any, allow: list[str] | tuple[str, ...] | None = None) -> None:
        self.path, self.allow = str(path), tuple(allow or ())
        if type(config) is not dict:
            raise InputError(f"{path}: its config is {type(config).__name__}, want a dict, as train.py writes it.")
        check_plain(config, f"the config in {path}")
        self.config = config

    def value(self, *keys: str) -> Any:
        """Returns an entry with its references followed; ``None`` where there is none."""
        found: Any = self.config
        for key in keys:
            found = found.get(key) if type(found) is dict else None
        resolved = self._resolved(found, ".".join(keys), ())
        check_plain(resolved, f"the config in {self.path}")  # references may multiply what is small in the file
        return resolved

    def number(self, key: str, most: int, least: int = 1) -> int:
        """Returns a whole number of the top level within limits."""
        found = self.value(key)
        if type(found) is not int or not least <= found <= most:
            raise InputError(
                f"the config in {self.path} has {key}={found!r}; want a whole number in {least} .. {most}."
            )
        return found

    def group(self, name: str, changes: dict[str, Any] | None = None) -> dict[str, Any]:
        """Returns a group resolved, without what is the machine's to say.

        Args:
            name: of the group.
            changes: the user's own entries, plain, which replace those of the file.
        """
        found = self.config.get(name)
        if type(found) is not dict:
            raise InputError(f"the config in {self.path} has no group {name}; want what train.py writes.")
        kept = {key: value for key, value in found.items() if key not in MACHINE and key not in (changes or {})}
        resolved = {key: self._resolved(value, f"{name}.{key}", ()) for key, value in kept.items()}
        for key, value in (changes or {}).items():
            inner = type(value) is dict and type(found.get(key)) is dict and "_target_" not in value
            resolved[key] = {**self._resolved(found[key], f"{name}.{key}", ()), **value} if inner else value
        check_plain(resolved, f"the config in {self.path}")
        return resolved

    def _resolved(self, node: Any, at: str, seen: tuple[str, ...]) -> Any:
        if type(node) is dict:
            return {key: self._resolved(value, f"{at}.{key}", seen) for key, value in node.items()}
        if type(node) is list:
            return [self._resolved(value, f"{at}[{i}]", seen) for i, value in enumerate(node)]
        if type(node) is not str or "${" not in node:
            return node
        whole = _REFERENCE.fullmatch(node)
        if whole:
            return self._followed(whole[1], at, seen)
        text = _REFERENCE.sub(lambda found: str(self._followed(found[1], at, seen, plain=True)), node)
        if "${" in text or len(text) > LETTERS:
            raise InputError(
                f"the config in {self.path} has {at}={node[:200]!r}: a file may refer to its own entries, as "
                f"${{a.b}}, and to nothing else (environment, resolvers). Give the value yourself: {at}=VALUE."
            )
        return text

    def _followed(self, name: str, at: str, seen: tuple[str, ...], plain: bool = False) -> Any:
        """Returns the entry that a reference names."""
        found: Any = self.config
        for key in name.split("."):
            if type(found) is not dict or key not in found or name in seen or len(seen) > DEPTH:
                raise InputError(f"the config in {self.path} has {at}=${{{name}}}, which leads nowhere.")
            found = found[key]
        if type(found) in (dict, list) and plain:
            raise InputError(f"the config in {self.path} has {at} with ${{{name}}} in a text; want a plain value.")
        resolved = self._resolved(found, name, (*seen, name))
        if type(resolved) in (dict, list):
            check_plain(resolved, f"the config in {self.path}")
        return resolved


def check_plain(node: Any, what: str) -> None:
    """Raises InputError unless a node is plain values and of a size that somebody may have written."""
    left, waiting = NODES, [(node, "", 0)]
    while waiting:
        value, at, depth = waiting.pop()
        left -= 1
        if left < 0 or depth > DEPTH:
            raise InputError(f"{what} has more than {NODES} entries, or more than {DEPTH} levels; it is none of ours.")
        kind = type(value)
        if kind is dict:
            for key in value:
                if type(key) not in (str, int) or len(str(key)[:201]) > 200:
                    raise InputError(f"{what}: {at or 'its top level'} has a key that is no short text.")
            waiting += [(inner, f"{at}.{key}" if at else str(key), depth + 1) for key, inner in value.items()]
        elif kind is list:
            waiting += [(inner, f"{at}[{i}]", depth + 1) for i, inner in enumerate(value)]
        elif not (kind in (bool, float, type(None)) or _small(value)):
            shown = "is too long" if kind in (str, int) else f"is {kind.__name__}"
            raise InputError(
                f"{what}: {at} {shown}; a file may hold dict, list, text, numbers, true, false and null, and nothing "
                "else is built from one. Take the checkpoint as train.py wrote it."
            )


def _small(value: Any) -> bool:
    return (type(value) is str and len(value) <= LETTERS) or (type(value) is int and -WHOLE <= value <= WHOLE)
