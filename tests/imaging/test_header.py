"""The quick look at a JPEG's markers against Pillow's."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_files import pixels
from PIL import Image
from shared_data import SHARED, needs_shared

from docclf.imaging.header import ordinary_jpeg


def encoded(image, **options) -> bytes:
    stream = io.BytesIO()
    image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    image.save(stream, options.pop("format", "JPEG"), **options)
    return stream.getvalue()


def exif_behind_the_size(image, exif) -> bytes:
    """A JPEG whose EXIF block stands between the size and the scan, where Pillow still sees it."""
    plain, block = encoded(image), exif.tobytes()
    scan = plain.index(b"\xff\xda")
    data = plain[:scan] + b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + plain[scan:]
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.getexif()[0x0112] == 6
    return data


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"comment": b"x" * 300}, {"icc_profile": b"p" * 70000}])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_size_of_ordinary_jpegs(mode, options):
    image = Image.fromarray(pixels(1, 45, 77)).convert(mode)
    assert ordinary_jpeg(encoded(image, **options)) == (77, 45)


def test_the_rest_is_left_to_pillow():
    image = pixels(2, 40, 60)
    exif = Image.Exif()
    exif[0x0112] = 6
    others = [
        encoded(image, exif=exif),
        exif_behind_the_size(image, exif),
        encoded(Image.fromarray(image).convert("CMYK")),
        encoded(image, format="PNG"),
        encoded(image, format="MPO", save_all=True, append_images=[Image.fromarray(image)]),
        b"",
        b"\xff\xd8",
        b"\xff\xd8\xff\xda" + bytes(50),
        b"\xff\xd8\xff\xe0\x00\x00" + bytes(50),
    ]
    assert [ordinary_jpeg(data) for data in others] == [None] * len(others)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=80), st.integers(0, 60))
def test_no_bytes_make_it_raise_or_hang(noise, cut):
    data = encoded(np.zeros((8, 9, 3), np.uint8))
    for found in (ordinary_jpeg(b"\xff\xd8" + noise), ordinary_jpeg(data[: 20 + cut] + noise)):
        assert found is None or (len(found) == 2 and min(found) > 0)
    assert ordinary_jpeg(data[: 20 + cut]) in (None, (9, 8))


@needs_shared
def test_size_is_pillows_on_real_files():
    seen = 0
    for path in [
        *sorted((SHARED / "imagenet_sample").rglob("*.JPEG"))[:100],
        *sorted((SHARED / "unique_pool").glob("*.jpg"))[:100],
    ]:
        if (size := ordinary_jpeg(path.read_bytes())) is not None:
            with Image.open(path) as image:
                assert (image.format, image.size) == ("JPEG", size), path
            seen += 1
    assert seen > 150
