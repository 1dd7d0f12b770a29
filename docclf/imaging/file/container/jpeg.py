"""A JPEG file without its metadata (ITU T.81, annex B)."""

import re
import struct

from docclf.imaging.file.container.bare import Bare, stated

START, END = b"\xff\xd8", b"\xff\xd9"
_SCAN, _APP0, _APP1, _APP14 = 0xDA, 0xE0, 0xE1, 0xEE
_SIZES = (0xC0, 0xC1, 0xC2)  # start of frame: baseline, extended, progressive, all Huffman coded
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # every start of frame, lossless and arithmetic ones included
_PICTURE = {*_FRAMES, 0xC4, 0xCC, 0xDB, 0xDC, 0xDD}  # and tables, restart interval
_LEAST = {_APP0: 14, _APP14: 12}  # bytes
_COLOURS = ((_APP0, b"JFIF\0", True), (_APP14, b"Adobe", True))  # the two that say how colours are stored
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_EXIF = b"Exif"
# Bytes that may follow the picture of a file without end: whole pixels are the same whichever they are.
PADS = (b"", b"\x00" * 512, b"\x5a\xa5\x96\x3c" * 128, bytes((7 * k * k + 31 * k) % 255 for k in range(512)))


def bare_jpeg(data: bytes) -> Bare:
    """Returns the tables and scans of a JPEG; what follows the first scan is kept as it is.

    A segment of metadata whose length leads nowhere is passed over: the picture goes on at the next table, and a
    thumbnail inside the damage is not taken for it.
    """
    kept, exif, xmp, frame, others = [START], [], [], None, False
    place = 2
    while place + 4 <= len(data):
        marker, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        if data[place] != 0xFF or marker in (0x00, 0xFF) or 0xD0 <= marker <= 0xD9:
            place = _next_marker(data, place)
            continue
        if marker == _SCAN:
            return _finished(kept, data[place:], stated(exif, xmp), None if others else frame)
        end = place + 2 + length
        if marker in _PICTURE:
            kept.append(data[place:end])
            if marker in _SIZES and frame is None:
                frame = data[place + 4 : end]
            elif marker in _FRAMES or marker == 0xCC:
                others = True
        else:
            body = data[place + 4 : end]
            if (marker, body[:5], len(body) >= _LEAST.get(marker, 0)) in _COLOURS:
                kept.append(data[place:end])
            elif marker == _APP1 and body[:4] == _EXIF:
                exif.append(body)
            elif marker == _APP1 and body.startswith(_XMP):
                xmp.append(body)
            if length < 2 or end >= len(data) or data[end] != 0xFF:
                end = _after_damage(data, place + 4)
        place = max(end, place + 2)
    return Bare(data, stated(exif, xmp))


def _finished(kept: list[bytes], scans: bytes, orientation: int | None, frame: bytes | None) -> Bare:
    plain = None
    if frame is not None and len(frame) >= 6 and frame[0] == 8 and frame[5] in (1, 3):
        height, width = struct.unpack_from(">HH", frame, 1)
        plain = (width, height) if width and height else None
    if scans.find(END) >= 0:
        return Bare(b"".join([*kept, scans]), orientation, plain)
    scans = scans.rstrip(b"\xff")
    return Bare(b"".join([*kept, scans, END]), orientation, None, unended=True)


def _next_marker(data: bytes, place: int) -> int:
    """Returns the place of the next marker with a length, past fill bytes and whatever is between segments."""
    found = re.compile(rb"\xff[\xc0-\xcf\xda-\xfe]").search(data, place + (data[place] != 0xFF or 1))
    return found.start() if found else len(data)


def _after_damage(data: bytes, body: int) -> int:
    """Returns where the picture goes on after a segment of metadata that does not end at a marker: at its first table.

    Args:
        data: the file.
        body: where the segment's content begins.
    """
    table = re.compile(rb"\xff\xdb\x00[\x43\x84]|\xff[\xc0-\xc2]\x00[\x0b\x11]\x08|\xff\xc4[\x00\x01]")
    place = body
    while (found := table.search(data, place)) is not None:
        thumbnail = data.rfind(START + b"\xff", body, found.start())
        over = data.find(END, max(thumbnail, body)) + 2 if thumbnail >= 0 else 0
        if over <= found.start():
            return found.start()
        place = over
    return len(data)


def all_scans(data: bytes) -> bool:
    """Tells whether the scans of a JPEG without metadata bring every coefficient of every component to its last bit.

    A file that ends between two scans of a progressive picture shows all of it, but not as it is.
    """
    left: dict[int, set[int]] = {}
    progressive = False
    for found in re.finditer(rb"\xff([\xc0-\xcf\xda])", data):
        marker, place = found[1][0], found.start() + 4
        if marker in _FRAMES and not left and len(data) > place + 6 + 3 * data[place + 5]:
            progressive = marker in (0xC2, 0xC6, 0xCA, 0xCE)
            wanted = set(range(64)) if progressive else {0}
            left = {data[place + 6 + 3 * k]: set(wanted) for k in range(data[place + 5])}
        elif marker == _SCAN and left and len(data) > place + 4 + 2 * data[place]:
            components = data[place]
            first, last, bits = data[place + 1 + 2 * components : place + 4 + 2 * components]
            sent = set(range(first, last + 1)) if progressive else {0}
            for k in range(components if not bits & 15 else 0):
                left.get(data[place + 1 + 2 * k], set()).difference_update(sent)
    return bool(left) and not any(left.values())
