"""What an index needs of a source of images."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol, runtime_checkable


class Found(NamedTuple):
    """An image that a source promises.

    Args:
        path: its key, with `/`: a path relative to the folder, or shard and member, or table and row.
        size: bytes; None until `look` fills it in.
        stamp: a number that changes when the image may have changed: time of the file, or a hash of the time or tag
            of the shard.
        offset: where in the shard: first byte, or row.
        data: the bytes, when walking had to read them anyway.
    """

    path: str
    size: int | None = None
    stamp: int = 0
    offset: int = 0
    data: bytes | None = None


class Unusable(NamedTuple):
    """Something that is left out, and why; with `part`, everything below `path/` is."""

    path: str
    reason: str
    part: bool = False


@runtime_checkable
class Source(Protocol):
    """Images at one place; `look` and `read` are called from several threads at once.

    Attributes:
        location: the place, for messages and as the key of what is remembered about it.
        total: number of images when walking has counted them, else None.
    """

    location: str
    total: int | None

    def walk(self) -> Iterator[Found | Unusable]:
        """Yields what is there, each key once, in any order."""

    def look(self, found: Found) -> Found:
        """Returns it with size and stamp; raises OSError or InputError."""

    def read(self, path: str, offset: int, size: int) -> bytes:
        """Returns the bytes of an image; raises OSError or InputError."""
