"""A PNG file without its metadata (PNG specification, third edition, 5 and 11)."""

import re
import struct
import zlib

from docclf.errors import InputError
from docclf.imaging.file.container.bare import Bare, stated

START = b"\x89PNG\r\n\x1a\n"
_PICTURE = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_KNOWN = re.compile(rb"PLTE|tRNS|IDAT|IEND|eXIf")
_XMP, _OLD = b"XML:com.adobe.xmp", (b"Raw profile type exif", b"Raw profile type APP1", b"Raw profile type xmp")
_LARGEST = 2**20  # bytes that a text may unpack to; a longer one is no place for an orientation


def bare_png(data: bytes) -> Bare:
    """Returns the chunks of a PNG that make the picture, with an end chunk where it was missing.

    Raises:
        InputError: a chunk of the picture is damaged or missing.
    """
    kept, exif, xmp = [START], [], []
    place, ended = len(START), False
    while place + 8 <= len(data) and not ended:
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        body = data[place + 8 : place + 8 + length]
        whole = end <= len(data) and zlib.crc32(kind + body) == struct.unpack_from(">I", data, end - 4)[0]
        if kind == b"CgBI":
            raise InputError("is a PNG in Apple's own form (CgBI); convert it: pngcrush -revert-iphone-optimizations")
        if kind in _PICTURE:
            ended = kind == b"IEND"
            if not whole and not ended:
                if end <= len(data):
                    raise InputError(f"a part of the picture is damaged (checksum of {kind.decode()})")
                if kind != b"IDAT":
                    break
            kept.append(_chunk(kind, b"" if ended else body))
        elif whole and kind == b"eXIf":
            exif.append(body)
        elif whole and kind in (b"iTXt", b"zTXt", b"tEXt"):
            _text(kind, body, exif, xmp)
        if not whole and kind not in _PICTURE:
            end = _next_chunk(data, place, end)
        place = end
    if not {b"IHDR", b"IDAT"} <= {part[4:8] for part in kept}:
        raise InputError("is no image: a PNG without pixels, cut off or damaged")
    if not ended:
        kept.append(_chunk(b"IEND", b""))
    return Bare(b"".join(kept), stated(exif, xmp))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _next_chunk(data: bytes, place: int, end: int) -> int:
    """Returns where the chunks go on after damaged metadata: where it claims to end, or at the next good chunk."""
    if end == len(data) or re.fullmatch(rb"[A-Za-z]{4}", data[end + 4 : end + 8]):
        return end
    for found in _KNOWN.finditer(data, place + 8):
        start, length = found.start(), int.from_bytes(data[found.start() - 4 : found.start()], "big")
        stop = start + 4 + length
        if stop + 4 <= len(data) and zlib.crc32(data[start:stop]) == int.from_bytes(data[stop : stop + 4], "big"):
            return start - 4
    return len(data)


def _text(kind: bytes, body: bytes, exif: list[bytes], xmp: list[bytes]) -> None:
    """Adds the EXIF block or XMP packet of a text chunk, if it holds one."""
    keyword, _, rest = body.partition(b"\0")
    if keyword == _XMP and kind == b"iTXt":
        packed, (_, _, text) = rest[:1] == b"\1", (rest[2:].split(b"\0", 2) + [b"", b""])[:3]
        xmp.append(_unpacked(text) if packed else text)
    elif keyword in _OLD and kind != b"iTXt":  # hexadecimal, as ImageMagick writes it: name, length, digits
        text = _unpacked(rest[1:]) if kind == b"zTXt" else rest[: 2 * _LARGEST]
        digits = b"".join(text.split(b"\n")[3:])
        try:
            block = bytes.fromhex(digits.decode("ascii"))
        except ValueError:
            return
        (xmp if keyword == _OLD[2] else exif).append(block)


def _unpacked(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, _LARGEST)
    except zlib.error:
        return b""
