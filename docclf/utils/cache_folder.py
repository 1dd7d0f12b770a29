"""Where what can be made again is kept."""

import os
import stat
import tempfile
from pathlib import Path

from docclf.errors import InputError


def cache_folder() -> Path:
    """Returns DOCCLF_CACHE, or ~/.cache/docclf, or for a user without a home a folder of that user's own in /tmp.

    Raises:
        InputError: that folder belongs to somebody else, or DOCCLF_CACHE begins with a `~` that nobody has.
    """
    given = os.environ.get("DOCCLF_CACHE")
    try:
        return Path(given).expanduser() if given else Path.home() / ".cache" / "docclf"
    except RuntimeError as error:  # neither HOME nor an entry for this user id
        if given:
            raise InputError(f"DOCCLF_CACHE={given}: this user has no home folder; give an absolute path.") from error
    folder = Path(tempfile.gettempdir()) / f"docclf-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise InputError(
            f"this user has no home folder, and {folder} cannot be made ({error.strerror}); set DOCCLF_CACHE to a "
            "folder that can be written."
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise InputError(
            f"this user has no home folder, and {folder} belongs to somebody else or can be written by others; set "
            "DOCCLF_CACHE to a folder of your own."
        )
    return folder
