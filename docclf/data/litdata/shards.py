"""Shards for LitData, made of packs: what their folder says, and writing them."""

import hashlib
import json
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import fsspec
import numpy as np
from tqdm import tqdm

from docclf.data.index.hashes import Hashes
from docclf.data.pixels.mapped import Mapped
from docclf.errors import InputError
from docclf.utils import atomic
from docclf.utils.reading.sealed import opened, seal

FACTS = "docclf.json"
HASHES = "docclf.hashes.u8"  # sha256 and perceptual hash of each image, 40 bytes
VERSION = 1


class Facts(NamedTuple):
    """What the shards hold: images, their side, the fingerprint of the packs they were made of, sha256 of `HASHES`."""

    count: int
    side: int
    fingerprint: str
    hashes: str | None = None


def litdata() -> Any:
    """Returns the module.

    Raises:
        InputError: it is not installed.
    """
    try:
        import litdata as module
    except ImportError as error:
        raise InputError(
            f"data=sharded needs LitData, which cannot be imported ({error}): pip install litdata; or train on packs: "
            "data=packed."
        ) from error
    return module


def read_facts(location: str) -> Facts:
    """Returns what shards hold.

    Raises:
        InputError: there are none.
    """
    try:
        with fsspec.open(f"{location.rstrip('/')}/{FACTS}", "r") as stream:
            found = opened(json.load(stream), f"{location}/{FACTS}")
        if found["version"] != VERSION:
            raise ValueError(f"version {found['version']}")
        facts = Facts(*(found.get(name) for name in Facts._fields))
        if not all(type(n) is int and 0 < n < 2**40 for n in facts[:2]) or type(facts.fingerprint) is not str:
            raise ValueError("count, side or fingerprint are none")
        return facts
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise InputError(
            f"data.location={location}: no shards made by `python -m docclf.data.litdata PACK ... --out DIR` there "
            f"({type(error).__name__}: {error}); make them, or make them anew."
        ) from error


def read_hashes(location: str, facts: Facts) -> Hashes:
    """Returns what the images of shards are.

    Raises:
        InputError: the shards do not say, or say it of another number of images.
    """
    try:
        with fsspec.open(f"{location.rstrip('/')}/{HASHES}", "rb") as stream:
            content = stream.read()
        if facts.hashes not in (None, hashlib.sha256(content).hexdigest()):
            raise ValueError("its digest is wrong")
        rows = np.frombuffer(content, np.uint8).reshape(-1, 40)
    except (OSError, ValueError) as error:
        rows, reason = np.empty((0, 40), np.uint8), f" ({error})"
    else:
        reason = f" of all {facts.count} images" if len(rows) != facts.count else ""
    if len(rows) != facts.count:
        raise InputError(
            f"data.location={location}: {HASHES} does not say what the images are{reason}, so it cannot be told "
            "which classes another run had, nor whether tested images are among them; make the shards anew: "
            "python -m docclf.data.litdata PACK ... --out DIR."
        )
    looks = np.ascontiguousarray(rows[:, 32:]).view("<u8").reshape(-1).astype(np.uint64)
    return Hashes(rows[:, :32], looks, lambda i: f"image {i} of {location}")


def checksum(index: int, image: bytes) -> int:
    """Returns what stands beside the bytes of an image, CRC-32 of them and of its number."""
    return zlib.crc32(image, index)


def write_shards(source: Mapped, out: str | Path, chunk: int = 128) -> Facts:
    """Writes the images of packs as shards; the facts are written last, so shards without them are unfinished.

    Args:
        source: the images; image i becomes sample and class i.
        out: folder; must be new or empty.
        chunk: images of a shard: what is fetched at a time and shuffled within.

    Raises:
        InputError: the folder is not empty.
    """
    litdata()
    from litdata.streaming.writer import BinaryWriter

    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise InputError(f"--out={out}: the folder is not empty; give another one or delete it.")
    writer = BinaryWriter(str(out), chunk_size=chunk)
    for i in tqdm(range(len(source)), desc="sharding", unit="image", disable=None):
        image = np.ascontiguousarray(source.read(i)).tobytes()
        writer.add_item(i, {"image": image, "index": i, "sum": checksum(i, image)})
    writer.done()
    writer.merge()
    rows = [
        np.concatenate([part.hashes, part.looks.astype("<u8").view(np.uint8).reshape(-1, 8)], axis=1)[used]
        for part, used in zip(source.packs, source.rows, strict=True)
    ]
    content = np.concatenate(rows).tobytes()
    (out / HASHES).write_bytes(content)
    facts = Facts(len(source), source.side, source.fingerprint, hashlib.sha256(content).hexdigest())
    atomic.write_text(out / FACTS, json.dumps(seal({"version": VERSION, **facts._asdict()})))
    return facts
