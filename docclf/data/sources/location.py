"""Shard files on a disk or behind an fsspec URL, as the sources see them."""

import glob
import hashlib
import os
import re
from itertools import product
from pathlib import Path
from typing import BinaryIO

from docclf.errors import InputError

_RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")


class Disk:
    """Files of this machine."""

    remote = False

    def find(self, location: str, endings: tuple[str, ...]) -> list[str]:
        """Returns the files that a path, a folder or a pattern names."""
        path = os.path.abspath(os.path.expanduser(location))
        if os.path.isdir(path):
            found = (str(p) for p in Path(path).rglob("*") if not p.name.startswith(".") and p.is_file())
            return sorted(file for file in found if file.endswith(endings))
        if os.path.isfile(path) or not glob.has_magic(path):
            return [path]
        return sorted(glob.glob(path, recursive=True))

    def stamp(self, path: str) -> tuple[int, int]:
        """Returns bytes and a number that changes with the content; raises OSError."""
        status = os.stat(path)
        return status.st_size, status.st_mtime_ns

    def open(self, path: str) -> BinaryIO:
        """Opens a file for reading."""
        return open(path, "rb")

    def read(self, path: str, offset: int, size: int) -> bytes:
        """Returns a part of a file."""
        with open(path, "rb", buffering=0) as stream:
            return os.pread(stream.fileno(), size, offset)


class Remote:
    """Files of an fsspec file system.

    Args:
        protocol: the scheme of the URL: s3, gs, http, memory, file, ...

    Raises:
        InputError: when fsspec, or the package it needs for this scheme, is not installed.
    """

    remote = True

    def __init__(self, protocol: str):
        try:
            import fsspec
        except ImportError as error:
            raise InputError(f"{protocol}:// needs the package fsspec: pip install fsspec.") from error
        try:
            self._system = fsspec.filesystem(protocol)
        except (ImportError, ValueError) as error:
            raise InputError(f"{protocol}:// cannot be read: {error}") from error

    def find(self, location: str, endings: tuple[str, ...]) -> list[str]:
        """Returns the files that a URL, a folder or a pattern names."""
        path = self._system._strip_protocol(location)
        if glob.has_magic(path):
            return sorted(self._system.glob(path))
        if path.endswith(endings):
            return [path]
        return sorted(file for file in self._system.find(path) if file.endswith(endings))

    def stamp(self, path: str) -> tuple[int, int]:
        """Returns bytes and a number that changes with time or tag of the file; raises OSError."""
        size = self._system.size(path)
        if size is None:
            raise OSError(f"{path}: the server does not tell the size")
        tag = hashlib.blake2b(str(self._system.ukey(path)).encode(), digest_size=8).digest()
        return size, int.from_bytes(tag, "little") >> 1

    def open(self, path: str) -> BinaryIO:
        """Opens a file for reading in order, in large requests."""
        return self._system.open(path, "rb", block_size=8 * 2**20)

    def read(self, path: str, offset: int, size: int) -> bytes:
        """Returns a part of a file by one request."""
        return self._system.cat_file(path, start=offset, end=offset + size)


class Place:
    """The shard files that one location names, on a disk or behind a URL.

    Args:
        location: a file, a folder, a pattern (`*`, `{0000..0146}`) or such a URL.
        endings: which files of a folder count.

    Attributes:
        shards: key of each shard (its path below the folder that all have in common) and its full path.

    Raises:
        InputError: when nothing is there.
    """

    def __init__(self, location: str, endings: tuple[str, ...]):
        scheme, sep, _ = location.partition("://")
        self.system = Remote(scheme) if sep else Disk()
        self.location = location if sep else os.path.abspath(os.path.expanduser(location))
        try:
            files = sorted({file for one in _expanded(location) for file in self.system.find(one, endings)})
        except OSError as error:
            raise InputError(f"{location}: cannot be listed ({error}).") from error
        if not files:
            raise InputError(f"{location}: no file there; expected files that end in {' or '.join(endings)}.")
        common = os.path.commonpath([os.path.dirname(file) for file in files])
        self.shards = {os.path.relpath(file, common or None) if common else file: file for file in files}


def _expanded(location: str) -> list[str]:
    """Returns the location with every {from..to} written out, zero-padded as the first number is."""
    parts = _RANGE.split(location)
    choices = [
        [f"{number:0{len(first)}d}" for number in range(int(first), int(last) + 1)]
        for first, last in zip(parts[1::3], parts[2::3], strict=True)
    ]
    fixed = parts[::3]
    return ["".join(a + b for a, b in zip(fixed, (*combination, ""), strict=True)) for combination in product(*choices)]
