"""The first directory of a TIFF file, classic or BigTIFF (TIFF 6.0, 2): reading it, and writing another one."""

import struct
from typing import NamedTuple

from docclf.errors import InputError

_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}


class Entry(NamedTuple):
    """One entry of a directory: its type, its count and the bytes of its values in the file's order."""

    kind: int
    count: int
    value: bytes


def read_entries(data: bytes, order: str, big: bool) -> dict[int, Entry]:
    """Returns the entries of the first directory that can be read.

    Raises:
        InputError: there is no directory.
    """
    offset, count, small = ("Q", "Q", 8) if big else ("I", "H", 4)
    try:
        start = struct.unpack_from(order + offset, data, 8 if big else 4)[0]
        number = struct.unpack_from(order + count, data, start)[0]
    except struct.error as error:
        raise InputError("is a TIFF file without a directory; it is cut off or damaged") from error
    entries, place = {}, start + struct.calcsize("<" + count)
    for at in range(place, min(place + number * (12 + 2 * (small - 4)), len(data)), 12 + 2 * (small - 4)):
        head = data[at : at + 4 + 2 * small]
        if len(head) < 4 + 2 * small:
            break
        tag, kind, values = struct.unpack_from(f"{order}HH{offset}", head)
        size = _BYTES.get(kind, 0) * values
        value = head[4 + small :]
        if size > small:
            where = struct.unpack(order + offset, value)[0]
            value = data[where : where + size]
        if size and len(value) >= size:
            entries.setdefault(tag, Entry(kind, values, value[:size]))
    return entries


def write_entries(data: bytes, order: str, big: bool, entries: dict[int, Entry]) -> bytes:
    """Returns the data with a new directory behind them, of these entries and no successor."""
    offset, count, small = ("Q", "Q", 8) if big else ("I", "H", 4)
    start = len(data) + len(data) % 2
    head = struct.calcsize("<" + count) + len(entries) * (4 + 2 * small) + small
    rows, beyond = [], []
    for tag, entry in sorted(entries.items()):
        value = entry.value
        if len(value) > small:
            place = start + head + sum(map(len, beyond))
            beyond.append(value + b"\0" * (len(value) % 2))
            value = struct.pack(order + offset, place)
        rows.append(struct.pack(f"{order}HH{offset}", tag, entry.kind, entry.count) + value.ljust(small, b"\0"))
    where = 8 if big else 4
    first = data[:where] + struct.pack(order + offset, start) + data[where + small :]
    number = struct.pack(order + count, len(entries))
    return b"".join([first, b"\0" * (start - len(data)), number, *rows, b"\0" * small, *beyond])
