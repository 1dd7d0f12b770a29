import io
import struct
import zlib

import numpy as np
import pytest
from image_files import pixels, save
from PIL import Image
from shared_data import SHARED, needs_shared

from docclf.errors import InputError
from docclf.imaging.file.kinds import is_image_name
from docclf.imaging.read import read_image


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def close(a, b, tolerance=6):
    return a.shape == b.shape and np.abs(a.astype(int) - b.astype(int)).mean() < tolerance


def test_rgb_png_is_exact_and_contiguous():
    image = pixels(0)
    read = read_image(encoded(Image.fromarray(image), "PNG"))
    assert read.dtype == np.uint8 and read.flags.c_contiguous
    assert (read == image).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(orientation):
    upright = pixels(1, 24, 40)
    # What a camera stores for each value, spelled out: the inverse of the turn that shows it upright.
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(np.ascontiguousarray(stored))
    assert (read_image(encoded(image, "PNG", exif=exif)) == upright).all()
    assert close(read_image(encoded(image, "JPEG", exif=exif, quality=95)), upright)


def test_broken_exif_counts_as_none():
    image = pixels(2)
    data = encoded(Image.fromarray(image), "JPEG", quality=95, exif=b"Exif\0\0II*\0\xff\xff\xff\xff garbage")
    assert close(read_image(data), image)


def test_cmyk():
    image = pixels(3)
    assert close(read_image(encoded(Image.fromarray(image).convert("CMYK"), "JPEG", quality=95)), image)


def test_grey_and_bilevel():
    grey = Image.fromarray(pixels(4)).convert("L")
    assert (read_image(encoded(grey, "PNG")) == np.asarray(grey)[..., None]).all()
    bilevel = grey.convert("1")
    assert (read_image(encoded(bilevel, "PNG"))[..., 0] == np.asarray(bilevel) * 255).all()


def test_palette_with_and_without_transparency():
    image = Image.new("P", (4, 2))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((1, 0), 1)
    assert read_image(encoded(image, "PNG"))[0, :2].tolist() == [[10, 20, 30], [200, 100, 50]]
    assert read_image(encoded(image, "PNG", transparency=0))[0, :2].tolist() == [[255, 255, 255], [200, 100, 50]]
    assert read_image(encoded(image, "GIF"))[0, 1].tolist() == [200, 100, 50]


def test_alpha_is_composited_on_white():
    image = np.zeros((1, 3, 4), np.uint8)
    image[0, :, 0] = 200
    image[0, :, 3] = 0, 128, 255
    read = read_image(encoded(Image.fromarray(image), "PNG"))
    assert read[0, 0].tolist() == [255, 255, 255] and read[0, 2].tolist() == [200, 0, 0]
    assert np.abs(read[0, 1].astype(int) - [227, 127, 127]).max() <= 1
    grey = np.array([[[40, 0], [40, 255]]], np.uint8)
    assert read_image(encoded(Image.fromarray(grey, "LA"), "PNG"))[0].tolist() == [[255] * 3, [40] * 3]


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_is_scaled_not_clipped(kind):
    values = np.array([[0, 257, 32896, 65535]], np.uint16)
    assert read_image(encoded(Image.fromarray(values), kind))[0, :, 0].tolist() == [0, 1, 128, 255]


def test_float_tiff():
    unit = np.array([[0, 0.5, 1]], np.float32)
    assert read_image(encoded(Image.fromarray(unit), "TIFF"))[0, :, 2].tolist() == [0, 128, 255]
    wide = np.array([[-10, 0, 10]], np.float32)
    assert read_image(encoded(Image.fromarray(wide), "TIFF"))[0, :, 2].tolist() == [0, 128, 255]
    with pytest.raises(InputError, match="not finite"):
        read_image(encoded(Image.fromarray(np.array([[np.nan]], np.float32)), "TIFF"))


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_first_frame_of_many(kind):
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    assert read_image(data)[4, 4].tolist() == [255, 0, 0]


def test_content_decides_not_the_name(tmp_path):
    path = save(tmp_path / "really_png.jpg", 5, format="PNG")
    assert (read_image(path) == pixels(5)).all()


def test_name_beyond_ascii(tmp_path):
    assert (read_image(save(tmp_path / "台灣" / "健保卡 é.png", 6)) == pixels(6)).all()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP"])
def test_truncated_names_the_file(tmp_path, kind):
    data = encoded(Image.fromarray(pixels(7, 200, 300)), kind)
    path = tmp_path / "half.jpg"
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match="half.jpg"):
        read_image(path)


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "empty"), (b"I am a text file.\n" * 9, "no image"), (b"\xff\xd8\xff\xe0", "half|no image|decoded")],
)
def test_not_an_image(tmp_path, content, says):
    path = tmp_path / "note.jpg"
    path.write_bytes(content)
    with pytest.raises(InputError, match=says) as error:
        read_image(path)
    assert "note.jpg" in str(error.value)


def test_missing_file_and_folder(tmp_path):
    for path in (tmp_path / "none.jpg", tmp_path):
        with pytest.raises(InputError, match="cannot be opened"):
            read_image(path)


def test_postscript_is_not_run():
    with pytest.raises(InputError, match="is PostScript, which is not read"):
        read_image(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n")


def bomb(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"never decoded") + chunk(b"IEND", b"")


def test_huge_is_refused_by_its_header():
    with pytest.raises(InputError, match="9000 x 10000 pixels are more than max_pixels"):
        read_image(bomb(9000, 10000))  # decoding would have failed with another message
    with pytest.raises(InputError, match="more pixels"):
        read_image(bomb(60000, 60000))
    image = encoded(Image.fromarray(pixels(8, 10, 10)), "PNG")
    assert read_image(image, max_pixels=100).shape == (10, 10, 3)
    with pytest.raises(InputError, match="max_pixels=99"):
        read_image(image, max_pixels=99)


def test_min_side_decodes_a_fraction():
    image = pixels(9, 400, 800)
    data = encoded(Image.fromarray(image), "JPEG", quality=95)
    small = read_image(data, min_side=100)
    assert small.shape == (100, 200, 3)
    assert close(small, np.asarray(Image.fromarray(image).resize((200, 100), Image.Resampling.BOX)))
    assert read_image(data, min_side=101).shape == (200, 400, 3)
    assert read_image(data, min_side=1000).shape == image.shape


def test_image_names():
    assert all(map(is_image_name, ["a.jpg", "a.JPEG", "台.PnG", "a.b.webp"]))
    assert not any(map(is_image_name, ["a.txt", "jpg", "._a.jpg", ".jpg", "a.jpg.part", "classes.csv"]))


@needs_shared
def test_real_cards():
    folder = SHARED / "taiwan_register"
    assert read_image(folder / "passport_cover.jpg").shape == (894, 640, 3)  # PNG with alpha, named .jpg
    assert len({read_image(path).shape for path in folder.glob("*.jpg")}) == 11
