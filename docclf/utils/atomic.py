"""Files and folders that are either whole or not there."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from docclf.errors import InputError
from docclf.utils.text import valid

PART = ".part"  # ends the name of a file that is being written


def replace(path: Path, fill: Callable[[str], None]) -> None:
    """Calls ``fill(temporary_path)`` in the folder of ``path``, then renames; on failure nothing is left behind.

    Raises:
        OSError: the folder cannot be written or the disk is full. `write` says so to a user.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=PART)
    try:
        os.close(handle)
        fill(temporary)
        _sync(temporary)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def write(path: str | Path, fill: Callable[[str], None]) -> None:
    """Writes a file as `replace` does.

    Raises:
        InputError: the folder cannot be written or the disk is full; says which and what to do.
    """
    path = Path(path)
    try:
        replace(path, fill)
    except (OSError, RuntimeError) as error:
        # torch.save tells a full disk as "unexpected pos"
        full = path.parent.is_dir() and shutil.disk_usage(path.parent).free < 2**20
        reason = "No space left on device" if full else error
        raise InputError(
            f"could not write {path}: {reason}. Free space on that disk, or choose another folder (of train.py and "
            "evaluate.py: hydra.run.dir=DIR); what was written before is untouched."
        ) from error


def write_bytes(path: str | Path, content: bytes) -> None:
    """Writes ``content`` to ``path``, whole or not at all."""
    write(path, lambda temporary: Path(temporary).write_bytes(content))


def write_text(path: str | Path, text: str) -> None:
    """Writes ``text`` to ``path`` as UTF-8, whole or not at all; bytes of a name that are none are spelled out."""
    write_bytes(path, valid(text).encode())


@contextmanager
def folder(path: str | Path) -> Iterator[Path]:
    """Gives an empty folder beside ``path`` to fill; it takes that name at the end, and goes where filling fails."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        yield temporary
        os.chmod(temporary, 0o755)
        os.replace(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def sweep(folder: str | Path) -> None:
    """Removes what killed writers left below a folder that nobody else writes to."""
    for part in Path(folder).rglob(f".*{PART}"):
        part.unlink(missing_ok=True)


def _sync(path: str) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
