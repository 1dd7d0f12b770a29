"""A JPEG 2000 file: the orientation in its boxes, and whether its tiles are whole (ITU T.800, annexes A and I)."""

import struct

from docclf.errors import InputError
from docclf.imaging.container.bare import Bare, stated

START, CODES = b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"
_END = b"\xff\xd9"
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_EXIF = b"JpgTiffExif->JP2"


def bare_jpeg2000(data: bytes) -> Bare:
    """Returns the file with the end mark that was missing, and the orientation that its uuid boxes state.

    Raises:
        InputError: a tile is cut off.
    """
    if data[:4] == CODES:
        return Bare(_whole(data, 0, len(data)))
    exif, xmp, place = [], [], 0
    while place + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        head = 8
        if length == 1 and place + 16 <= len(data):
            length, head = int.from_bytes(data[place + 8 : place + 16], "big"), 16
        end = min(place + length, len(data)) if length else len(data)
        if kind == b"jp2c":
            data = _whole(data, place + head, end)
        elif kind == b"uuid":
            mark, body = data[place + head : place + head + 16], data[place + head + 16 : end]
            exif += [body] if mark == _EXIF else []
            xmp += [body] if mark == _XMP else []
        if end < place + head:
            break
        place = end
    return Bare(data, stated(exif, xmp))


def _whole(data: bytes, start: int, end: int) -> bytes:
    """Returns the data, ended where the codestream is the last of it and its end mark is missing."""
    place = start + 2
    while place + 12 <= end:
        marker, length = struct.unpack_from(">HH", data, place)
        if marker == 0xFFD9:
            return data
        if marker == 0xFF90:  # start of a tile part: its length counts from here; 0 reaches to the end
            size = struct.unpack_from(">I", data, place + 6)[0]
            if place + size > end:
                raise InputError(f"a tile is cut off ({place + size - end} bytes are missing)")
            if not size:
                return data
            place += size
        else:
            place += 2 + length
    return data[:place] + _END if end == len(data) and place >= end - 1 else data
