"""What is known about images that were decoded before, kept in DOCCLF_CACHE or ~/.cache/docclf.

A row is believed only while size, time and place of the image are the same. Unreadable images are never stored: they
are tried again at each start. While an index is being made, its rows are appended to a file of the process, so that a
process that is killed loses no more than its last second; the next start reads what all of them left.
"""

import hashlib
import json
import logging
import os
import tempfile
import zlib
from dataclasses import astuple, fields
from glob import escape, glob
from pathlib import Path

import numpy as np

from docclf.data.index.entry import Entry
from docclf.utils import atomic
from docclf.utils.cache_folder import cache_folder
from docclf.utils.reading import plain_json
from docclf.utils.reading.arrays import read_npz

_log = logging.getLogger(__name__)
_VERSION = 3
_NUMBERS = {"size": "<i8", "mtime_ns": "<i8", "height": "<i4", "width": "<i4", "offset": "<i8", "look": "<u8"}


class IndexCache:
    """The stored rows of one source.

    Args:
        location: what the source calls itself.
        max_pixels: limit under which the images were decoded.
    """

    def __init__(self, location: str, max_pixels: int):
        key = hashlib.sha256(os.fsencode(f"{location}\0{max_pixels}")).hexdigest()[:24]
        self.location, self.file = location, cache_folder() / "index" / f"{key}.npz"
        self._parts: list[Path] = []
        self._stream = None

    def load(self) -> dict[str, Entry]:
        """Returns what was stored, by key, and what unfinished processes left; nothing when it is unreadable."""
        known = {}
        try:
            known = {entry.path: entry for entry in _unpack(self.file)}
        except FileNotFoundError:
            pass
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            _log.warning("the cached index of %s is unreadable and made anew (%s)", self.location, error)
        self._parts = sorted(map(Path, glob(f"{escape(str(self.file.with_suffix('')))}.*.part")))
        for part in self._parts:
            known.update((entry.path, entry) for entry in _rows(part))
        return known

    def add(self, entries: list[Entry]) -> None:
        """Appends rows to the file of this process; does nothing where that cannot be written (`save` says so)."""
        try:
            if self._stream is None:
                self.file.parent.mkdir(parents=True, exist_ok=True)
                handle, name = tempfile.mkstemp(dir=self.file.parent, prefix=f"{self.file.stem}.", suffix=".part")
                self._stream = os.fdopen(handle, "w")
                self._parts.append(Path(name))
            self._stream.writelines(_signed(json.dumps(astuple(entry))) for entry in entries)
            self._stream.flush()
        except OSError:
            pass

    def close(self) -> None:
        """Closes the file of this process and leaves it to the next start."""
        if self._stream is not None:
            try:
                self._stream.close()
            except OSError:  # a full disk: what is missing is decoded again
                pass
            self._stream = None

    def save(self, entries: list[Entry], fingerprint: str) -> None:
        """Stores the rows whole and removes the files they were collected in; says so when that fails."""
        self.close()

        def fill(temporary: str) -> None:
            with open(temporary, "wb") as stream:
                np.savez_compressed(stream, **_packed(self.location, entries, fingerprint))

        try:
            atomic.replace(self.file, fill)
            for part in self._parts:
                part.unlink(missing_ok=True)
        except OSError as error:
            _log.warning(
                "the index of %s cannot be cached in %s, so the next start checks all files again (%s)",
                self.location,
                self.file.parent,
                error,
            )


def _packed(location: str, entries: list[Entry], fingerprint: str) -> dict[str, np.ndarray]:
    """Returns the rows as columns; a million take about 60 MB, nearly all of it the sha256."""
    about = {"version": _VERSION, "location": location, "images": len(entries), "fingerprint": fingerprint}
    columns = {name: np.array([getattr(e, name) for e in entries], kind) for name, kind in _NUMBERS.items()}
    paths = b"\0".join(os.fsencode(entry.path) for entry in entries)
    return {
        "about": np.frombuffer(json.dumps(about).encode(), np.uint8),
        "path": np.frombuffer(paths, np.uint8),
        "sha256": np.frombuffer(bytes.fromhex("".join(entry.sha256 for entry in entries)), np.uint8),
        **columns,
    }


def _unpack(file: Path) -> list[Entry]:
    if not file.is_file():
        return []
    stored = read_npz(file)
    about = plain_json.parse(stored["about"].tobytes())
    if about["version"] != _VERSION or not about["images"]:
        return []
    columns = {name: stored[name].astype(kind).tolist() for name, kind in _NUMBERS.items()}
    columns["path"] = [os.fsdecode(path) for path in stored["path"].tobytes().split(b"\0")]
    digests = stored["sha256"].tobytes().hex()
    columns["sha256"] = [digests[k : k + 64] for k in range(0, len(digests), 64)]
    order = [columns[field.name] for field in fields(Entry)]
    return [Entry(*row) for row in zip(*order, strict=True)]


def _signed(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x} {text}\n"


def _rows(part: Path) -> list[Entry]:
    """Returns the whole lines of a file that a process may have been killed in the middle of."""
    rows = []
    try:
        for line in part.read_text().splitlines(keepends=True):
            text = line[9:-1]
            if line == _signed(text):
                row = Entry(*json.loads(text))
                if all(type(getattr(row, field.name)) is field.type for field in fields(Entry)):
                    rows.append(row)
    except (OSError, ValueError, TypeError, RecursionError):
        pass
    return rows
