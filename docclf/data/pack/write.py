"""Writing packs: blocks made by threads, appended in order, and a manifest when all are there."""

import errno
import fcntl
import hashlib
import json
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import PIL
from tqdm import tqdm

import docclf
from docclf.data.pack import journal as pack_journal
from docclf.data.pack.items import QUALITY, PackItems, first_other, stored_side
from docclf.data.pack.journal import Journal, digest, replace
from docclf.data.pack.manifest import DATA, OFFSETS
from docclf.data.pack.read import FORMAT, HASHES, KEYS, LOOKS, MANIFEST, VERSION, Pack, open_pack, read_manifest
from docclf.errors import InputError
from docclf.imaging.shrink import METHOD
from docclf.utils.process.threads import thread_count
from docclf.utils.reading.sealed import seal

BLOCK = 128  # images with one checksum; 6 MB of 128 px


def write_pack(
    items: PackItems, out: str | Path, threads: int | None = None, sources: list[dict] | None = None
) -> Pack:
    """Writes a pack, or goes on with an unfinished one of the same plan; a finished one of the same images is kept.

    Args:
        items: the images and their form.
        out: folder of the pack; must be new, empty, or hold this pack.
        threads: threads that decode; None takes the cores of this process.
        sources: noted in the manifest: where the images came from.

    Raises:
        InputError: another pack is there, a file cannot be read or changed, the disk is full. What was written stays
            and the next call goes on behind it.
    """
    out = Path(out).expanduser().absolute()
    plan = plan_of(items)
    with _alone(out):
        if (out / MANIFEST).exists():
            return _finished(out, plan, items)
        foreign = sorted(p.name for p in out.iterdir() if p.name not in _OWN and not p.name.startswith("."))
        if foreign:
            raise InputError(f"--out={out}: the folder holds other files ({foreign[0]}); give a new or an empty one.")
        data = out / DATA[plan["kind"]]
        with _told(out):
            journal = Journal(out, plan, data)
            try:
                _append_blocks(items, data, journal, threads)
            finally:
                journal.close()
            _finish(items, out, plan, journal.blocks, sources or [])
        return open_pack(out)


def plan_of(items: PackItems) -> dict:
    """Returns everything that decides the content of a pack, in plain values."""
    chosen = hashlib.sha256()
    for key, (_, entry) in zip(items.keys, items.rows, strict=True):
        chosen.update(os.fsencode(f"{key}\0{entry.sha256}\n"))
    return {
        "kind": "jpeg" if items.compact else "u8",
        "num_images": len(items),
        "side": items.side,
        "stored_side": stored_side(items.side, items.compact),
        "chosen": chosen.hexdigest(),
        "resize": METHOD,
        "quality": QUALITY if items.compact else None,
        "block": BLOCK,
        "made_with": {"opencv": cv2.__version__, "pillow": PIL.__version__, "docclf": docclf.__version__},
    }


_OWN = {*DATA.values(), KEYS, HASHES, LOOKS, OFFSETS, pack_journal.NAME}


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    try:
        out.mkdir(parents=True, exist_ok=True)
        handle = os.open(out, os.O_RDONLY)  # the folder itself is the lock: nothing to leave behind
    except OSError as error:
        raise InputError(f"--out={out}: cannot be written ({error.strerror}); choose another folder.") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise InputError(f"--out={out}: another process is packing into it; wait for it or stop it.") from None
    finally:
        os.close(handle)


@contextmanager
def _told(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = "Free space there" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "Mend that"
        raise InputError(
            f"--out={out}: could not be written: {error.strerror or error}. {full} and run the same command again: it "
            "goes on behind the last whole block."
        ) from error


def _finished(out: Path, plan: dict, items: PackItems) -> Pack:
    there = read_manifest(out)
    other = [f"{key}: {there.get(key)} there, {plan[key]} asked for" for key in _FORM if there.get(key) != plan[key]]
    if not other and there.get("chosen") != plan["chosen"]:
        other = [first_other(open_pack(out), items)]
    if other:
        raise InputError(
            f"--out={out}: a pack of something else is there ({'; '.join(other)}); delete it or choose another folder."
        )
    return open_pack(out)


_FORM = ("kind", "num_images", "side")


def _append_blocks(items: PackItems, data: Path, journal: Journal, threads: int | None) -> None:
    cv2.setNumThreads(0)  # the threads here are the parallelism
    threads = thread_count(threads)
    starts = iter(range(len(journal.blocks) * BLOCK, len(items), BLOCK))
    pool = ThreadPoolExecutor(threads, thread_name_prefix="docclf-pack")
    bar = tqdm(total=len(items), initial=len(journal.blocks) * BLOCK, desc="packing", unit="image", disable=None)
    pending: deque = deque()
    try:
        with open(data, "ab", buffering=0) as stream:
            for start in starts:
                pending.append(pool.submit(_block, items, start, bar.update))
                if len(pending) > threads + 1:
                    _write(stream, journal, *pending.popleft().result())
            while pending:
                _write(stream, journal, *pending.popleft().result())
            os.fsync(stream.fileno())
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        bar.close()


def _block(items: PackItems, start: int, done: Callable[[], object]) -> tuple[memoryview, str, list[int]]:
    stop = min(start + BLOCK, len(items))
    if items.compact:
        parts = []
        for i in range(start, stop):
            parts.append(items.encoded(i))
            done()
        payload, sizes = memoryview(b"".join(parts)), [len(part) for part in parts]
    else:
        array = np.empty((stop - start, items.side, items.side, 3), np.uint8)
        for i in range(start, stop):
            array[i - start] = items.encoded(i)
            done()
        payload, sizes = memoryview(array).cast("B"), [array.nbytes]
    return payload, digest(payload), sizes


def _write(stream, journal: Journal, payload: memoryview, checksum: str, sizes: list[int]) -> None:
    while payload:  # a disk that fills up takes a part first and raises at the next call
        payload = payload[stream.write(payload) :]
    journal.add(checksum, sizes)


def _finish(items: PackItems, out: Path, plan: dict, blocks: list[dict], sources: list[dict]) -> None:
    replace(out / KEYS, json.dumps(items.keys).encode())
    replace(out / HASHES, bytes.fromhex("".join(entry.sha256 for _, entry in items.rows)))
    replace(out / LOOKS, np.array([entry.look for _, entry in items.rows], "<u8").tobytes())
    names = [DATA[plan["kind"]], KEYS, HASHES, LOOKS]
    if items.compact:
        sizes = [0, *(size for block in blocks for size in block["sizes"])]
        replace(out / OFFSETS, np.cumsum(sizes).astype("<u8").tobytes())
        names.append(OFFSETS)
    checksums = [block["digest"] for block in blocks]
    whole = hashlib.sha256(json.dumps([items.side, plan["stored_side"], checksums]).encode())
    whole.update((out / KEYS).read_bytes())
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        **plan,
        "fingerprint": whole.hexdigest(),
        "channels": "RGB",
        "sources": sources,
        "files": {name: (out / name).stat().st_size for name in names},
        "sha256": {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in names[1:]},
        "checksums": checksums,
    }
    replace(out / MANIFEST, json.dumps(seal(manifest), indent=1).encode())
    (out / pack_journal.NAME).unlink(missing_ok=True)
