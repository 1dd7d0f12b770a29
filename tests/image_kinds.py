"""Image files of many kinds, with metadata good and bad, built in memory."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\0"
# Flat 16 x 16 blocks, so that lossy files keep them; no two turns of it are alike.
UPRIGHT = np.kron(np.random.default_rng(0).integers(0, 256, (4, 6, 3)), np.ones((16, 16, 1))).astype(np.uint8)


def stored(orientation: int) -> np.ndarray:
    """What a camera stores for each value, spelled out: the inverse of the turn that shows it upright."""
    return np.ascontiguousarray(
        {
            1: UPRIGHT,
            2: UPRIGHT[:, ::-1],
            3: UPRIGHT[::-1, ::-1],
            4: UPRIGHT[::-1],
            5: UPRIGHT.transpose(1, 0, 2),
            6: np.rot90(UPRIGHT, 1),
            7: UPRIGHT[::-1, ::-1].transpose(1, 0, 2),
            8: np.rot90(UPRIGHT, -1),
        }[orientation]
    )


def encoded(image: np.ndarray | Image.Image, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    image.save(stream, kind, **options)
    return stream.getvalue()


def exif(orientation: int) -> bytes:
    block = Image.Exif()
    block[0x0112] = orientation
    return block.tobytes()


def xmp(orientation: int, element: bool = False) -> bytes:
    attribute = "" if element else f'tiff:Orientation="{orientation}"'
    inside = f"<tiff:Orientation>{orientation}</tiff:Orientation>" if element else ""
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        f'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" {attribute}>{inside}</rdf:Description></rdf:RDF></x:xmpmeta>'
        '<?xpacket end="w"?>'
    ).encode()


def chunk(kind: bytes, body: bytes, checksum: int | None = None) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum or zlib.crc32(kind + body))


def png_with(image: np.ndarray, *chunks: bytes, before: bytes = b"IDAT") -> bytes:
    data = encoded(image, "PNG")
    place = data.index(before) - 4
    return data[:place] + b"".join(chunks) + data[place:]


def segment(marker: int, body: bytes, length: int | None = None) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2 if length is None else length) + body


def jpeg_with(image: np.ndarray, *segments: bytes, **options) -> bytes:
    data = encoded(image, "JPEG", quality=95, **options)
    return data[:2] + b"".join(segments) + data[2:]


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


def seen(read: np.ndarray, expected: np.ndarray = UPRIGHT, tolerance: float = 8) -> bool:
    """Tells whether a picture is the expected one, as far as lossy files keep it."""
    return read.shape == expected.shape and np.abs(read.astype(int) - expected.astype(int)).mean() < tolerance
