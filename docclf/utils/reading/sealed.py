"""JSON objects that carry a digest of themselves, so that a changed byte is found and named."""

import hashlib
import json
from typing import Any

from docclf.errors import InputError

KEY = "digest"


def seal(value: dict[str, Any]) -> dict[str, Any]:
    """Returns an object of plain JSON values with the digest of all others as its last entry."""
    plain = {name: entry for name, entry in value.items() if name != KEY}
    return {**plain, KEY: _digest(plain)}


def opened(value: Any, where: Any) -> Any:
    """Returns an object without its digest, which was compared; what has none is older, and returned as it is.

    Args:
        value: what JSON was read to.
        where: file, and line, for the message.

    Raises:
        InputError: the digest is another one.
    """
    if type(value) is not dict or KEY not in value:
        return value
    plain = {name: entry for name, entry in value.items() if name != KEY}
    if value[KEY] != _digest(plain):
        raise InputError(
            f"{where}: its digest is wrong, so it changed since it was written; copy it again. If the change was "
            f'meant, remove the entry "{KEY}".'
        )
    return plain


def _digest(plain: dict[str, Any]) -> str:
    # Read back first: a key that is a number and one that is its text are the same in JSON, and sort alike only there.
    text = json.dumps(json.loads(json.dumps(plain)), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
