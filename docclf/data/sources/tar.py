"""Images in tar files, as WebDataset writes them; read where they lie, never extracted."""

import tarfile
from collections.abc import Iterator

from docclf.data.sources.location import Place
from docclf.data.sources.shards import Shards
from docclf.data.sources.source import Found, Unusable
from docclf.errors import InputError
from docclf.imaging.file.kinds import is_image_name, unread_name

_PACKED = {b"\x1f\x8b": "gzip", b"BZ": "bzip2", b"\xfd7": "xz", b"\x28\xb5": "zstd"}


class TarShards(Shards):
    """The images in uncompressed tar shards; keys are `shard.tar/member.jpg`.

    A shard that is cut off or damaged is an error that names it, because a part of it would otherwise pass for the
    whole. Links, and names that lead out of the shard, are reported and not used.

    Args:
        location: a shard, a folder of shards, a pattern, or an fsspec URL of these.
        skip_broken: leave a broken shard out as a whole, and report it, instead of raising.
    """

    broken = (tarfile.TarError, *Shards.broken)

    def __init__(self, location: str, skip_broken: bool = False):
        super().__init__(Place(location, (".tar",)), skip_broken)

    def images(self, shard: str, path: str) -> Iterator[Found | Unusable]:
        """Yields the images of a shard; those of a remote shard with their bytes."""
        found = self._members(shard, path)
        # Only headers are read of a local shard, so that all of it is known before any of it is used.
        yield from found if self.place.system.remote else list(found)

    def read(self, path: str, offset: int, size: int) -> bytes:
        """Returns the bytes of a member."""
        shard = next(key for key in _parents(path) if key in self.place.shards)
        data = self.place.system.read(self.place.shards[shard], offset, size)
        if len(data) != size:
            raise InputError(f"{path}: the shard became shorter while it was read; fetch {shard} again.")
        return data

    def _members(self, shard: str, path: str) -> Iterator[Found | Unusable]:
        size, stamp = self.place.system.stamp(path)
        seen = set()
        with self.place.system.open(path) as stream:
            packed = _PACKED.get(stream.read(2))
            if packed:
                raise InputError(f"is compressed by {packed}, whose members cannot be read one by one: decompress it")
            stream.seek(0)
            with tarfile.open(fileobj=stream, mode="r:") as tar:
                for member in tar:
                    tar.members = []  # tarfile would keep every header
                    end = member.offset_data + (0 if member.issym() or member.islnk() else member.size)
                    if end > size:
                        raise InputError(f"cut off: {member.name} ends at byte {end} of {size}")
                    base = member.name.rsplit("/", 1)[-1]
                    unread = unread_name(base)
                    if member.isdir() or not (unread or is_image_name(base)):
                        continue
                    name = member.name.removeprefix("./")
                    key = f"{shard}/{name}"
                    reason = "name appears twice in the shard" if key in seen else _refused(member) or unread
                    seen.add(key)
                    if reason:
                        yield Unusable(key, reason)
                        continue
                    data = None
                    if self.place.system.remote:
                        stream.seek(member.offset_data)
                        data = stream.read(member.size)
                    yield Found(key, member.size, stamp, member.offset_data, data)
                # tarfile ends in silence at a header that is cut off or damaged; a whole archive ends with zeros.
                stream.seek(tar.offset)
                if stream.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
                    raise InputError(f"cut off or damaged at byte {tar.offset} of {size}: no end mark there")


def _refused(member: tarfile.TarInfo) -> str | None:
    parts = member.name.replace("\\", "/").split("/")
    if parts[0] == "" or parts[0].endswith(":") or ".." in parts:
        return "refused: the name leads out of the shard"
    if member.issym() or member.islnk():
        return f"refused: a link to {member.linkname}"
    if not member.isreg() or member.issparse():
        return "refused: no regular file"
    return None


def _parents(path: str) -> Iterator[str]:
    """Yields the folders above a key, nearest to the root first."""
    parts = path.split("/")
    for count in range(1, len(parts)):
        yield "/".join(parts[:count])
