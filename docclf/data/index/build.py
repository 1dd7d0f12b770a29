"""The list of usable images of a source: every image is decoded once before class numbers are given."""

import hashlib
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from docclf.data.index.cache import IndexCache
from docclf.data.index.copies import DEDUP, drop_copies
from docclf.data.index.decode import checked
from docclf.data.index.entry import Entry
from docclf.data.sources.folder import FolderSource
from docclf.data.sources.scan import check_folder
from docclf.data.sources.source import Source
from docclf.errors import InputError
from docclf.imaging.file.kinds import EXTENSIONS
from docclf.imaging.read import MAX_PIXELS
from docclf.utils.process.threads import thread_count
from docclf.utils.text import shown

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Index:
    """Readable images of a source, sorted by key, and what was left out: (key, reason).

    `root` is the folder, or the location of the shards as a path; `source` reads the bytes.
    """

    root: Path
    entries: list[Entry]
    skipped: list[tuple[str, str]] = field(default_factory=list)
    source: Source | None = None

    def read(self, entry: Entry) -> bytes:
        """Returns the bytes of an image's file."""
        return self.source.read(entry.path, entry.offset, entry.size)

    def fingerprint(self) -> str:
        """Returns the sha256 over path, size and content hash of every used image, in path order."""
        return _fingerprint(self.entries)

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
    root: str | Path,
    max_pixels: int = MAX_PIXELS,
    threads: int | None = None,
    unique: bool = True,
    argument: str = "data.root",
) -> Index:
    """Returns the index of a folder; see `index_source`.

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
    return index_source(FolderSource(root), max_pixels, threads, "exact" if unique else "off", argument, root)


def index_source(
    source: Source,
    max_pixels: int = MAX_PIXELS,
    threads: int | None = None,
    dedup: str = "exact",
    argument: str = "SOURCE",
    root: Path | None = None,
) -> Index:
    """Returns the index of a source; decodes what the cached index does not vouch for (same key, size and time).

    A process that is killed has noted what it decoded, so the next call goes on there.

    Args:
        source: what is indexed.
        max_pixels: larger images count as unreadable.
        threads: threads that decode.
        dedup: "exact" leaves out images whose content equals that of an earlier one (in key order), "near" those that
            look like an earlier one too, "off" none.
        argument: what the user calls the source, for errors.
        root: the source as a path; its location by default.

    Raises:
        InputError: when no readable image is there, or a shard is broken.
    """
    if dedup not in DEDUP:
        raise InputError(f"dedup={dedup}: expected one of {', '.join(DEDUP)}.")
    root = Path(source.location) if root is None else root
    cache = IndexCache(source.location, max_pixels)
    known = cache.load()
    fresh: dict[str, Entry] = {}
    skipped: dict[str, str] = {}
    with (
        ThreadPoolExecutor(thread_count(threads), thread_name_prefix="docclf-index") as pool,
        tqdm(desc=f"checking {shown(root.name)}", unit="image", disable=None) as bar,
    ):
        try:
            for results in checked(source, known, max_pixels, pool, thread_count(threads), bar):
                new = []
                for path, result in results:
                    if isinstance(result, Entry):
                        fresh[path] = result
                        if known.get(path) is not result:
                            new.append(result)
                    else:
                        skipped[path] = result.reason
                        if result.part:  # what was read of it before its end proved broken
                            fresh = {p: entry for p, entry in fresh.items() if not p.startswith(f"{path}/")}
                if new:
                    cache.add(new)
        finally:
            cache.close()
            pool.shutdown(wait=True, cancel_futures=True)
    entries = [fresh[path] for path in sorted(fresh)]
    if fresh != known:
        cache.save(entries, _fingerprint(entries))
    seen = len(fresh) + len(skipped)
    index = Index(root, entries, list(skipped.items()), source)
    index = without_copies([index], dedup)[0]
    _report(index, seen, argument)
    return index


def without_copies(indexes: list[Index], dedup: str = "exact") -> list[Index]:
    """Returns the indexes less the images that were seen before, in this order of sources and keys.

    Args:
        indexes: what the images come from.
        dedup: "exact" compares contents, "near" perceptual hashes too, "off" nothing.
    """
    reasons = drop_copies([entry for index in indexes for entry in index.entries], dedup)
    result, start = [], 0
    for index in indexes:
        kept, skipped = [], list(index.skipped)
        for number, entry in enumerate(index.entries, start):
            if number in reasons:
                skipped.append((entry.path, reasons[number]))
            else:
                kept.append(entry)
        start += len(index.entries)
        result.append(Index(index.root, kept, skipped, index.source))
    return result


def _fingerprint(entries: list[Entry]) -> str:
    digest = hashlib.sha256()
    for entry in entries:
        digest.update(os.fsencode(f"{entry.path}\0{entry.size}\0{entry.sha256}\n"))
    return digest.hexdigest()


def _report(index: Index, seen: int, argument: str) -> None:
    lines = left_out(index.skipped)
    if not index.entries:
        raise InputError(
            f"{argument}={index.root}: no readable image there or below it ({seen} files with an image extension, none "
            f"of them readable); looked for {', '.join(sorted(EXTENSIONS))} in any case.\n" + "\n".join(lines)
        )
    if index.skipped:
        _log.warning(
            "%s: %d files skipped, %d used\n%s", index.root, len(index.skipped), len(index.entries), "\n".join(lines)
        )


def left_out(skipped: list[tuple[str, str]], most: int = 5) -> list[str]:
    """Returns a line for each reason, with the first file that has it and how many more have.

    Args:
        skipped: (name, reason) of each file.
        most: lines; one more says how many reasons are left.
    """
    reasons: dict[str, list[str]] = {}
    for name, reason in skipped:
        reasons.setdefault(reason, []).append(name)
    lines = [
        f"  {names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {reason}"
        for reason, names in reasons.items()
    ]
    return lines[:most] + ([f"  and {len(lines) - most} more reasons"] if len(lines) > most else [])
