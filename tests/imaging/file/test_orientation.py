"""Every place that can state an orientation, through every way that a file is read."""

import struct
import zlib

import numpy as np
import pytest
from image_kinds import (
    UPRIGHT,
    XMP_HEAD,
    box,
    chunk,
    encoded,
    exif,
    jpeg_with,
    png_with,
    seen,
    segment,
    stored,
    xmp,
)
from PIL import Image

from docclf.imaging.file.orientation import exif_orientation, xmp_orientation
from docclf.imaging.read import inspect_image, read_image
from docclf.imaging.shrink import read_squashed, shrunk

XMP_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


def raw_profile(block: bytes) -> bytes:
    text = b"\nexif\n%8d\n" % len(block) + block.hex().encode() + b"\n"
    return chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text))


def gif(image: np.ndarray, packet: bytes) -> bytes:
    data = encoded(Image.fromarray(image).quantize(256), "GIF")
    return data[:-1] + b"!\xff\x0bXMP DataXMP" + packet + b"\1" + bytes(range(255, -1, -1)) + b"\0;"


def big_endian(orientation: int) -> bytes:
    return b"Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def mpo(image: np.ndarray, o: int) -> bytes:
    second = [Image.fromarray(UPRIGHT)]
    return encoded(image, "MPO", save_all=True, append_images=second, exif=exif(o), quality=95)


PLACES = {
    "jpeg exif": lambda image, o: jpeg_with(image, exif=exif(o)),
    "jpeg exif, big-endian": lambda image, o: jpeg_with(image, segment(0xE1, big_endian(o))),
    "jpeg xmp": lambda image, o: jpeg_with(image, segment(0xE1, XMP_HEAD + xmp(o))),
    "jpeg xmp element": lambda image, o: jpeg_with(image, segment(0xE1, XMP_HEAD + xmp(o, element=True))),
    "jpeg xmp, another prefix": lambda image, o: jpeg_with(
        image, segment(0xE1, XMP_HEAD + xmp(o).replace(b"xmlns:tiff", b"xmlns:t").replace(b"tiff:O", b"t:O"))
    ),
    "jpeg exif before xmp": lambda image, o: jpeg_with(
        image, segment(0xE1, XMP_HEAD + xmp(9 - o)), segment(0xE1, exif(o))
    ),
    "jpeg xmp where exif is out of range": lambda image, o: jpeg_with(
        image, segment(0xE1, exif(9)), segment(0xE1, XMP_HEAD + xmp(o))
    ),
    "mpo": mpo,
    "png exif": lambda image, o: encoded(image, "PNG", exif=exif(o)),
    "png exif behind the pixels": lambda image, o: png_with(image, chunk(b"eXIf", exif(o)[6:]), before=b"IEND"),
    "png xmp": lambda image, o: png_with(image, chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(o))),
    "png xmp, packed": lambda image, o: png_with(
        image, chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp(o)))
    ),
    "png raw profile": lambda image, o: png_with(image, raw_profile(exif(o))),
    "webp exif": lambda image, o: encoded(image, "WEBP", lossless=True, exif=exif(o)),
    "webp xmp": lambda image, o: encoded(image, "WEBP", quality=95, xmp=xmp(o)),
    "tiff tag": lambda image, o: encoded(image, "TIFF", tiffinfo={274: o}),
    "tiff tag, packed by libtiff": lambda image, o: encoded(image, "TIFF", tiffinfo={274: o}, compression="tiff_lzw"),
    "tiff tag, many pages": lambda image, o: encoded(
        image, "TIFF", save_all=True, append_images=[Image.fromarray(UPRIGHT)], tiffinfo={274: o}
    ),
    "tiff xmp": lambda image, o: encoded(image, "TIFF", tiffinfo={700: xmp(o)}),
    "tiff tag and xmp": lambda image, o: encoded(image, "TIFF", tiffinfo={274: o, 700: xmp(o)}),
    "jpeg 2000 xmp": lambda image, o: encoded(image, "JPEG2000") + box(b"uuid", XMP_BOX + xmp(o)),
    "jpeg 2000 exif": lambda image, o: encoded(image, "JPEG2000") + box(b"uuid", b"JpgTiffExif->JP2" + exif(o)[6:]),
    "gif xmp": lambda image, o: gif(image, xmp(o)),
}


@pytest.mark.parametrize("place", PLACES)
def test_is_applied_once_wherever_it_is_stated(place):
    for orientation in range(1, 9):
        data = PLACES[place](stored(orientation), orientation)
        assert seen(read_image(data)), orientation
        height, width, small = inspect_image(data)
        assert (height, width) == UPRIGHT.shape[:2] and seen(small), orientation
        assert seen(read_squashed(data, 48), shrunk(UPRIGHT, 48), 14), orientation


@pytest.mark.parametrize(("kind", "package"), [("HEIF", "pillow_heif"), ("AVIF", None)])
def test_kinds_that_turn_by_a_box_of_their_own(kind, package):
    if package:
        pytest.importorskip(package)
    elif kind not in Image.SAVE:
        pytest.skip(f"this Pillow writes no {kind}")
    for orientation in range(1, 9):
        data = encoded(stored(orientation), kind, exif=exif(orientation), quality=95)
        assert seen(read_image(data), tolerance=20), orientation
        assert inspect_image(data)[:2] == UPRIGHT.shape[:2], orientation


@pytest.mark.parametrize("block", [b"", b"Exif\0\0", b"II*\0\xff\xff\xff\xff", exif(6)[:20], b"\0" * 99])
def test_a_damaged_block_states_nothing(block):
    assert exif_orientation(block) is None
    assert seen(read_image(jpeg_with(UPRIGHT, segment(0xE1, b"Exif\0\0" + block[6:]))))


def test_a_packet_in_utf_16_or_without_a_value():
    assert xmp_orientation(xmp(7).decode().encode("utf-16")) == 7
    assert xmp_orientation(xmp(0)) is None and xmp_orientation(b"tiff:Orientation" * 999) is None
