"""What is known about files that were decoded before, kept in DOCCLF_CACHE or ~/.cache/docclf.

A row is believed only while size and modification time of the file are the same. Unreadable files are never stored:
they are tried again at each start.
"""

import hashlib
import json
import logging
import os
import tempfile
from dataclasses import astuple, dataclass
from pathlib import Path

_log = logging.getLogger(__name__)
_VERSION = 1


@dataclass(frozen=True)
class Entry:
    """One readable image: path relative to the root (with `/`), bytes, time, sha256 of the content, pixels."""

    path: str
    size: int
    mtime_ns: int
    sha256: str
    height: int
    width: int


def _cache_file(root: Path, max_pixels: int) -> Path:
    base = os.environ.get("DOCCLF_CACHE") or Path.home() / ".cache" / "docclf"
    key = hashlib.sha256(os.fsencode(f"{root.resolve()}\0{max_pixels}")).hexdigest()[:24]
    return Path(base) / "index" / f"{key}.json"


def load(root: Path, max_pixels: int) -> dict[str, Entry]:
    """Returns what was stored about a folder, by path; nothing when it is another version or unreadable."""
    try:
        stored = json.loads(_cache_file(root, max_pixels).read_text())
        return {row[0]: Entry(*row) for row in stored["entries"]} if stored["version"] == _VERSION else {}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError) as error:
        _log.warning("the cached index of %s is unreadable and made anew (%s)", root, error)
        return {}


def save(root: Path, max_pixels: int, entries: dict[str, Entry]) -> None:
    """Stores what is known about a folder; says so when the cache folder cannot be written."""
    file = _cache_file(root, max_pixels)
    temporary = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=file.parent, suffix=".tmp", delete=False) as stream:
            temporary = stream.name
            rows = [list(astuple(entry)) for entry in entries.values()]
            json.dump({"version": _VERSION, "root": str(root), "entries": rows}, stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, file)
    except OSError as error:
        _log.warning(
            "the index of %s cannot be cached in %s, so the next start checks all files again (%s)",
            root,
            file.parent,
            error,
        )
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
