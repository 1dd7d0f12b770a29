"""Unusual but valid arrangements of samples, against the plain picture."""

import io

import cv2
import numpy as np
import pytest
from image_kinds import UPRIGHT, encoded, seen
from PIL import Image

from docclf.errors import InputError
from docclf.imaging.read import read_image

tifffile = pytest.importorskip("tifffile")
GREY = np.ascontiguousarray(UPRIGHT[..., 0])
AS_RGB = np.repeat(GREY[..., None], 3, axis=2)
OPAQUE = np.full_like(GREY, 255)


def tiff(image: np.ndarray, **options) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, image, **options)
    return stream.getvalue()


def near(data: bytes, expected: np.ndarray, tolerance: int = 1) -> bool:
    read = read_image(data)
    return read.shape == expected.shape and np.abs(read.astype(int) - expected.astype(int)).max() <= tolerance


@pytest.mark.parametrize(
    "options", [{}, {"compression": "zlib"}, {"tile": (16, 16)}, {"byteorder": ">"}, {"bigtiff": True}]
)
@pytest.mark.parametrize("bits", [8, 16])
def test_white_is_zero(bits, options):
    image = GREY.astype(np.uint16) * 257 if bits == 16 else GREY
    assert near(tiff(image, photometric="minisblack", **options), AS_RGB)
    assert near(tiff(np.iinfo(image.dtype).max - image, photometric="miniswhite", **options), AS_RGB)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("channels", ["rgb", "rgba", "cmyk"])
def test_planes_apart_and_together(channels, compression, bits):
    image = {
        "rgb": UPRIGHT,
        "rgba": np.dstack([UPRIGHT, OPAQUE]),
        "cmyk": np.dstack([255 - UPRIGHT, np.zeros_like(GREY)]),
    }[channels]
    image = image.astype(np.uint16) * 257 if bits == 16 else image
    options = {"photometric": "separated" if channels == "cmyk" else "rgb", "compression": compression}
    extras = [{"extrasamples": [name]} for name in ("unassalpha", "assocalpha", "unspecified")]
    for extra in extras if channels == "rgba" else [{}]:
        assert near(tiff(image, planarconfig="contig", **options, **extra), UPRIGHT)
        assert near(tiff(image.transpose(2, 0, 1), planarconfig="separate", **options, **extra), UPRIGHT)


def test_transparency_of_deep_samples_is_on_white():
    clear = np.dstack([GREY, np.where(GREY > 100, 255, 0).astype(np.uint8)]).astype(np.uint16) * 257
    expected = np.where(AS_RGB > 100, AS_RGB, 255)
    assert near(tiff(clear, photometric="minisblack", planarconfig="contig", extrasamples=["unassalpha"]), expected)
    assert near(
        encoded(Image.fromarray(GREY.astype(np.uint16) * 257), "PNG", transparency=int(GREY[0, 0]) * 257)[:],
        np.where(AS_RGB == GREY[0, 0], 255, AS_RGB),
    )


def test_differences_of_pixels_are_added_up():
    deep = UPRIGHT.astype(np.uint16) * 257
    assert near(tiff(deep, photometric="rgb", compression="zlib", predictor=2), UPRIGHT)
    grey = np.dstack([GREY, OPAQUE]).astype(np.uint16) * 257
    options = {"photometric": "minisblack", "planarconfig": "contig", "extrasamples": ["unassalpha"]}
    assert near(tiff(grey, compression="zlib", predictor=2, **options), AS_RGB)


def packed(values: np.ndarray, bits: int) -> bytes:
    """A grey TIFF of rows of `bits` bits a sample, as scanners write them, spelled out."""
    rows = np.unpackbits(values.astype(">u2").view(np.uint8).reshape(*values.shape, 2), axis=2)[..., 16 - bits :]
    strip = np.packbits(rows.reshape(len(values), -1), axis=1).tobytes()
    height, width = values.shape
    entries = [(256, width), (257, height), (258, bits), (259, 1), (262, 1), (273, 0), (277, 1), (278, height)]
    entries += [(279, len(strip))]
    head = 8 + 2 + 12 * len(entries) + 4
    body = b"".join(
        tag.to_bytes(2, "little") + (4).to_bytes(2, "little") + (1).to_bytes(4, "little")
        + (head if tag == 273 else value).to_bytes(4, "little")
        for tag, value in entries
    )  # fmt: skip
    return b"II*\0\x08\0\0\0" + len(entries).to_bytes(2, "little") + body + bytes(4) + strip


def test_twelve_bits_are_as_light_as_eight():
    values = np.rint(GREY / 255 * 4095).astype(np.uint16)
    assert near(packed(values, 12), AS_RGB)
    scanner = tiff(values, photometric="minisblack", extratags=[(281, 3, 1, 4095, True)])  # says where its white is
    assert near(scanner, AS_RGB)
    pgm = b"P5 %d %d 4095\n" % GREY.shape[::-1] + values.astype(">u2").tobytes()
    assert near(pgm, AS_RGB)
    with pytest.raises(InputError, match="1 x 10 bit"):
        read_image(packed(values // 4, 10))


def test_signed_samples_have_their_own_white():
    half = (GREY.astype(np.int16)) * 128  # 0 to 32640 of 32767
    assert near(tiff(half, photometric="minisblack"), AS_RGB, 2)


def test_floats_and_long_integers():
    assert near(tiff((UPRIGHT / 255).astype(np.float32), photometric="rgb"), UPRIGHT)
    assert near(tiff((GREY / 255).astype(np.float32), photometric="minisblack"), AS_RGB)
    assert near(tiff(GREY.astype(np.uint32) * 257, photometric="minisblack"), AS_RGB)
    stretched = (GREY.astype(np.float64) - GREY.min()) / (int(GREY.max()) - GREY.min()) * 255
    assert near(
        tiff(GREY.astype(np.uint32) * 2**24, photometric="minisblack"), np.repeat(np.rint(stretched)[..., None], 3, 2)
    )
    assert (read_image(tiff(np.full((4, 5), -3, np.float32), photometric="minisblack")) == 0).all()
    with pytest.raises(InputError, match="64 bit float"):
        read_image(tiff(GREY / 255, photometric="minisblack"))


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt", "packbits", "tiff_lzw"])
def test_bilevel_in_every_packing(compression):
    bilevel = Image.fromarray(GREY).convert("1")
    assert near(encoded(bilevel, "TIFF", compression=compression), np.asarray(bilevel.convert("RGB")), 0)


def test_cmyk_is_inverted_with_and_without_the_mark_of_adobe():
    cmyk = Image.fromarray(UPRIGHT).convert("CMYK")
    assert seen(read_image(encoded(cmyk, "JPEG", quality=95)))
    data = encoded(cmyk, "JPEG", quality=95)
    at = data.index(b"\xff\xee")
    assert seen(read_image(data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]))  # as browsers do


def test_sixteen_bit_colour_png_and_palettes():
    deep = cv2.imencode(".png", cv2.cvtColor(UPRIGHT, cv2.COLOR_RGB2BGR).astype(np.uint16) * 257)[1].tobytes()
    assert near(deep, UPRIGHT)
    palette = np.zeros((3, 256), np.uint16)
    palette[:] = np.arange(256) * 257
    palette[1] = 65535 - palette[1]
    assert near(tiff(GREY, photometric="palette", colormap=palette), np.dstack([GREY, 255 - GREY, GREY]))
    one, few = Image.fromarray(UPRIGHT).quantize(2), Image.fromarray(UPRIGHT).quantize(13)
    for image, bits in ((one, 1), (few, 4)):
        assert near(encoded(image, "PNG", bits=bits), np.asarray(image.convert("RGB")), 0)


@pytest.mark.parametrize("height", [96, -96])
def test_a_bmp_from_top_or_bottom(height):
    data = bytearray(encoded(np.ascontiguousarray(np.kron(UPRIGHT[::16, ::16], np.ones((24, 16, 1), np.uint8))), "BMP"))
    expected = read_image(bytes(data))
    data[22:26] = height.to_bytes(4, "little", signed=True)
    assert (read_image(bytes(data)) == (expected if height > 0 else expected[::-1])).all()
