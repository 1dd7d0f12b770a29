"""Archives of public sets: fetched, compared with their checksum, unpacked without leaving their folder."""

import hashlib
import os
import shutil
import tarfile
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from tqdm import tqdm

from docclf.errors import InputError

_CHUNK = 2**20
BROKEN = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError)


@dataclass(frozen=True)
class PublicSet:
    """One public image set.

    Args:
        name: of its folder.
        title: what it is.
        licence: what may be done with it, and who says so.
        citation: of the work that made it.
        images: image files it holds.
        folders: class folders it holds; ``None`` when it has none.
        url: of the archive; ``None`` when it cannot be had without an account.
        archive: file name of the archive.
        digest: (algorithm, hex digest) of the archive; ``None`` when none is published.
        digest_from: who published it.
        inside: folder of the archive that is wanted, below the folder that archives of repositories start with.
        how: what to do when there is no url.
    """

    name: str
    title: str
    licence: str
    citation: str
    images: int
    folders: int | None = None
    url: str | None = None
    archive: str = ""
    digest: tuple[str, str] | None = None
    digest_from: str = "nobody"
    inside: str = ""
    how: str = ""


def fetch(about: PublicSet, out: Path) -> Path:
    """Returns the downloaded archive; a broken download goes on where it stopped.

    Raises:
        InputError: there is no address, or it cannot be reached.
    """
    if about.url is None:
        raise InputError(f"--download: {about.title} cannot be fetched without an account. {about.how}")
    target, part = out / about.archive, out / f"{about.archive}.part"
    if target.exists():
        return target
    out.mkdir(parents=True, exist_ok=True)
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(about.url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            fresh = not have or getattr(answer, "status", 200) != 206
            total = int(answer.headers.get("Content-Length") or 0) + (0 if fresh else have)
            with part.open("wb" if fresh else "ab") as stream:
                copy(answer, stream, f"fetching {about.archive}", total, 0 if fresh else have)
    except (urllib.error.URLError, OSError) as error:
        raise InputError(
            f"{about.url} cannot be fetched ({getattr(error, 'reason', error)}). Without a network: fetch it elsewhere "
            f"and give --archive {about.archive}; run again to go on with a broken download."
        ) from error
    os.replace(part, target)
    return target


def check_digest(about: PublicSet, archive: Path) -> None:
    """Compares the archive with its published checksum.

    Raises:
        InputError: it differs.
    """
    algorithm, want = about.digest or ("sha256", None)
    got = digest(archive, algorithm)
    if want is None:
        print(f"checksum: {algorithm} {got} (nobody publishes one for this archive; its content is checked)")
    elif got != want:
        raise InputError(
            f"{archive} has {algorithm} {got}, want {want} ({about.digest_from}): the file is cut off or another one. "
            "Fetch it again."
        )
    else:
        print(f"checksum: {algorithm} {got} is that of {about.digest_from}")


def digest(path: Path, algorithm: str) -> str:
    """Returns the hex digest of a file."""
    found = hashlib.new(algorithm)
    with path.open("rb") as stream, tqdm(total=path.stat().st_size, unit="B", unit_scale=True, disable=None) as bar:
        while block := stream.read(_CHUNK):
            found.update(block)
            bar.update(len(block))
    return found.hexdigest()


def copy(source: IO[bytes], target: IO[bytes], title: str, total: int = 0, start: int = 0) -> None:
    """Copies a stream, showing progress."""
    with tqdm(total=total or None, initial=start, desc=title, unit="B", unit_scale=True, disable=None) as bar:
        while block := source.read(_CHUNK):
            target.write(block)
            bar.update(len(block))


def members(archive: Path | IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    """Yields name and content of the regular files of a tar or zip archive; links and the like are left out.

    Raises:
        InputError: no such archive, or a name that leads out of it.
    """
    try:
        if isinstance(archive, Path) and zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as opened:
                for info in opened.infolist():
                    if not info.is_dir():
                        with opened.open(info) as stream:
                            yield safe(info.filename), stream
            return
        given = {"name": archive} if isinstance(archive, Path) else {"fileobj": archive}
        with tarfile.open(mode="r|*", **given) as opened:
            for member in opened:
                if member.isfile():
                    yield safe(member.name), opened.extractfile(member)
    except BROKEN as error:
        raise InputError(f"{archive} is no readable archive ({error}); fetch it again.") from error


def safe(name: str) -> str:
    """Returns a member's name; raises InputError when it would be written outside its folder."""
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or "\\" in name:
        raise InputError(f"the archive holds {name!r}, which leads out of its folder; it is not used.")
    return name


def unpack_inside(inside: str, skip: int = 0) -> Callable[[Path, Path], None]:
    """Returns a function that unpacks the files below a folder of an archive.

    Args:
        inside: that folder.
        skip: leading parts of every name to drop first (archives of repositories start with one).
    """
    depth = len(PurePosixPath(inside).parts)

    def unpack(archive: Path, out: Path) -> None:
        count = 0
        for name, stream in members(archive):
            parts = PurePosixPath(name).parts[skip:]
            if parts[:depth] == PurePosixPath(inside).parts and len(parts) > depth:
                put(stream, out.joinpath(*parts[depth:]))
                count += 1
        if not count:
            raise InputError(f"{archive}: holds nothing below {inside}/; it is another archive.")

    return unpack


def put(stream: IO[bytes], path: Path) -> None:
    """Writes a stream to a new file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as target:
        shutil.copyfileobj(stream, target)
