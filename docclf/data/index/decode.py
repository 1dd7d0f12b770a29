"""Decoding what a source promises, by threads, and telling what each image is."""

import hashlib
import logging
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from tqdm import tqdm

from docclf.data.index.entry import Entry
from docclf.data.sources.source import Found, Source, Unusable
from docclf.errors import InputError
from docclf.imaging.feature.phash import perceptual_hash
from docclf.imaging.file.kinds import misnamed
from docclf.imaging.read import inspect_image

_log = logging.getLogger(__name__)
_LEAST = 2  # a line of pixels has no upper and lower half, and nothing to photograph
_CHUNK = 32  # images handed to a thread at a time
_CHUNK_BYTES = 8 * 2**20  # or fewer, when the source had to read them


def checked(
    source: Source, known: dict[str, Entry], max_pixels: int, pool: ThreadPoolExecutor, threads: int, bar: tqdm
) -> Iterator[list[tuple[str, Entry | Unusable]]]:
    """Yields the results of chunk after chunk, in the order of the source."""
    pending: deque = deque()

    def check(chunk: list[Found | Unusable]) -> list[tuple[str, Entry | Unusable]]:
        return [
            (item.path, item if isinstance(item, Unusable) else _verify(source, item, known.get(item.path), max_pixels))
            for item in chunk
        ]

    def finish() -> list[tuple[str, Entry | Unusable]]:
        results = pending.popleft().result()
        bar.update(len(results))
        return results

    for chunk in _chunks(source.walk()):
        if source.total is not None and bar.total is None:
            bar.total = source.total
        pending.append(pool.submit(check, chunk))
        if len(pending) > 4 * threads:
            yield finish()
    while pending:
        yield finish()


def _chunks(items: Iterator[Found | Unusable]) -> Iterator[list[Found | Unusable]]:
    chunk, held = [], 0
    for item in items:
        chunk.append(item)
        held += len(item.data or b"") if isinstance(item, Found) else 0
        if len(chunk) == _CHUNK or held > _CHUNK_BYTES:
            yield chunk
            chunk, held = [], 0
    if chunk:
        yield chunk


def _verify(source: Source, found: Found, known: Entry | None, max_pixels: int) -> Entry | Unusable:
    path = found.path
    try:
        found = source.look(found)
        if known is not None and (known.size, known.mtime_ns, known.offset) == (found.size, found.stamp, found.offset):
            return known
        most = 8 * max_pixels + 2**20  # 16-bit RGBA without compression
        if found.size > most:
            return Unusable(path, f"{found.size} bytes are more than an image of max_pixels={max_pixels} can take")
        data = source.read(path, found.offset, found.size) if found.data is None else found.data
        height, width, small = inspect_image(data, max_pixels, name=path)
        if misnamed(path, data):
            _log.warning("%s is no HEIC or AVIF as its name says; its content is read as what it is", path)
        if min(height, width) < _LEAST:
            return Unusable(path, f"{width} x {height} pixels; expected {_LEAST} or more on each side")
    except OSError as error:
        return Unusable(path, f"cannot be opened ({error.strerror or error})")
    except InputError as error:
        return Unusable(path, str(error).removeprefix(f"{path}: "))
    digest = hashlib.sha256(data).hexdigest()
    return Entry(path, found.size, found.stamp, digest, height, width, found.offset, perceptual_hash(small))
