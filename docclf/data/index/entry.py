"""One image of an index."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One readable image: its key (path relative to the root, with `/`), bytes, time, sha256 of the content, pixels.

    Args:
        path: a path below the folder, shard and member, or table and row.
        size: bytes.
        mtime_ns: time of the file, or a number that changes with its shard.
        sha256: of the content, hex.
        height: pixels, turned by EXIF.
        width: pixels.
        offset: first byte in the shard, or row of the table.
        look: perceptual hash, 64 bits; 0 where there is none.
    """

    path: str
    size: int
    mtime_ns: int
    sha256: str
    height: int
    width: int
    offset: int = 0
    look: int = 0
