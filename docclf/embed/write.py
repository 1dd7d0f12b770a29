"""One block of images to vectors and their index on disk."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from docclf.data.evaluation.layout import class_of
from docclf.data.sources.source import Found
from docclf.errors import InputError
from docclf.imaging.read import read_image
from docclf.imaging.resize import squash
from docclf.utils import atomic
from docclf.utils.reading.arrays import write_npy

AT_ONCE = 256  # images whose pixels are held


def arrow() -> Any:
    """Returns pyarrow with its parquet, or raises InputError where it is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise InputError(
            "docclf.embed writes its index as parquet, which needs pyarrow: pip install 'docclf[parquet]'."
        ) from error
    return pyarrow


def block(
    source: Any, images: Sequence[Found], embedder: Any, width: int, stem: Path, threads: ThreadPoolExecutor
) -> list[str]:
    """Writes STEM.npy and then STEM.parquet, which says that the block is done; returns what could not be read.

    The index has a row for each image: ``path``, ``label`` (by its folder, else its name), ``sha256`` of the file,
    ``row`` in the array, or null there and the reason in ``error``.

    Args:
        source: where the images are read.
        images: of this block.
        embedder: images to unit vectors.
        width: of these.
        stem: path without ending.
        threads: that read and decode.
    """
    pa = arrow()
    columns: dict[str, list] = {name: [] for name in ("path", "label", "sha256", "row", "error")}
    vectors, bad = [], []

    def read(one: Found) -> tuple[str | None, np.ndarray | None, str | None]:
        try:
            data = one.data
            if data is None:
                seen = source.look(one)
                data = source.read(seen.path, seen.offset, seen.size or 0)
            pixels = read_image(data, name=one.path)
        except (InputError, OSError) as error:
            return None, None, str(error).removeprefix(f"{one.path}: ")
        return hashlib.sha256(data).hexdigest(), squash(pixels, embedder.image_size), None

    for at in range(0, len(images), AT_ONCE):
        part = images[at : at + AT_ONCE]
        found = list(threads.map(read, part))
        good = [pixels for _, pixels, _ in found if pixels is not None]
        first = sum(map(len, vectors))
        vectors += [embedder(good)] if good else []
        for one, (sha256, pixels, error) in zip(part, found, strict=True):
            path = one.path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
            values = (path, class_of(path), sha256, None if pixels is None else first, error)
            for column, value in zip(columns.values(), values, strict=True):
                column.append(value)
            first += pixels is not None
            bad += [] if error is None else [f"{path}: {error}"]
    rows = np.concatenate(vectors) if vectors else np.zeros((0, width), np.float32)
    atomic.write(stem.with_suffix(".npy"), lambda temporary: write_npy(temporary, rows))
    kinds = [pa.string(), pa.string(), pa.string(), pa.int64(), pa.string()]
    schema = pa.schema(list(zip(columns, kinds, strict=True)))
    table = pa.table(columns, schema)
    atomic.write(stem.with_suffix(".parquet"), lambda temporary: pa.parquet.write_table(table, temporary))
    return bad
