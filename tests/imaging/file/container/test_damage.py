"""Metadata of any size and damage cost no picture; pixels that are missing cost it always."""

import re
import struct
import zlib

import numpy as np
import pytest
from image_kinds import UPRIGHT, box, chunk, encoded, jpeg_with, png_with, seen, segment, stored
from PIL import Image

from docclf.errors import InputError
from docclf.imaging.read import inspect_image, read_image
from docclf.imaging.shrink import read_squashed

NOISE = np.random.default_rng(1).bytes(3_000_000)
PACKED = zlib.compress(bytes(50_000_000))
SMALL_THUMBNAIL = b"Exif\0\0II*\0" + bytes(20) + encoded(stored(3)[::4, ::4].copy(), "JPEG")
GIF = encoded(Image.fromarray(UPRIGHT).quantize(256), "GIF")
JP2 = encoded(UPRIGHT, "JPEG2000")
AT = JP2.index(b"jp2c") - 4
WEBP = encoded(UPRIGHT, "WEBP", lossless=True, exif=b"Exif\0\0II*\0", icc_profile=NOISE[:500])

GOOD = {
    "png, 3 MB profile": encoded(UPRIGHT, "PNG", icc_profile=NOISE),
    "jpeg, 3 MB profile": encoded(UPRIGHT, "JPEG", quality=95, icc_profile=NOISE),
    "webp, 3 MB profile": encoded(UPRIGHT, "WEBP", lossless=True, icc_profile=NOISE),
    "tiff, 3 MB profile": encoded(UPRIGHT, "TIFF", icc_profile=NOISE),
    "zTXt bomb": png_with(UPRIGHT, chunk(b"zTXt", b"Comment\0\0" + PACKED)),
    "iTXt bomb": png_with(UPRIGHT, chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + PACKED)),
    "iCCP bomb": png_with(UPRIGHT, chunk(b"iCCP", b"x\0\0" + PACKED)),
    "40,000 texts": png_with(UPRIGHT, *[chunk(b"tEXt", b"key %d\0value" % k) for k in range(40_000)]),
    "bad checksum behind the pixels": png_with(UPRIGHT, chunk(b"tEXt", b"k\0v", checksum=1), before=b"IEND"),
    "exif with a thumbnail": jpeg_with(UPRIGHT, segment(0xE1, SMALL_THUMBNAIL)),
    "exif of length 0": jpeg_with(UPRIGHT, segment(0xE1, b"", 0)),
    "fill bytes": jpeg_with(UPRIGHT, b"\xff\xff\xff"),
    "text between segments": jpeg_with(UPRIGHT, b"between"),
    "short Adobe mark": jpeg_with(UPRIGHT, segment(0xEE, b"Adobe")),
    "short JFIF mark": jpeg_with(UPRIGHT, segment(0xE0, b"JFIF\0")),
    "noise as Photoshop block": jpeg_with(UPRIGHT, segment(0xED, b"Photoshop 3.0\0" + NOISE[:900])),
    "noise as second picture": jpeg_with(UPRIGHT, segment(0xE2, b"MPF\0" + NOISE[:200])),
    "10 MB of comments": jpeg_with(UPRIGHT, segment(0xFE, bytes(65_000)) * 160),
    "jpeg 2000, 3 MB of text": JP2[:AT] + box(b"xml ", NOISE) + JP2[AT:],
    "jpeg 2000, wrong length": JP2[:AT] + struct.pack(">I4s", 10**8, b"xml ") + b"text" + JP2[AT:],
    "webp, size too small": WEBP[:4] + struct.pack("<I", 20) + WEBP[8:],
    "webp, size too large": WEBP[:4] + struct.pack("<I", 10**9) + WEBP[8:],
    "webp, cut in its metadata": WEBP[:-5],
    "gif, open comment": GIF[:-1] + b"!\xfe\xffabc",
    "tiff, tag beyond the end": encoded(UPRIGHT, "TIFF", tiffinfo={270: "x" * 99}).replace(
        b"\x0e\x01\x02\0\x64\0\0\0", b"\x0e\x01\x02\0\xff\xff\xff\x7f"
    ),
}
NO_END = {
    "jpeg": encoded(UPRIGHT, "JPEG", quality=95)[:-2],
    "jpeg, half a mark": encoded(UPRIGHT, "JPEG", quality=95)[:-1],
    "jpeg, zeros behind": encoded(UPRIGHT, "JPEG", quality=95)[:-2] + bytes(4096),
    "progressive": encoded(UPRIGHT, "JPEG", quality=95, progressive=True)[:-2],
    "grey": encoded(Image.fromarray(UPRIGHT).convert("L").convert("RGB"), "JPEG", quality=95)[:-2],
    "png": encoded(UPRIGHT, "PNG")[:-12],
    "png, half an end": encoded(UPRIGHT, "PNG")[:-6],
    "png, end with a bad checksum": encoded(UPRIGHT, "PNG")[:-4] + b"none",
    "gif": GIF[:-1],
    "jpeg 2000": encoded(UPRIGHT, "JPEG2000")[:-2],
    "jpeg 2000, half a mark": encoded(UPRIGHT, "JPEG2000")[:-1],
    "jpeg 2000 codestream": encoded(UPRIGHT, "JPEG2000", no_jp2=True)[:-2],
}


@pytest.mark.parametrize("name", GOOD)
def test_metadata_do_not_cost_the_picture(name):
    for read in (read_image, lambda data: inspect_image(data)[2]):
        assert seen(read(GOOD[name]), tolerance=20 if "gif" in name else 8)


@pytest.mark.parametrize(
    "kind", [b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"eXIf", b"tIME", b"gAMA", b"sPLT", b"acTL", b"prVt"]
)
def test_any_damage_of_any_chunk_that_is_no_picture(kind):
    body = b"key\0\0value" + NOISE[:40]
    for length in (len(body), 3, len(body) + 9, 10**6, 2**32 - 1):
        broken = struct.pack(">I", length) + kind + body + b"\0bad"
        assert (read_image(png_with(UPRIGHT, broken)) == UPRIGHT).all(), length
    assert (read_image(png_with(UPRIGHT, chunk(kind, b""))) == UPRIGHT).all()


@pytest.mark.parametrize("length", [0, 1, 2, 7, 300, len(SMALL_THUMBNAIL) + 60, 30_000, 65_535])
def test_a_thumbnail_in_a_damaged_block_is_not_taken_for_the_picture(length):
    data = jpeg_with(UPRIGHT, segment(0xE1, SMALL_THUMBNAIL, length))
    assert seen(read_image(data)) and read_squashed(data, 48).shape == (48, 48, 3)


@pytest.mark.parametrize("name", NO_END)
def test_a_picture_that_misses_only_its_end_is_a_picture(name):
    for read in (read_image, lambda data: inspect_image(data)[2]):
        assert seen(read(NO_END[name]), read_image(NO_END[name])) and read(NO_END[name]).shape == UPRIGHT.shape


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"subsampling": 0}, {"progressive": True, "optimize": True}]
)
def test_a_jpeg_cut_anywhere_else_is_refused_or_is_the_same(options):
    image = np.asarray(Image.fromarray(UPRIGHT).resize((301, 203), Image.Resampling.BICUBIC))
    data = encoded(image, "JPEG", quality=90, **options)
    whole = read_image(data)
    scans = [found.start() for found in re.finditer(rb"\xff\xda", data)]
    refused = 0
    for end in [len(data) - k for k in (3, 4, 5, 6, 9, 30, 300, len(data) // 2)] + scans[1:]:
        for read in (read_image, lambda cut: inspect_image(cut, min_side=300)[2]):
            try:
                assert (read(data[:end]) == whole).all()  # only padding was cut off
            except InputError:
                refused += 1
    assert refused >= 2 * (7 + len(scans[1:]))


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "JPEG2000", "TIFF", "BMP", "PPM"])
def test_missing_pixels_cost_the_picture(kind):
    data = {"GIF": GIF, "WEBP": encoded(UPRIGHT, "WEBP", lossless=True)}.get(kind) or encoded(UPRIGHT, kind)
    for end in (len(data) // 2, len(data) - 60 if kind != "GIF" else len(data) - 4):
        with pytest.raises(InputError):
            read_image(data[:end])


def test_a_flipped_bit_in_the_pixels_of_a_png_is_found():
    data = bytearray(encoded(UPRIGHT, "PNG"))
    data[data.index(b"IDAT") + 40] ^= 4
    with pytest.raises(InputError, match="checksum of IDAT"):
        read_image(bytes(data))
