"""A JPEG without its metadata: what its markers say, against Pillow."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_files import pixels
from PIL import Image
from shared_data import SHARED, needs_shared

from docclf.imaging.file.container.jpeg import bare_jpeg


def plain(data: bytes) -> tuple[int, int] | None:
    return bare_jpeg(data).plain


def encoded(image, **options) -> bytes:
    stream = io.BytesIO()
    image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    image.save(stream, options.pop("format", "JPEG"), **options)
    return stream.getvalue()


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"comment": b"x" * 300}, {"icc_profile": b"p" * 70000}])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_size_of_ordinary_jpegs(mode, options):
    image = Image.fromarray(pixels(1, 45, 77)).convert(mode)
    assert plain(encoded(image, **options)) == (77, 45)


def test_the_rest_is_left_to_pillow():
    image = pixels(2, 40, 60)
    others = [
        encoded(Image.fromarray(image).convert("CMYK")),
        encoded(image)[:-2],
        b"\xff\xd8",
        b"\xff\xd8\xff\xda" + bytes(50),
        b"\xff\xd8\xff\xe0\x00\x00" + bytes(50),
    ]
    assert [bare_jpeg(data).plain for data in others] == [None] * len(others)


def test_exif_between_the_size_and_the_scan_is_seen():
    exif = Image.Exif()
    exif[0x0112] = 6
    whole, block = encoded(pixels(2, 40, 60)), exif.tobytes()
    scan = whole.index(b"\xff\xda")
    data = whole[:scan] + b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + whole[scan:]
    found = bare_jpeg(data)
    assert (found.orientation, found.plain, found.data) == (6, (60, 40), whole)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=80), st.integers(0, 60))
def test_no_bytes_make_it_raise_or_hang(noise, cut):
    data = encoded(np.zeros((8, 9, 3), np.uint8))
    for found in (plain(b"\xff\xd8" + noise), plain(data[: 20 + cut] + noise)):
        assert found is None or (len(found) == 2 and min(found) > 0)
    assert plain(data[: 20 + cut]) in (None, (9, 8))


@needs_shared
def test_size_is_pillows_on_real_files():
    seen = 0
    for path in [
        *sorted((SHARED / "imagenet_sample").rglob("*.JPEG"))[:100],
        *sorted((SHARED / "unique_pool").glob("*.jpg"))[:100],
    ]:
        if (size := plain(path.read_bytes())) is not None:
            with Image.open(path) as image:
                assert (image.format, image.size) == ("JPEG", size), path
            seen += 1
    assert seen > 150
