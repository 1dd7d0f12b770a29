"""A JPEG 2000 file without its metadata, and whether its tiles are whole (ITU T.800, annexes A and I)."""

import struct
from collections.abc import Iterator

from docclf.errors import InputError
from docclf.imaging.file.container.bare import Bare, stated

START, CODES = b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"
_END = b"\xff\xd9"
_PICTURE, _STREAM = (b"jP  ", b"ftyp", b"jp2h"), b"jp2c"
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_EXIF = b"JpgTiffExif->JP2"


def bare_jpeg2000(data: bytes) -> Bare:
    """Returns the boxes that make the picture, with the end mark that was missing.

    Raises:
        InputError: a tile is cut off.
    """
    if data[:4] == CODES:
        return Bare(_ended(data))
    exif, xmp, head, stream = [], [], [], b""
    for kind, box, body in _boxes(data):
        if kind == _STREAM and not stream:
            stream = _ended(body)
        elif kind in _PICTURE:
            head.append(box)
        elif kind == b"uuid":
            exif += [body[16:]] if body[:16] == _EXIF else []
            xmp += [body[16:]] if body[:16] == _XMP else []
    # Length 0: to the end of the file.
    return Bare(b"".join([*head, struct.pack(">I4s", 0, _STREAM), stream]), stated(exif, xmp))


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yields (type, whole box, content); after a box of metadata with a wrong length it goes on at the picture."""
    place = 0
    while place + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        head, end = 8, place + length if length else len(data)
        if length == 1 and place + 16 <= len(data):
            head, end = 16, place + int.from_bytes(data[place + 8 : place + 16], "big")
        if kind != _STREAM and not place + head <= end <= len(data):
            end = data.find(_STREAM + CODES, place + head) - 4
        elif kind == _STREAM or kind in _PICTURE or kind == b"uuid":
            yield kind, data[place:end], data[place + head : end]
        if end < place + head:
            return
        place = end


def _ended(stream: bytes) -> bytes:
    """Returns a codestream with its end mark.

    Raises:
        InputError: a tile is cut off.
    """
    place = 2
    while place + 12 <= len(stream):
        marker, length = struct.unpack_from(">HH", stream, place)
        if marker == 0xFFD9:
            return stream
        if marker == 0xFF90:  # start of a tile part: its length counts from here; 0 reaches to the end
            size = struct.unpack_from(">I", stream, place + 6)[0]
            if place + size > len(stream):
                raise InputError(f"is cut off: a tile lacks {place + size - len(stream)} bytes")
            if not size:
                return stream
            place += size
        else:
            place += 2 + length
    return stream[:place] + _END if len(stream) - place < 2 else stream
