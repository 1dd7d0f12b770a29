"""Kinds of files that hold a picture or a page: which of them are read, and what to do with the others."""

import os
from typing import NamedTuple

EXTENSIONS = frozenset(
    ".jpg .jpeg .jpe .jfif .mpo .png .apng .webp .tif .tiff .bmp .dib .gif .ppm .pgm .pbm .pnm .jp2 .j2k .j2c .jpc "
    ".jpf .jpx .avif .heic .heif .hif".split()
)
HEIF = "HEIF"


class Kind(NamedTuple):
    """A kind of file that is not read as it is.

    Args:
        name: what it is.
        endings: of its files.
        marks: (place, bytes) pairs, one of which its content has.
        remedy: what to do.
    """

    name: str
    endings: tuple[str, ...]
    marks: tuple[tuple[int, bytes], ...]
    remedy: str


_SAVE = "save it as PNG, JPEG or TIFF"
_DEVELOP = "develop it to PNG, JPEG or TIFF"
_HEIC = tuple(
    (4, b"ftyp" + brand) for brand in (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
)
_RAW = (
    ".dng .cr2 .cr3 .crw .nef .nrw .arw .srf .sr2 .raf .orf .rw2 .rwl .pef .srw .raw .3fr .fff .iiq .kdc .dcr .mrw .x3f"
)
_ZIP = (0, b"PK\x03\x04")
KINDS = (
    Kind("HEIC", (), _HEIC, "pip install pillow-heif, or " + _SAVE),
    Kind("AVIF", (), ((4, b"ftypavif"), (4, b"ftypavis")), "pip install 'pillow>=11.3', or " + _SAVE),
    Kind("PDF", (".pdf",), ((0, b"%PDF"),), "draw its pages: pdftoppm -png -r 200 FILE.pdf PAGE"),
    Kind(
        "raw sensor data of a camera",
        tuple(_RAW.split()),
        ((8, b"CR\x02"), (0, b"FUJIFILMCCD-RAW"), (0, b"IIRO"), (0, b"IIRS"), (0, b"IIU\0"), (4, b"ftypcrx")),
        _DEVELOP,
    ),
    Kind("Photoshop", (".psd", ".psb"), ((0, b"8BPS"),), _SAVE),
    Kind("PostScript", (".eps", ".ps", ".ai"), ((0, b"%!PS"), (0, b"\xc5\xd0\xd3\xc6")), "draw it as PNG"),
    Kind("SVG", (".svg", ".svgz"), ((0, b"<svg"),), "draw it as PNG"),
    Kind("JPEG XL", (".jxl",), ((0, b"\xff\x0a"), (0, b"\0\0\0\x0cJXL ")), _SAVE),
    Kind("JPEG XR", (".jxr", ".wdp", ".hdp"), ((0, b"II\xbc\x01"),), _SAVE),
    Kind("DjVu", (".djvu", ".djv"), ((0, b"AT&TFORM"),), "draw its pages: ddjvu -format=tiff"),
    Kind("XPS", (".xps", ".oxps"), (), "draw its pages as PNG"),
    Kind("GIMP", (".xcf",), ((0, b"gimp xcf"),), _SAVE),
    Kind("DICOM", (".dcm", ".dicom"), ((128, b"DICM"),), _SAVE),
    Kind(
        "TGA, PCX, ICO or another old picture",
        (".tga", ".pcx", ".ico", ".cur", ".ras", ".sgi", ".xbm", ".xpm"),
        (),
        _SAVE,
    ),
    Kind("OpenEXR or Radiance", (".exr", ".hdr"), ((0, b"v/1\x01"), (0, b"#?RADIANCE")), _SAVE),
    Kind("QOI, DDS or FITS", (".qoi", ".dds", ".fits"), ((0, b"qoif"), (0, b"DDS ")), _SAVE),
    Kind(
        "a Word, Excel or PowerPoint file",
        (".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".odt"),
        (),
        "draw its pages as PNG",
    ),
    Kind(
        "a film",
        (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v"),
        ((0, b"\x1aE\xdf\xa3"), (4, b"ftypqt"), (4, b"ftypisom")),
        "save one frame as PNG",
    ),
    Kind(
        "an archive", (".zip", ".rar", ".7z"), (_ZIP, (0, b"Rar!"), (0, b"7z\xbc\xaf"), (0, b"\x1f\x8b")), "unpack it"
    ),
    Kind(
        "a web page, not a picture",
        (),
        ((0, b"<!DOCTYPE"), (0, b"<!doctype"), (0, b"<html"), (0, b"<HTML")),
        "download it again",
    ),
    Kind("a pointer of Git LFS", (), ((0, b"version https://git-lfs"),), "fetch the picture: git lfs pull"),
)
_BY_ENDING = {ending: kind for kind in KINDS for ending in kind.endings}


def is_image_name(name: str) -> bool:
    """Tells whether a file name promises an image; hidden files (`.x.jpg`, the `._x.jpg` of macOS) do not count."""
    return not name.startswith(".") and os.path.splitext(name)[1].lower() in EXTENSIONS


def unread_name(name: str) -> str | None:
    """Returns why a file whose name promises a page or picture of another kind is not read; None for other names."""
    kind = None if name.startswith(".") else _BY_ENDING.get(os.path.splitext(name)[1].lower())
    return f"{kind.name} is not read; {kind.remedy}" if kind else None


def unread_content(data: bytes) -> str | None:
    """Returns what a content is that is not read, and the remedy; None where it is not known."""
    for kind in KINDS:
        if any(data[place : place + len(mark)] == mark for place, mark in kind.marks):
            return f"is {kind.name}, which is not read; {kind.remedy}"
    return None


def misnamed(name: str, data: bytes) -> bool:
    """Tells whether a name promises HEIC or AVIF, which need a decoder of their own, for a content that needs none."""
    return os.path.splitext(name)[1].lower() in (".heic", ".heif", ".hif", ".avif") and data[4:8] != b"ftyp"
