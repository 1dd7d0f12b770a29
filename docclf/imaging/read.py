"""Reading an image file of any common kind as RGB pixels: the one place that decides what a file looks like."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from docclf.errors import InputError
from docclf.imaging.file.container import jpeg, jpeg2000, png
from docclf.imaging.file.container.bare import Bare
from docclf.imaging.file.container.tiff import Tiff
from docclf.imaging.file.container.webp import bare_gif, bare_webp
from docclf.imaging.file.kinds import HEIF, unread_content
from docclf.imaging.file.orientation import TAG, turned, turned_size
from docclf.imaging.file.samples import rgb
from docclf.imaging.file.tiff import tiff_pixels

Image.init()  # otherwise Pillow loads some decoders only when it meets an unknown file, and not thread-safely
try:
    import pillow_heif

    pillow_heif.register_heif_opener()
except ImportError:
    pass  # such a file is named with the package to install
# Without the list Pillow would try every format it knows, some of which start other programs (EPS).
FORMATS = tuple(
    name
    for name in ("JPEG", "MPO", "PNG", "WEBP", "TIFF", "BMP", "DIB", "GIF", "PPM", "JPEG2000", "AVIF", HEIF)
    if name in Image.OPEN
)
# Under the size where Pillow starts to warn of a decompression bomb; a decoded image takes 3 bytes a pixel.
MAX_PIXELS = 89_000_000
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def read_image(
    source: str | Path | bytes, max_pixels: int = MAX_PIXELS, min_side: int | None = None, name: str | None = None
) -> np.ndarray:
    """Returns the pixels as a person would see them: turned as the file says, on white where transparent, first frame.

    The content decides the format, not the extension. The orientation is that of EXIF, of the TIFF tag or, where
    these state none, of XMP, and is applied once. Metadata are taken off before anything is decoded, so that their
    damage or size costs nothing; a file that lacks only its end marker is read. CMYK is converted without a colour
    profile. 16-bit samples are scaled to 8 bit; 32-bit integers and floats are stretched from their smallest to their
    largest value unless they lie in [0, 65535] or [0, 1].

    Args:
        source: a path or the bytes of the file.
        max_pixels: refuse larger images by the size in the header, before anything is decoded.
        min_side: allow a JPEG to be decoded at 1/2, 1/4 or 1/8 as long as both sides keep this many pixels.
        name: what an error should call the image; the path by default.

    Returns:
        uint8 [H,W,3], contiguous.

    Raises:
        InputError: naming the file, when it cannot be read whole, with the reason and what to do.
    """
    return _decode(source, max_pixels, min_side, name)[0]


def inspect_image(
    data: bytes, max_pixels: int = MAX_PIXELS, min_side: int = 64, name: str | None = None
) -> tuple[int, int, np.ndarray]:
    """Returns height, width and the pixels, which for a JPEG may be decoded at a fraction, as `read_image` does.

    Every byte of the file is read and what is damaged raises as in `read_image`: a JPEG at a fraction skips the
    arithmetic of the high frequencies, not their bits.
    """
    small, (height, width) = _decode(data, max_pixels, min_side, name)
    return height, width, small


def bare(data: bytes) -> Bare:
    """Returns a file without its metadata, and the orientation that these state.

    Raises:
        InputError: a part of the picture is damaged.
    """
    if data[:2] == jpeg.START:
        return jpeg.bare_jpeg(data)
    if data.startswith(png.START):
        return png.bare_png(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return bare_webp(data)
    if data.startswith((jpeg2000.START, jpeg2000.CODES)):
        return jpeg2000.bare_jpeg2000(data)
    return bare_gif(data) if data[:4] == b"GIF8" else Bare(data)


def _decode(
    source: str | Path | bytes, max_pixels: int, min_side: int | None, name: str | None
) -> tuple[np.ndarray, tuple[int, int]]:
    """Returns the pixels and the (height, width) of the whole image, both turned."""
    if name is None:
        name = "the given bytes" if isinstance(source, bytes) else str(source)
    try:
        data = source if isinstance(source, bytes) else Path(source).read_bytes()
    except OSError as error:
        raise InputError(f"{name}: cannot be opened ({error.strerror or error}).") from error
    if not data:
        raise InputError(f"{name}: the file is empty (0 bytes).")
    try:
        return _pixels(data, max_pixels, min_side)
    except InputError as error:
        raise InputError(f"{name}: {str(error).rstrip('.')}.") from error
    except Image.UnidentifiedImageError as error:
        reason = unread_content(data) or f"is no image (expected one of {', '.join(FORMATS)})"
        raise InputError(f"{name}: {reason}.") from error
    except Image.DecompressionBombError as error:
        raise InputError(f"{name}: has more pixels than Pillow opens; make the image smaller ({error}).") from error
    except Exception as error:  # decoders raise anything on broken data: SyntaxError, struct.error, EOFError, ...
        raise InputError(f"{name}: cannot be decoded ({type(error).__name__}: {error}).") from error


def _pixels(data: bytes, max_pixels: int, min_side: int | None) -> tuple[np.ndarray, tuple[int, int]]:
    def check(width: int, height: int) -> None:
        if width * height > max_pixels:
            raise InputError(
                f"{width} x {height} pixels are more than max_pixels={max_pixels}; make the image smaller or raise "
                "max_pixels"
            )

    def opened(content: bytes) -> Image.Image:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
        check(*image.size)
        size.append(image.size)
        if min_side is not None and not unended:
            image.draft(None, (min_side, min_side))
        image.load()
        return image

    size, unended = [], False
    if data[:4] in _TIFF and not unread_content(data):
        tiff = Tiff(data)
        pixels = tiff_pixels(tiff, opened, check)
        return turned(pixels, tiff.orientation), turned_size(*pixels.shape[1::-1], tiff.orientation)
    found = bare(data)
    unended = found.unended  # all of it has to be seen then
    image = opened(found.data)
    if unended and not _whole(found.data, image, opened):
        raise InputError("is cut off: a part of the picture is missing")
    orientation = found.orientation or _of_pillow(image)
    return turned(rgb(image), orientation), turned_size(*size[0], orientation)


def _of_pillow(image: Image.Image) -> int | None:
    """Returns the orientation that Pillow finds, for the kinds whose metadata are not taken off (AVIF, HEIC)."""
    try:
        return image.getexif().get(TAG)
    except Exception:
        return None


def _whole(data: bytes, image: Image.Image, opened) -> bool:
    """Tells whether a JPEG without end has all its pixels: then bytes put behind them change none."""
    if not jpeg.all_scans(data):
        return False
    body = data.removesuffix(jpeg.END)
    return all(opened(body + pad + jpeg.END).tobytes() == image.tobytes() for pad in jpeg.PADS)
