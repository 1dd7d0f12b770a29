"""Attributes of registered images, from a csv, and which images have those that a query asks for."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from docclf.errors import InputError
from docclf.utils.text import shown

KEYS = ("name", "label")
MOST_BYTES, MOST_ATTRIBUTES, MOST_TEXT = 2**28, 32, 200  # of a csv; of an image; characters of a name or value


def checked(given: Mapping[str, str]) -> dict[str, str]:
    """Returns attributes after they were found to be few, short texts.

    Raises:
        InputError: naming the first that is not.
    """
    if len(given) > MOST_ATTRIBUTES:
        raise InputError(f"{len(given)} attributes; want at most {MOST_ATTRIBUTES}.")
    for key, value in given.items():
        for part in (key, value):
            if type(part) is not str or not part.strip() or len(part) > MOST_TEXT or shown(part) != part:
                raise InputError(
                    f"attribute {shown(str(key))[:40]}={shown(str(value))[:40]}: want texts of 1 to {MOST_TEXT} "
                    "characters, none of them a control character."
                )
        if "=" in key:
            raise InputError(f"attribute {key!r}: want a name without =.")
    return dict(given)


def parsed(words: Sequence[str]) -> dict[str, str]:
    """Returns ``["tenant=a", "country=TW"]`` as a mapping; an image has to have all of them.

    Raises:
        InputError: a word of another form, or an attribute twice.
    """
    found: dict[str, str] = {}
    for word in words:
        key, given, value = word.partition("=")
        if not given or key in found:
            raise InputError(f"--where {word}: want ATTRIBUTE=VALUE, each attribute once.")
        found[key] = value
    return checked(found)


def read(path: str | Path) -> tuple[str, dict[str, dict[str, str]]]:
    """Returns the key column of a csv, name or label, and the attributes of each key; empty cells are left out.

    Raises:
        InputError: no such file, no key column, a key twice, a row of another length, or attributes that are none.
    """
    try:
        if Path(path).stat().st_size > MOST_BYTES:
            raise InputError(f"{path} has more than {MOST_BYTES} bytes; want a csv of attributes.")
        rows = csv.reader(io.StringIO(Path(path).read_text(encoding="utf-8-sig"), newline=""), strict=True)
        head, *rows = [row for row in rows if row]
    except OSError as error:
        raise InputError(f"{path}: cannot be opened ({error.strerror or error}).") from error
    except (ValueError, csv.Error) as error:
        raise InputError(f"{path} is no csv in UTF-8 with a first line of column names ({error}).") from error
    key = next((name for name in KEYS if name in head), None)
    if key is None or len(set(head)) < len(head):
        raise InputError(
            f"{path} has the columns {', '.join(map(shown, head[:20]))}; want {' or '.join(KEYS)}, then attributes, "
            "each once."
        )
    at, found = head.index(key), {}
    for number, row in enumerate(rows, 2):
        if len(row) != len(head):
            raise InputError(f"{path}, row {number}: {len(row)} cells, want {len(head)} as in the first line.")
        if row[at] in found:
            raise InputError(f"{path}, row {number}: {key} {shown(row[at])!r} a second time.")
        found[row[at]] = checked({name: cell for name, cell in zip(head, row, strict=True) if name != key and cell})
    return key, found


def matching(rows: Sequence[Mapping[str, str]], where: Mapping[str, str]) -> np.ndarray:
    """Returns which images have all attributes asked for, bool [N].

    Raises:
        InputError: an attribute that no image has; a value that none has is no error.
    """
    known = {key for row in rows for key in row}
    for key in where:
        if key not in known:
            there = ", ".join(sorted(known)) or "none: give them at registration with --attributes FILE.csv"
            raise InputError(f"no registered image has the attribute {shown(key)!r}; there are: {there}.")
    return np.array([all(row.get(key) == value for key, value in where.items()) for row in rows], bool)
