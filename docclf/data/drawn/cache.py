"""Drawn documents as cached arrays: drawn once by several processes, checked on each load."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import PIL
from tqdm import tqdm

import docclf
from docclf.errors import InputError
from docclf.synthetic import capture, draw
from docclf.synthetic.worker import Row
from docclf.utils import atomic
from docclf.utils.cache_folder import cache_folder
from docclf.utils.process.threads import thread_count

try:
    import fcntl
except ImportError:  # Windows: without the lock two processes may draw the same file, to the same bytes
    fcntl = None

_DIGEST = 32


def cached(
    rows: list[Row], side: int, seed: int, strength: float, folder: str | None, workers: int | None
) -> np.ndarray:
    """Returns the pictures, uint8 [n,side,side,3], read-only and mapped from the cache file.

    The file's name depends on everything that changes a byte of it; a digest at its end is checked on each load.
    Several processes may ask at once: one draws, the others wait.

    Args:
        rows: what to draw.
        side: side of the squashed pictures, pixels.
        seed: seed of the documents.
        strength: strength of the captures.
        folder: cache folder; None takes DOCCLF_CACHE or ~/.cache/docclf.
        workers: drawing processes; None takes the cores of this process.

    Raises:
        InputError: the folder cannot be written.
        RuntimeError: a drawing process failed.
    """
    if workers is not None and workers < 1:
        raise InputError(f"data.workers={workers}: expected 1 or more drawing processes, or null for one per core.")
    shape = (len(rows), side, side, 3)
    file = _place(folder) / f"{drawing_name(rows, side, seed, strength)}.u8"
    with _locked(file):
        if not _sound(file, shape):
            _draw_file(file, rows, side, seed, strength, thread_count(workers))
    pixels = np.memmap(file, np.uint8, "r", shape=shape)
    return pixels


def _place(folder: str | None) -> Path:
    base = (Path(folder).expanduser() if folder else cache_folder()) / "synthetic"
    try:
        base.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=base):
            pass
    except OSError as error:
        raise InputError(
            f"drawn documents cannot be cached in {base} ({error.strerror}); give a folder that can be written "
            f"with data.cache_dir=DIR or the environment variable DOCCLF_CACHE."
        ) from error
    return base


def drawing_name(rows: list[Row], side: int, seed: int, strength: float) -> str:
    """Returns what stands for the pictures: another text when any of their bytes may differ."""
    # A new Pillow may draw a letter a shade differently.
    facts = [draw.VERSION, capture.VERSION, PIL.__version__, seed, side, round(strength * 100), *map(list, rows)]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24]


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    path = file.with_suffix(".lock")
    try:
        # The folder may be shared: a link in this place must not lead to a file of somebody else's.
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
    except OSError as error:
        raise InputError(f"{path} cannot be locked ({error.strerror}); remove it if it is a link.") from error
    with os.fdopen(handle, "r+") as lock:
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _digest(file: Path, count: int) -> bytes:
    state = hashlib.blake2b(digest_size=_DIGEST)
    with open(file, "rb") as stream:
        while count and (block := stream.read(min(count, 1 << 22))):
            state.update(block)
            count -= len(block)
    return state.digest()


def _sound(file: Path, shape: tuple[int, ...]) -> bool:
    """Whether the file is whole and unchanged; any other is drawn anew."""
    size = int(np.prod(shape, dtype=np.int64))
    if not file.is_file() or file.stat().st_size != size + _DIGEST:
        return False
    with open(file, "rb") as stream:
        stream.seek(size)
        return stream.read() == _digest(file, size)


def _draw_file(file: Path, rows: list[Row], side: int, seed: int, strength: float, workers: int) -> None:
    size = len(rows) * side * side * 3

    def fill(temporary: str) -> None:
        os.truncate(temporary, size)
        _draw_rows(Path(temporary), rows, side, seed, strength, workers)
        digest = _digest(Path(temporary), size)
        with open(temporary, "ab") as stream:
            stream.write(digest)

    try:
        atomic.replace(file, fill)
    except OSError as error:
        raise InputError(
            f"drawn documents cannot be cached in {file.parent} ({error.strerror}); {size // 10**6 + 1} MB are needed: "
            f"make room or choose another folder with data.cache_dir=DIR."
        ) from error


def _draw_rows(file: Path, rows: list[Row], side: int, seed: int, strength: float, workers: int) -> None:
    numbered = [[position, *map(int, row)] for position, row in enumerate(rows)]
    shares = [share for k in range(workers) if (share := numbered[k::workers])]
    common = {"file": str(file), "side": side, "seed": seed, "strength": strength}
    children: list[subprocess.Popen] = []
    with (
        tqdm(total=len(rows), desc="drawing documents", unit="document", disable=None) as bar,
        ThreadPoolExecutor(len(shares)) as pool,
    ):
        try:
            children.extend(_start() for _ in shares)
            jobs = [{**common, "rows": share} for share in shares]
            for _ in pool.map(_attend, children, jobs, [bar] * len(jobs)):
                pass
        finally:
            for child in children:
                child.kill()
                child.wait()


def _start() -> subprocess.Popen:
    home = str(Path(docclf.__file__).resolve().parents[1])
    # One thread each: the processes themselves fill the cores.
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH"))))
    pipe = subprocess.PIPE
    try:
        command = [sys.executable, "-m", "docclf.synthetic.worker"]
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment)
    except OSError as error:
        raise RuntimeError(f"a drawing process could not be started with {sys.executable!r}: {error}") from error


def _attend(child: subprocess.Popen, job: dict, bar: tqdm) -> None:
    try:
        with child.stdin:
            json.dump(job, child.stdin)
    except BrokenPipeError:
        pass  # it ended early; its exit status and last words follow
    for line in child.stdout:
        bar.update(int(line))
    said = child.stderr.read()
    if child.wait() != 0:
        raise RuntimeError(
            f"a drawing process ended with status {child.returncode} while drawing {job['file']}:\n{said[-2000:]}"
        )
