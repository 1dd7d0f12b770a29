"""Finding the files below a folder that promise an image."""

import logging
import os
from pathlib import Path

from docclf.errors import InputError
from docclf.imaging.file.kinds import is_image_name, unread_name
from docclf.utils.text import shown

_log = logging.getLogger(__name__)

CLOSED = "folder cannot be opened"  # how the reason of a folder begins, whose images nobody saw
# Folders that a NAS, a desktop or an archive keeps for itself, in lower case; hidden ones are passed over as well.
_NO_PICTURES = frozenset(
    "@eadir #recycle #snapshot @recycle @recently-snapshot @snapshot $recycle.bin lost+found __macosx recycler".split()
    + ["system volume information", "network trash folder", "temporary items"]
)


def check_folder(path: str | Path, argument: str) -> Path:
    """Returns the folder as an absolute path.

    Raises:
        InputError: naming the argument, when there is no such folder.
    """
    root = Path(path).expanduser().absolute()
    if not root.is_dir():
        what = "is a file" if root.exists() else "does not exist"
        raise InputError(f"{argument}={path}: {root} {what}; expected a folder of images.")
    return root


def scan(root: Path) -> tuple[list[str], list[tuple[str, str]]]:
    """Returns the paths below `root` that promise an image, sorted, and (path, reason) of what is left out.

    Left out are folders that cannot be opened (the reason begins with `CLOSED`), and pages and pictures of kinds that
    are not read. Links are followed, those that lead out of the folder are named, and no folder is walked twice, so a
    loop of links ends. Hidden files and folders are ignored, and those that a NAS, a desktop or an archive
    keeps for itself (`@eaDir`, `#recycle`, `__MACOSX`).
    """
    found, failed, seen, todo, out = [], [], set(), [""], []
    real = os.path.realpath(root)
    while todo:
        relative = todo.pop()
        folder = root / relative
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            failed.append((relative, f"{CLOSED} ({error.strerror})"))
            continue
        below = []
        for entry in entries:
            path = f"{relative}/{entry.name}" if relative else entry.name
            if entry.name.startswith(".") or entry.name.lower() in _NO_PICTURES:
                continue
            if entry.is_symlink() and not Path(os.path.realpath(entry.path)).is_relative_to(real):
                out.append(path)
            if _is_folder(entry):
                below.append(path)
            elif is_image_name(entry.name):
                found.append(path)
            elif (reason := unread_name(entry.name)) is not None:
                failed.append((path, reason))
            elif entry.is_symlink() and not os.path.exists(entry.path):
                failed.append((path, f"{CLOSED} (the link leads nowhere)"))
        todo.extend(reversed(below))
    _name_links(root, out)
    return sorted(found), failed


def _name_links(root: Path, links: list[str]) -> None:
    """Says which links lead out of a folder: their images are used, and were perhaps not meant to be."""
    if links:
        first = ", ".join(f"{shown(link)} to {shown(os.path.realpath(root / link))}" for link in links[:5])
        _log.warning("%s: %d links lead out of this folder, and are followed: %s", shown(str(root)), len(links), first)


def _is_folder(entry: os.DirEntry) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False
