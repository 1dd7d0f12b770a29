"""What is to be embedded, cut into blocks that any number of processes share without talking to each other."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from docclf.data.sources.source import Found, Unusable
from docclf.errors import InputError
from docclf.utils import atomic
from docclf.utils.reading import plain_json

NAME, VERSION = "embed.json", 1
MOST_BYTES = 65_536


@dataclass(frozen=True)
class About:
    """What a folder of vectors is of; every process that writes into it has to be of the same.

    Args:
        fingerprint: of the model.
        width: of its vectors.
        image_size: of its input, pixels.
        images: how many the source promises.
        listing: sha256 of their keys.
        rows: images of a block.
    """

    fingerprint: str
    width: int
    image_size: int
    images: int
    listing: str
    rows: int


def listed(source: Any) -> tuple[list[Found], list[Unusable], str]:
    """Returns the images of a source by key, what it could not open, and the sha256 of the keys.

    Raises:
        InputError: not a single image.
    """
    found, lost = [], []
    for one in source.walk():
        (lost if isinstance(one, Unusable) else found).append(one)
    found.sort(key=lambda one: one.path)
    if not found:
        raise InputError(f"{source.location}: not a single image to embed; want a folder, tar shards or parquet files.")
    digest = hashlib.sha256()
    for one in found:
        digest.update(one.path.encode("utf-8", "surrogateescape") + b"\0")
    return found, lost, digest.hexdigest()


def agree(folder: Path, about: About) -> None:
    """Writes what a folder is of, or compares it with what is written there.

    Raises:
        InputError: the folder is of another model, other images or another size of blocks.
    """
    path = folder / NAME
    if not path.exists():
        atomic.write_text(path, json.dumps({"version": VERSION, **asdict(about)}, indent=1) + "\n")
        return
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError("too long")
        there = plain_json.parse(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}); restore it, or embed into another folder.") from error
    wanted = {"version": VERSION, **asdict(about)}
    for key, value in wanted.items():
        was = there.get(key) if isinstance(there, dict) else None
        if was != value:
            raise InputError(
                f"{folder} was begun with {key}={str(was)[:40]}, now it is {str(value)[:40]}: vectors of two models or "
                "two lists of images do not go together. Give another --out."
            )


def blocks(count: int, rows: int, shard: str) -> list[int]:
    """Returns the numbers of the blocks that a process has to do.

    Args:
        count: images.
        rows: images of a block.
        shard: ``i/n``: every n-th block, beginning with the i-th, from 0.

    Raises:
        InputError: a shard of another form.
    """
    first, _, total = shard.partition("/")
    if not (first.isdecimal() and total.isdecimal() and int(first) < int(total)):
        raise InputError(f"--shard {shard}: want I/N with I from 0 to N-1, such as 0/4.")
    if rows < 1:
        raise InputError(f"--rows {rows}: want 1 or more images a block.")
    return list(range(int(first), -(-count // rows), int(total)))
