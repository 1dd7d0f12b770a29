"""Files of torch.save, read without torch's loader: plain values, and tensors whose bytes are all there and unchanged.

Such a file is a zip archive with a pickle and the bytes of each storage. torch.load believes the sizes that the pickle
tells and compares no checksum; here both are looked at first, and the pickle can name nothing but tensors.
"""

import math
import mmap
import os
import pickle
import struct
import zipfile
import zlib
from collections import OrderedDict
from io import BytesIO
from pathlib import Path
from typing import Any

import torch

from docclf.errors import InputError

MOST_PICKLE = 2**24  # bytes; that of a run has less than a million
MOST_DIMENSIONS = 16
# What a pickle of protocol 2 with plain values needs.
_OPCODES = (
    "PROTO", "STOP", "MARK", "POP", "POP_MARK", "DUP", "NONE", "NEWTRUE", "NEWFALSE", "INT", "BININT", "BININT1",
    "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINSTRING", "EMPTY_DICT", "EMPTY_LIST", "EMPTY_TUPLE",
    "EMPTY_SET", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "LIST", "DICT", "APPEND", "APPENDS", "SETITEM", "SETITEMS",
    "BINGET", "LONG_BINGET", "BINPUT", "LONG_BINPUT", "GLOBAL", "REDUCE", "BUILD", "BINPERSID",
)  # fmt: skip
_STORAGES = {
    "DoubleStorage": torch.float64, "FloatStorage": torch.float32, "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16, "LongStorage": torch.int64, "IntStorage": torch.int32,
    "ShortStorage": torch.int16, "CharStorage": torch.int8, "ByteStorage": torch.uint8, "BoolStorage": torch.bool,
}  # fmt: skip


class Foreign(InputError):
    """A file that names code."""


def read(path: str | Path, mapped: bool = False) -> Any:
    """Returns what torch.save wrote, on the CPU.

    Args:
        path: the file.
        mapped: map the tensors from the file in place of reading it whole.

    Raises:
        Foreign: the file names anything but tensors and plain values; nothing of it was called.
        InputError: it is broken, cut off, changed since it was written, or claims more than it holds.
    """
    try:
        with open(path, "rb") as file:
            records = _records(file, _content(file, mapped))
        names = [name for name in records if name.endswith("/data.pkl")]
        if len(names) != 1 or len(records[names[0]]) > MOST_PICKLE:
            raise InputError("it holds no data.pkl of a size that docclf writes")
        root = names[0].removesuffix("data.pkl")
        if bytes(records.get(f"{root}byteorder", b"little")) != b"little":
            raise InputError("its numbers are in another order of bytes")
        return _Unpickler(BytesIO(records[names[0]]), records, root).load()
    except Foreign as error:
        raise Foreign(
            f"{path} holds objects other than tensors and plain values ({error}), so it is not loaded. Only "
            "checkpoints written by train.py are read."
        ) from error
    except Exception as error:  # a damaged file raises whatever zipfile, struct or pickle raise
        reason = str(error).strip().split("\n")[0][:160] or type(error).__name__
        raise InputError(f"{path} is broken or cut off ({reason}); copy it again.") from error


def _content(file: Any, mapped: bool) -> memoryview:
    """Returns the bytes of a file, writable, without touching the file when they are written."""
    size = os.fstat(file.fileno()).st_size
    if mapped and size:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
    content = bytearray(size)
    if file.readinto(content) != size:
        raise InputError("it became shorter while it was read")
    return memoryview(content)


def _records(file: Any, content: memoryview) -> dict[str, memoryview]:
    """Returns the records of an archive after their sizes and checksums were compared."""
    found, claimed = {}, 0
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
    for entry in entries:
        claimed += entry.file_size
        if entry.compress_type != zipfile.ZIP_STORED or entry.filename in found or claimed > len(content):
            raise InputError(f"its record {entry.filename[:80]!r} is packed, stands twice or claims more than there is")
        mark, name, extra = struct.unpack_from("<4s22xHH", content, entry.header_offset)
        start = entry.header_offset + 30 + name + extra
        record = content[start : start + entry.file_size]
        if mark != b"PK\x03\x04" or len(record) != entry.file_size or zlib.crc32(record) != entry.CRC:
            raise InputError(f"the checksum of its record {entry.filename[:80]!r} is wrong")
        found[entry.filename] = record
    return found


class _Unpickler(pickle._Unpickler):
    """Reads the pickle with the codes and names that plain values and tensors need; it has no others."""

    dispatch = {getattr(pickle, name)[0]: pickle._Unpickler.dispatch[getattr(pickle, name)[0]] for name in _OPCODES}

    def __init__(self, file: BytesIO, records: dict[str, memoryview], root: str) -> None:
        super().__init__(file)
        self.records, self.root, self._storages = records, root, {}

    def find_class(self, module: str, name: str) -> Any:
        """Returns what a name of the pickle stands for; raises Foreign for any but tensors and plain values."""
        if module == "torch" and name in _STORAGES:
            return _STORAGES[name]
        if module == "torch" and isinstance(getattr(torch, name, None), torch.dtype):
            return getattr(torch, name)
        known = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): self._tensor,
            ("torch._utils", "_rebuild_parameter"): self._parameter,
            ("torch", "Size"): tuple,
            ("builtins", "set"): set,
            ("__builtin__", "set"): set,
            ("_codecs", "encode"): self._bytes,
        }
        if (module, name) not in known:
            raise Foreign(f"{module}.{name}"[:120])
        return known[module, name]

    def persistent_load(self, pid: Any) -> torch.Tensor:
        """Returns the flat tensor of a storage, whose size is that of its record."""
        kind, dtype, key, _, count = pid
        if kind != "storage" or type(dtype) is not torch.dtype or type(key) is not str or type(count) is not int:
            raise InputError("it names a storage of another kind")
        record = self.records[f"{self.root}data/{key}"]
        if count < 0 or len(record) != count * dtype.itemsize:
            raise InputError(f"storage {key[:80]} claims {count} numbers, and has {len(record)} bytes")
        if (key, dtype) not in self._storages:
            empty = torch.empty(0, dtype=dtype)
            self._storages[key, dtype] = torch.frombuffer(record, dtype=dtype) if count else empty
        return self._storages[key, dtype]

    def _tensor(self, flat: Any, offset: Any, size: Any, stride: Any, *others: Any) -> torch.Tensor:
        whole = (offset, *size, *stride)
        if not isinstance(flat, torch.Tensor) or len(size) != len(stride) or len(size) > MOST_DIMENSIONS:
            raise InputError("it holds a tensor of another form")
        if any(type(number) is not int or number < 0 for number in whole):
            raise InputError(f"a tensor claims the shape {size}, offset {offset}")
        last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
        if math.prod(size) > flat.numel() or (math.prod(size) and last >= flat.numel()):
            raise InputError(f"a tensor claims {list(size)}, and its storage has {flat.numel()} numbers")
        return torch.as_strided(flat, size, stride, offset) if math.prod(size) else flat.new_empty(size)

    def _parameter(self, data: torch.Tensor, *others: Any) -> torch.Tensor:
        return data

    def _bytes(self, text: str, encoding: str) -> bytes:
        return text.encode("latin1")

    def load_build(self) -> None:
        """Takes the facts that torch keeps on a dict of weights; nothing else has a state."""
        state, found = self.stack.pop(), self.stack[-1]
        if type(found) is not OrderedDict or type(state) is not dict:
            raise Foreign("a state of an object")
        if "_metadata" in state:
            found._metadata = state["_metadata"]

    dispatch[pickle.BUILD[0]] = load_build

    def load_reduce(self) -> None:
        """Calls one of the few callables of `find_class`."""
        arguments, called = self.stack.pop(), self.stack[-1]
        if type(arguments) is not tuple or not callable(called) or isinstance(called, torch.Tensor):
            raise InputError("it calls what cannot be called")
        self.stack[-1] = called(*arguments)

    dispatch[pickle.REDUCE[0]] = load_reduce
