"""How a picture is turned: what EXIF and XMP say, and turning by it."""

import re
import struct

import numpy as np
from PIL import Image

TAG = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (5, 6, 7, 8)
_ENTRIES = 1000  # of an EXIF directory; a larger number is damage
# Orientation of the TIFF name space, whatever its prefix, as attribute or element (XMP specification part 1, 7.9).
_SPACE = re.compile(rb"""xmlns:([\w.-]{1,40})\s*=\s*["']http://ns\.adobe\.com/tiff/1\.0/["']""")
_XMP = rb"""\b%s:Orientation(?:\s*=\s*["']|[^<>]{0,200}>)\s*([1-8])\s*["'<]"""
_WIDE = (b"\xff\xfe", b"\xfe\xff")


def exif_orientation(block: bytes) -> int | None:
    """Returns the orientation, 1 to 8, of an EXIF block with or without its `Exif` mark; None where none is stated.

    Nothing else of the block is looked at, so whatever is damaged in it costs nothing.
    """
    block = block[6:] if block[:4] == b"Exif" else block
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None or len(block) < 10:
        return None
    start = struct.unpack_from(order + "I", block, 4)[0]
    if start + 2 > len(block):
        return None
    for number in range(min(struct.unpack_from(order + "H", block, start)[0], _ENTRIES)):
        place = start + 2 + 12 * number
        if place + 12 > len(block):
            return None
        tag, kind, count = struct.unpack_from(order + "HHI", block, place)
        if tag == TAG and count == 1:
            return as_orientation(kind, order, block[place + 8 : place + 12])
    return None


def as_orientation(kind: int, order: str, value: bytes) -> int | None:
    """Returns the orientation in the value of a directory's entry (BYTE, SHORT or LONG); None for any other value."""
    code = {1: "B", 3: "H", 4: "I"}.get(kind)
    number = struct.unpack_from(order + code, value)[0] if code else 0
    return number if 1 <= number <= 8 else None


def xmp_orientation(packet: bytes) -> int | None:
    """Returns the orientation that an XMP packet states as tiff:Orientation; None where it states none."""
    if packet[:2] in _WIDE:
        packet = packet.decode("utf-16", "replace").encode()
    for prefix in dict.fromkeys((b"tiff", *_SPACE.findall(packet))):
        if found := re.search(_XMP % re.escape(prefix), packet):
            return int(found[1])
    return None


def turned(pixels: np.ndarray, orientation: int | None) -> np.ndarray:
    """Returns pixels uint8 [H,W,3] turned as an orientation says, contiguous."""
    turn = _TURNS.get(orientation)
    return np.ascontiguousarray(pixels if turn is None else Image.fromarray(pixels).transpose(turn))


def turned_size(width: int, height: int, orientation: int | None) -> tuple[int, int]:
    """Returns (height, width) of the turned picture."""
    return (width, height) if orientation in _SIDEWAYS else (height, width)
