"""Which source a location is."""

import os

from docclf.data.sources.folder import FolderSource
from docclf.data.sources.parquet import ENDINGS, Table
from docclf.data.sources.scan import check_folder, scan
from docclf.data.sources.source import Source
from docclf.data.sources.tar import TarShards
from docclf.errors import InputError


def open_source(location: str, column: str | None = None, skip_broken: bool = False) -> Source:
    """Returns the source at a location: a folder of images, tar shards, or parquet or arrow files.

    Args:
        location: a folder; a file, folder or pattern (`*`, `{0000..0146}`) of shards; an fsspec URL of shards.
        column: column of the images in parquet or arrow files.
        skip_broken: leave broken shards out instead of raising.

    Raises:
        InputError: when it is none of these, or a folder that holds both images and shards.
    """
    ending = os.path.splitext(location.rstrip("/*"))[1]
    if ending == ".tar":
        return TarShards(location, skip_broken)
    if ending in ENDINGS:
        return Table(location, column, skip_broken)
    if "://" in location:
        return TarShards(location, skip_broken)
    root = check_folder(location, "SOURCE")
    # Only what lies directly in it: walking a million files to find no shard would be dear.
    names = [entry.name for entry in os.scandir(root) if not entry.name.startswith(".") and entry.is_file()]
    kinds = {os.path.splitext(name)[1] for name in names} & {".tar", *ENDINGS}
    if not kinds:
        return FolderSource(root)
    if scan(root)[0] or len(kinds & {".tar"}) + bool(kinds - {".tar"}) > 1:
        raise InputError(
            f"SOURCE={location}: the folder holds {' and '.join(sorted(kinds))} files and other sources of images; say "
            f"which are meant, for example '{root}/*{min(kinds)}' or a folder of images only."
        )
    return TarShards(location, skip_broken) if kinds == {".tar"} else Table(location, column, skip_broken)
