"""One process (or one group of ranks) in a run's folder at a time."""

import errno
import fcntl
import json
import logging
import os
import socket
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from docclf.errors import InputError
from docclf.utils import atomic
from docclf.utils.process import launched

NAME = "run.lock"
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
LARGEST = 4096  # bytes of a lock file
_log = logging.getLogger(__name__)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Holds the folder of a run inside; the other ranks of a run come in with the first. Halves of files go.

    The system lets go of a lock when its process ends, however it ends, so nothing is ever to be removed by hand.

    Args:
        folder: of the run; made when it is not there.

    Raises:
        InputError: another process holds it, or what lies in the place of the lock is none of ours.
    """
    if not launched.first():
        yield
        return
    path = folder / NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = _locked(path)
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(_self()).encode(), 0)
        atomic.sweep(folder)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror or error}); choose another folder: hydra.run.dir=DIR."
        ) from error
    try:
        yield
    finally:
        if _same(path, handle):
            path.unlink(missing_ok=True)
        os.close(handle)


def _locked(path: Path) -> int:
    """Returns a handle of the locked file at ``path``."""
    while True:
        handle = _opened(path)
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in NO_LOCKS:
                _log.warning("%s: this file system has no locks; two runs in one folder would not notice", path)
                return handle
            holder = _holder(handle)
            os.close(handle)
            if error.errno not in (errno.EACCES, errno.EAGAIN):
                raise
            raise InputError(
                f"{path.parent} is in use by another process{holder}. Wait until it has ended or stop it, or give this "
                "run a folder of its own: name=NAME."
            ) from None
        if _same(path, handle):
            return handle
        os.close(handle)  # the one before removed it as it left


def _opened(path: Path) -> int:
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o644)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise InputError(f"{path} is a symbolic link, want a lock of docclf or nothing; remove the link.") from None
        raise
    found = os.fstat(handle)
    plain = stat.S_ISREG(found.st_mode) and found.st_nlink <= 1 and found.st_size <= LARGEST
    if not plain or (found.st_size and not os.pread(handle, LARGEST, 0).startswith(b'{"host"')):
        os.close(handle)
        raise InputError(f"{path} is another program's file, want a lock of docclf or nothing; move it away.")
    return handle


def _same(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(os.lstat(path), os.fstat(handle))
    except FileNotFoundError:
        return False


def _self() -> dict:
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    return {"host": socket.gethostname(), "pid": os.getpid(), "since": since, "command": " ".join(sys.argv)[:1000]}


def _holder(handle: int) -> str:
    """Returns who says to hold a lock, as the end of a sentence."""
    try:
        found = json.loads(os.pread(handle, LARGEST, 0))
        told = f": {found['pid']} on {found['host']}, since {found['since']} ({found['command']})"
    except (ValueError, KeyError, TypeError):
        return ""  # it has not written yet
    return "".join(letter if letter.isprintable() else "?" for letter in told)
