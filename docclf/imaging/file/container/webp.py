"""A WebP file without its metadata (RFC 9649), and the metadata of two other kinds."""

import struct

from docclf.imaging.file.container.bare import Bare, stated

_PICTURE = (b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF")
_FLAGS = 0b0010_1100  # of VP8X: colour profile, EXIF, XMP


def bare_webp(data: bytes) -> Bare:
    """Returns the chunks of a WebP that make the picture; the size in its header is not believed."""
    kept, exif, xmp = [], [], []
    place = 12
    while place + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, place)
        body = data[place + 8 : place + 8 + length]
        if kind in _PICTURE:
            if kind == b"VP8X" and body:
                body = bytes((body[0] & ~_FLAGS & 0xFF,)) + body[1:]
            kept.append(struct.pack("<4sI", kind, length) + body + b"\0" * (length % 2 if len(body) == length else 0))
        elif kind == b"EXIF":
            exif.append(body)
        elif kind == b"XMP ":
            xmp.append(body)
        place += 8 + length + length % 2
    picture = b"WEBP" + b"".join(kept)
    return Bare(b"RIFF" + struct.pack("<I", len(picture)) + picture, stated(exif, xmp))


def bare_gif(data: bytes) -> Bare:
    """Returns a GIF as it is, with the orientation of its XMP block."""
    place = data.find(b"!\xff\x0bXMP DataXMP")
    return Bare(data, stated([], [data[place : place + 2**20]] if place >= 0 else []))
