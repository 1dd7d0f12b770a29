import io
import struct

import numpy as np
import pytest
from image_files import pixels
from PIL import Image
from shared_data import SHARED, needs_shared

from docclf.errors import InputError
from docclf.imaging.read import inspect_image, read_image
from docclf.imaging.shrink import read_squashed, shrunk


def encoded(image, kind="JPEG", **options) -> bytes:
    stream = io.BytesIO()
    image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    image.save(stream, kind, **options)
    return stream.getvalue()


def bicubic(image, side):
    return np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC))


def psnr(a, b):
    return 10 * np.log10(255**2 / max(1e-9, np.square(a.astype(float) - b).mean()))


@pytest.mark.parametrize("shape", [(24, 36), (160, 213), (40, 300), (7, 5), (32, 32)])
def test_resize_is_that_of_pillow(shape):
    image = pixels(1, *shape)
    assert np.abs(shrunk(image, 32).astype(int) - bicubic(image, 32)).max() <= 2
    assert (shrunk(image, 32, swap=True) == shrunk(np.ascontiguousarray(image[..., ::-1]), 32)).all()


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}, {"restart_marker_blocks": 1}])
def test_ordinary_jpegs_and_the_slow_way_agree(options):
    data = encoded(pixels(2, 90, 120), quality=95, **options)
    assert psnr(read_squashed(data, 64), bicubic(read_image(data), 64)) > 40
    big = encoded(pixels(3, 700, 900), quality=95, **options)
    assert psnr(read_squashed(big, 64), bicubic(read_image(big), 64)) > 35  # decoded at 1/8


@pytest.mark.parametrize("value", range(1, 9))
def test_orientation(value):
    exif = Image.Exif()
    exif[0x0112] = value
    data = encoded(pixels(4, 60, 90), quality=95, exif=exif)
    assert psnr(read_squashed(data, 32), bicubic(read_image(data), 32)) > 40


def test_uncommon_kinds_take_the_slow_way():
    image = pixels(5, 60, 90)
    frames = [Image.new("RGB", (40, 40), color) for color in ("red", "blue")]
    rgba = np.dstack([image, np.full(image.shape[:2], 100, np.uint8)])
    for data in (
        encoded(Image.fromarray(image).convert("CMYK"), quality=95),
        encoded(Image.fromarray(image).convert("L"), quality=95),
        encoded(Image.fromarray(image.astype(np.uint16)[..., 0] * 257), "PNG"),
        encoded(rgba, "PNG"),
        encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        encoded(image, "WEBP", quality=95),
    ):
        assert psnr(read_squashed(data, 32), bicubic(read_image(data), 32)) > 40


def test_what_cannot_be_read_says_why():
    with pytest.raises(InputError, match="x.jpg: the file is empty"):
        read_squashed(b"", 32, name="x.jpg")
    with pytest.raises(InputError, match="x.jpg: is no image"):
        read_squashed(b"text" * 99, 32, name="x.jpg")
    with pytest.raises(InputError, match="max_pixels=99"):
        read_squashed(encoded(pixels(0)), 32, max_pixels=99)


def claims(width: int, height: int) -> bytes:
    """A small JPEG whose header tells another size."""
    data = bytearray(encoded(pixels(6, 16, 16)))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


@pytest.mark.parametrize("read", [read_image, inspect_image, lambda data: read_squashed(data, 32)])
def test_20000_by_20000_is_refused_by_its_header(read):
    with pytest.raises(InputError, match="400000000 pixels"):
        read(claims(20_000, 20_000))
    with pytest.raises(InputError, match="10000 x 10000 pixels are more than max_pixels"):
        read(claims(10_000, 10_000))


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_inspecting_at_a_fraction_finds_what_reading_finds(options):
    data = encoded(pixels(7, 300, 500), quality=95, **options)
    height, width, small = inspect_image(data)
    assert (height, width) == (300, 500) and max(small.shape[:2]) < 250
    exif = Image.Exif()
    exif[0x0112] = 6
    assert inspect_image(encoded(pixels(7, 300, 500), exif=exif))[:2] == (500, 300)
    for end in range(100, len(data), len(data) // 25):
        outcomes = []
        for look in (read_image, inspect_image):
            try:
                look(data[:end])
                outcomes.append("whole")
            except InputError as error:
                outcomes.append(str(error))
        assert outcomes[0] == outcomes[1]


@needs_shared
def test_real_images_stay_close_to_pillow():
    files = sorted((SHARED / "imagenet_sample/train").rglob("*.JPEG"))[:40]
    values = [psnr(read_squashed(f.read_bytes(), 128), bicubic(read_image(f), 128)) for f in files]
    assert np.median(values) > 60 and min(values) > 30
