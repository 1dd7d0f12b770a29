"""Image files below a folder."""

import stat
from collections.abc import Iterator
from pathlib import Path

from docclf.data.sources.scan import scan
from docclf.data.sources.source import Found, Unusable
from docclf.errors import InputError


class FolderSource:
    """All image files below a folder, whatever the layout; keys are paths relative to it.

    Args:
        root: an absolute path of a folder that exists.
    """

    def __init__(self, root: Path):
        self.root, self.location, self.total = root, str(root.resolve()), None

    def walk(self) -> Iterator[Found | Unusable]:
        """Yields every file with an image extension, and the folders that could not be opened."""
        paths, failed = scan(self.root)
        self.total = len(paths)
        yield from (Unusable(path, reason) for path, reason in failed)
        yield from (Found(path) for path in paths)

    def look(self, found: Found) -> Found:
        """Returns it with size and time of modification."""
        status = (self.root / found.path).stat()
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{found.path}: no regular file")
        return found._replace(size=status.st_size, stamp=status.st_mtime_ns)

    def read(self, path: str, offset: int, size: int) -> bytes:
        """Returns the content of a file."""
        with open(f"{self.location}/{path}", "rb", buffering=0) as stream:
            return stream.readall()
