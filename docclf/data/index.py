"""The list of usable images below a folder: every file is decoded once before class numbers are given."""

import hashlib
import logging
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from docclf.data import index_cache
from docclf.data.index_cache import Entry
from docclf.data.scan import check_folder, scan
from docclf.data.stream import thread_count
from docclf.errors import InputError
from docclf.imaging.read import EXTENSIONS, MAX_PIXELS, read_image

_log = logging.getLogger(__name__)
_LEAST = 2  # a line of pixels has no upper and lower half, and nothing to photograph
_SLICE = 4096  # files handed to the threads at a time, so that a million files do not become a million futures


@dataclass(frozen=True)
class Index:
    """Readable images below `root`, sorted by path, and what was left out: (path, reason)."""

    root: Path
    entries: list[Entry]
    skipped: list[tuple[str, str]] = field(default_factory=list)

    def read(self, entry: Entry) -> bytes:
        """Returns the bytes of an image's file."""
        return (self.root / entry.path).read_bytes()

    def fingerprint(self) -> str:
        """Returns the sha256 over path, size and content hash of every used image, in path order."""
        digest = hashlib.sha256()
        for entry in self.entries:
            digest.update(os.fsencode(f"{entry.path}\0{entry.size}\0{entry.sha256}\n"))
        return digest.hexdigest()

    def facts(self) -> dict:
        """Returns counts, skipped files and fingerprint for the log of a run."""
        return {
            "root": str(self.root),
            "images": len(self.entries),
            "skipped": [{"path": path, "reason": reason} for path, reason in self.skipped],
            "fingerprint": self.fingerprint(),
            "fingerprint_covers": "path, size and sha256 of the content of every used image, in path order",
        }


def build_index(
    root: Path,
    max_pixels: int = MAX_PIXELS,
    threads: int | None = None,
    unique: bool = True,
    argument: str = "data.root",
) -> Index:
    """Returns the index of a folder; decodes what the cached index does not vouch for (same path, size and time).

    Args:
        root: folder, searched with everything below it.
        max_pixels: larger images count as unreadable.
        threads: threads that decode.
        unique: leave out files whose content equals that of an earlier one (in path order).
        argument: what the user calls the folder, for errors.

    Raises:
        InputError: when no readable image is there.
    """
    root = check_folder(root, argument)
    paths, skipped = scan(root)
    known = index_cache.load(root, max_pixels)
    fresh: dict[str, Entry] = {}
    with (
        ThreadPoolExecutor(thread_count(threads)) as pool,
        tqdm(total=len(paths), desc=f"checking {root.name}", unit="image", disable=None) as bar,
    ):
        for start in range(0, len(paths), _SLICE):
            part = paths[start : start + _SLICE]
            for path, result in zip(
                part, pool.map(lambda p: _verify(root, p, known.get(p), max_pixels), part), strict=True
            ):
                if isinstance(result, Entry):
                    fresh[path] = result
                else:
                    skipped.append((path, result))
                bar.update()
    if fresh != known:
        index_cache.save(root, max_pixels, fresh)
    index = Index(root, list(fresh.values()), skipped)
    if unique:
        index = without_copies([index])[0]
    _report(index, len(paths), argument)
    return index


def without_copies(indexes: list[Index]) -> list[Index]:
    """Returns the indexes less the files whose content was seen before, in this order of folders and paths."""
    first: dict[str, str] = {}
    result = []
    for index in indexes:
        kept, skipped = [], list(index.skipped)
        for entry in index.entries:
            if entry.sha256 in first:
                skipped.append((entry.path, f"same content as {first[entry.sha256]}"))
            else:
                first[entry.sha256] = entry.path
                kept.append(entry)
        result.append(Index(index.root, kept, skipped))
    return result


def _verify(root: Path, path: str, known: Entry | None, max_pixels: int) -> Entry | str:
    file = root / path
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            return "no regular file"
        if known is not None and (known.size, known.mtime_ns) == (status.st_size, status.st_mtime_ns):
            return known
        data = file.read_bytes()
        height, width = read_image(data, max_pixels, name=path).shape[:2]
        if min(height, width) < _LEAST:
            return f"{width} x {height} pixels; expected {_LEAST} or more on each side"
    except OSError as error:
        return f"cannot be opened ({error.strerror or error})"
    except InputError as error:
        return str(error).removeprefix(f"{path}: ")
    return Entry(path, status.st_size, status.st_mtime_ns, hashlib.sha256(data).hexdigest(), height, width)


def _report(index: Index, seen: int, argument: str) -> None:
    lines = [f"  {path}: {reason}" for path, reason in index.skipped[:5]]
    if len(index.skipped) > 5:
        lines.append(f"  and {len(index.skipped) - 5} more")
    if not index.entries:
        raise InputError(
            f"{argument}={index.root}: no readable image there or below it ({seen} files with an image extension, none "
            f"of them readable); looked for {', '.join(sorted(EXTENSIONS))} in any case.\n" + "\n".join(lines)
        )
    if index.skipped:
        _log.warning(
            "%s: %d files skipped, %d used\n%s", index.root, len(index.skipped), len(index.entries), "\n".join(lines)
        )
