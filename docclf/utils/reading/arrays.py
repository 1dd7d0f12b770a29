"""Reading arrays that people send each other: sizes are compared with limits before anything is unpacked."""

import hashlib
import os
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from docclf.errors import InputError

FREE = 64 * 2**20  # bytes that any archive may unpack to
RATIO = 16  # and times its own size; arrays of numbers and paths shrink to a third at best
MOST_HEADER, MOST_ARRAYS = 2**16, 1000
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read_npz(path: str | Path, names: tuple[str, ...] | None = None) -> dict[str, np.ndarray]:
    """Returns arrays of an .npz file; one flipped byte of them is found by the archive's checksums.

    Args:
        path: the file.
        names: the arrays wanted; ``None`` for all.

    Raises:
        InputError: no such archive, a damaged one, arrays of objects, or more than such a file can hold.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            held = {entry.filename.removesuffix(".npy"): entry for entry in entries}
            if len(held) != len(entries) or len(held) > MOST_ARRAYS:
                raise InputError(f"{path} names an array twice, or more than {MOST_ARRAYS}; it is none of ours.")
            wanted = tuple(held) if names is None else names
            if missing := [name for name in wanted if name not in held]:
                raise InputError(f"{path} has no array {', '.join(missing)}; it is none of ours, or damaged.")
            size, limit = sum(held[name].file_size for name in wanted), FREE + RATIO * Path(path).stat().st_size
            if size > limit:
                raise InputError(f"{path} claims {size} bytes, more than the {limit} such a file can hold; left alone.")
            return {name: _array(_unpacked(archive, held[name]), f"{name} in {path}") for name in wanted}
    except InputError:
        raise
    except Exception as error:  # a damaged archive raises whatever zipfile, zlib or numpy raise
        raise InputError(f"{path} is damaged or no such archive ({type(error).__name__}: {error}).") from error


def read_npy(path: str | Path) -> np.ndarray:
    """Returns the array of an .npy file; where `write_npy` wrote it, after its digest was compared.

    Raises:
        InputError: no such file, a damaged one, an array of objects, or another size than it tells.
    """
    try:
        with open(path, "rb") as stream:
            content = bytearray(os.fstat(stream.fileno()).st_size)
            stream.readinto(content)
        return _array(content, str(path), signed=True)
    except InputError:
        raise
    except Exception as error:  # numpy's parser of headers raises whatever it likes
        raise InputError(f"{path}: cannot be read as numbers ({error}); write it with numpy.save.") from error


def write_npy(path: str | Path, array: np.ndarray) -> None:
    """Writes an .npy file with its sha256 behind it, which numpy.load does not look at."""
    stream = BytesIO()
    np.save(stream, array, allow_pickle=False)
    Path(path).write_bytes(stream.getvalue() + hashlib.sha256(stream.getvalue()).digest())


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytearray:
    content = bytearray()
    with archive.open(entry) as stream:
        while block := stream.read(2**20):
            content += block
    return content


def _array(content: bytearray, what: str, signed: bool = False) -> np.ndarray:
    """Returns the array of the bytes of an .npy file; ``signed``: its sha256 may follow."""
    stream = BytesIO(memoryview(content)[:MOST_HEADER])
    version = npy.read_magic(stream)
    if version not in _HEADERS:
        raise InputError(f"{what}: a format of version {version}; want 1.0 or 2.0.")
    shape, fortran, dtype = _HEADERS[version](stream)
    count, left = 1, len(content) - stream.tell()
    for side in shape:
        count *= int(side)
    if dtype.hasobject or dtype.names is not None or dtype.kind not in "biufU":
        raise InputError(f"{what} holds {dtype}; want numbers or text.")
    behind = left - count * dtype.itemsize
    if any(side < 0 for side in shape) or behind not in ((0, 32) if signed else (0,)):
        raise InputError(f"{what} claims {shape} of {dtype}, and {left} bytes follow; it is damaged.")
    if behind and hashlib.sha256(memoryview(content)[:-32]).digest() != bytes(content[-32:]):
        raise InputError(f"{what}: its digest is wrong, so it changed since it was written; copy it again.")
    flat = np.frombuffer(content, dtype, count, stream.tell())
    return flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)
