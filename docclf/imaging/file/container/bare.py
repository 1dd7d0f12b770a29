"""What is left of an image file when its metadata are taken off: the picture, and how it is turned."""

from typing import NamedTuple

from docclf.imaging.file.orientation import exif_orientation, xmp_orientation


class Bare(NamedTuple):
    """A file without metadata, so that no damage or size of these can cost the picture.

    Args:
        data: the bytes of a file of the same kind, for a decoder.
        orientation: 1 to 8, where the metadata state one; the data state none any more.
        plain: (width, height) of an 8-bit grey or colour JPEG of one picture; None for anything else.
        unended: the end marker was missing and is added; whether the pixels are whole has to be looked at.
    """

    data: bytes
    orientation: int | None = None
    plain: tuple[int, int] | None = None
    unended: bool = False


def stated(exif: list[bytes], xmp: list[bytes]) -> int | None:
    """Returns the orientation of the first block that states one; EXIF goes before XMP."""
    found = [*map(exif_orientation, exif), *map(xmp_orientation, xmp)]
    return next((value for value in found if value), None)
