"""Reading JSON that others wrote: bounded in size and depth, and an error that names the file."""

import json
import os
from pathlib import Path
from typing import Any

from docclf.errors import InputError

LIMIT = 256 * 2**20  # bytes; keys.json of a million images takes some 50 MB


def read(path: str | Path, remedy: str, limit: int = LIMIT) -> Any:
    """Returns the content of a JSON file.

    Args:
        path: the file.
        remedy: what to do when it cannot be read, the end of the sentence.
        limit: bytes it may have.

    Raises:
        InputError: it cannot be read, is larger, no JSON, or nested too deep.
    """
    try:
        with open(path, "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            if size > limit:
                raise InputError(f"{path} has {size} bytes, more than the {limit} such a file may have; {remedy}.")
            return parse(stream.read(limit + 1))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}; {remedy}.") from error
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is no JSON ({error}); {remedy}.") from error


def parse(content: bytes | str) -> Any:
    """Returns the value of a JSON text; raises ValueError, also where it is nested too deep."""
    try:
        text = content if isinstance(content, str) else content.decode("utf-8", "surrogateescape")
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
