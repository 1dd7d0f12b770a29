import pytest
from image_kinds import UPRIGHT, encoded

from docclf.errors import InputError
from docclf.imaging.file import kinds
from docclf.imaging.file.kinds import is_image_name, unread_name
from docclf.imaging.read import read_image

HEIC = b"\0\0\0\x1cftypheic\0\0\0\0mif1heicmiaf"


@pytest.mark.parametrize(
    ("name", "says"),
    [("scan.PDF", "pdftoppm"), ("a.b.cr2", "develop"), ("x.psd", "PNG"), ("台.docx", "pages"), ("f.jxl", "JPEG XL")],
)
def test_what_is_not_read_is_known_by_its_ending(name, says):
    assert says in unread_name(name) and not is_image_name(name)
    assert unread_name("." + name) is None


def test_other_names_are_of_no_concern():
    assert not any(map(unread_name, ["a.jpg", "a.heic", "a.txt", "classes.csv", "pdf", "README"]))
    assert all(map(is_image_name, ["a.heic", "a.HEIF", "a.avif"]))
    assert not kinds.EXTENSIONS & {ending for kind in kinds.KINDS for ending in kind.endings}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"%PDF-1.7\n" + bytes(99), "is PDF, .*pdftoppm"),
        (b"8BPS\0\1" + bytes(99), "is Photoshop"),
        (b"II*\0\x10\0\0\0CR\x02\0" + bytes(99), "sensor data"),
        (b"<!DOCTYPE html><title>404</title>", "web page.*download it again"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (bytes(128) + b"DICM" + bytes(99), "DICOM"),
    ],
)
def test_what_is_not_read_is_known_by_its_content(content, says):
    with pytest.raises(InputError, match=f"photo.jpg: .*{says}"):
        read_image(content, name="photo.jpg")


def test_heic_names_the_package_or_is_read():
    try:
        import pillow_heif  # noqa: F401
    except ImportError:
        with pytest.raises(InputError, match="pip install pillow-heif"):
            read_image(HEIC + bytes(99))
    else:
        assert read_image(encoded(UPRIGHT, "HEIF", quality=90)).shape == UPRIGHT.shape


def test_a_preview_is_not_taken_for_the_picture():
    raw = encoded(UPRIGHT, "TIFF", tiffinfo={50706: b"\1\4\0\0"})
    with pytest.raises(InputError, match="raw sensor data"):
        read_image(raw)
