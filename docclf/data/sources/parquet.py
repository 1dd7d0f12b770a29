"""Images in the rows of parquet or arrow files, as Hugging Face data sets store them."""

import itertools
import threading
from collections import OrderedDict
from collections.abc import Iterator

from docclf.data.sources.location import Place
from docclf.data.sources.shards import Shards
from docclf.data.sources.source import Found, Unusable
from docclf.errors import InputError

ENDINGS = (".parquet", ".arrow")
_KEPT = 4  # row groups in memory: those that the threads of a pack are in


class Table(Shards):
    """The images in a column of parquet or arrow files; keys are `file.parquet/000000012` (the row).

    The column holds bytes, or bytes and path as the Image feature of `datasets` does.

    Args:
        location: a file, a folder of files, a pattern, or an fsspec URL of these.
        column: name of the column; None takes the only one that holds images.
        skip_broken: leave a file that cannot be read out as a whole, and report it, instead of raising.

    Raises:
        InputError: when pyarrow is not installed.
    """

    noun = "file"

    def __init__(self, location: str, column: str | None = None, skip_broken: bool = False):
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError as error:
            raise InputError(
                f"{location}: parquet and arrow files need the package pyarrow: pip install 'docclf[parquet]'."
            ) from error
        self._arrow, self._parquet = pyarrow, pyarrow.parquet
        super().__init__(Place(location, ENDINGS), skip_broken)
        self.column, self.broken = column, (pyarrow.ArrowException, OSError, InputError)
        self._loaded: OrderedDict = OrderedDict()
        self._sizes: dict[str, list[int]] = {}
        self._lock = threading.Lock()

    def images(self, shard: str, path: str) -> Iterator[Found | Unusable]:
        """Yields the rows of a file, with their bytes."""
        _, stamp = self.place.system.stamp(path)
        row = 0
        for group in range(len(self._group_sizes(shard))):
            for value in self._group(shard, group):
                yield _found(f"{shard}/{row:09d}", row, value.as_py(), stamp)
                row += 1

    def read(self, path: str, offset: int, size: int) -> bytes:
        """Returns the bytes in a row; its neighbours are read with it and kept for a while."""
        shard = path.rsplit("/", 1)[0]
        with self._lock:
            for group, rows in enumerate(self._group_sizes(shard)):
                if offset < rows:
                    data = _bytes(self._group(shard, group)[offset].as_py())
                    return data if isinstance(data, bytes) else b""
                offset -= rows
        raise InputError(f"{path}: the file has fewer rows than when it was indexed.")

    def _group_sizes(self, shard: str) -> list[int]:
        if shard not in self._sizes:
            with self.place.system.open(self.place.shards[shard]) as stream:
                if shard.endswith(".parquet"):
                    about = self._parquet.ParquetFile(stream).metadata
                    self._sizes[shard] = [about.row_group(k).num_rows for k in range(about.num_row_groups)]
                else:
                    self._sizes[shard] = [batch.num_rows for batch in self._batches(stream)]
        return self._sizes[shard]

    def _group(self, shard: str, group: int):
        """Returns one column of a row group."""
        if (shard, group) not in self._loaded:
            with self.place.system.open(self.place.shards[shard]) as stream:
                if shard.endswith(".parquet"):
                    file = self._parquet.ParquetFile(stream)
                    name = self._name(file.schema_arrow)
                    values = file.read_row_group(group, columns=[name]).column(0)
                else:
                    batch = next(itertools.islice(self._batches(stream), group, None))
                    values = batch.column(self._name(batch.schema))
            self._loaded[shard, group] = values
            while len(self._loaded) > _KEPT:
                self._loaded.popitem(last=False)
        return self._loaded[shard, group]

    def _batches(self, stream) -> Iterator:
        """Yields the batches of an arrow file in either of its two layouts."""
        try:
            reader = self._arrow.ipc.open_file(stream)
            yield from (reader.get_batch(k) for k in range(reader.num_record_batches))
        except self._arrow.ArrowInvalid:
            stream.seek(0)
            yield from self._arrow.ipc.open_stream(stream)

    def _name(self, schema) -> str:
        """Returns the column with the images; raises InputError when that is not plain."""
        types = self._arrow.types

        def holds(kind) -> bool:
            if types.is_struct(kind):
                return kind.get_field_index("bytes") >= 0
            return types.is_binary(kind) or types.is_large_binary(kind)

        fit = [field.name for field in schema if holds(field.type)]
        wanted = [self.column] if self.column is not None else fit
        if len(wanted) != 1 or wanted[0] not in fit:
            raise InputError(
                f"{f'column {self.column!r} holds no images' if self.column else 'expected one column of images'}; "
                f"columns with bytes: {', '.join(fit) or 'none'}; choose one with --column"
            )
        return wanted[0]


def _found(key: str, row: int, value, stamp: int) -> Found | Unusable:
    data = _bytes(value)
    if isinstance(data, bytes):
        return Found(key, len(data), stamp, row, data)
    return Unusable(key, f"the row holds no bytes ({'only a path' if data else 'empty'})")


def _bytes(value) -> bytes | str | None:
    """Returns the bytes of a cell, or what it has instead."""
    if isinstance(value, dict):
        return value.get("bytes") if value.get("bytes") is not None else value.get("path")
    return value
