"""Reading an image file of any common kind as RGB pixels."""

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image

from docclf.errors import InputError

Image.init()  # otherwise Pillow loads some decoders only when it meets an unknown file, and not thread-safely
# Without the list Pillow would try every format it knows, some of which start other programs (EPS).
FORMATS = tuple(
    name
    for name in ("JPEG", "MPO", "PNG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "JPEG2000", "AVIF")
    if name in Image.OPEN
)
EXTENSIONS = frozenset(
    ".jpg .jpeg .jpe .jfif .png .webp .tif .tiff .bmp .gif .ppm .pgm .pbm .pnm .jp2 .j2k .avif".split()
)
# Under the size where Pillow starts to warn of a decompression bomb; a decoded image takes 3 bytes a pixel.
MAX_PIXELS = 89_000_000

_ORIENTATION_TAG = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_SIDEWAYS = {_TURNS[value] for value in (5, 6, 7, 8)}


def is_image_name(name: str) -> bool:
    """Tells whether a file name promises an image; hidden files (`.x.jpg`, the `._x.jpg` of macOS) do not count."""
    return not name.startswith(".") and os.path.splitext(name)[1].lower() in EXTENSIONS


def read_image(
    source: str | Path | bytes, max_pixels: int = MAX_PIXELS, min_side: int | None = None, name: str | None = None
) -> np.ndarray:
    """Returns the pixels as a person would see them: turned by EXIF, on white where transparent, first frame only.

    The content decides the format, not the extension. CMYK is converted without a colour profile. 16-bit samples are
    scaled to 8 bit; 32-bit integers and floats are stretched from their smallest to their largest value unless they
    lie in [0, 65535] or [0, 1]. An EXIF block that cannot be read counts as none.

    Args:
        source: a path or the bytes of the file.
        max_pixels: refuse larger images by the size in the header, before anything is decoded.
        min_side: allow a JPEG to be decoded at 1/2, 1/4 or 1/8 as long as both sides keep this many pixels.
        name: what an error should call the image; the path by default.

    Returns:
        uint8 [H,W,3], contiguous.

    Raises:
        InputError: naming the file, when it cannot be read whole.
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


def _decode(
    source: str | Path | bytes, max_pixels: int, min_side: int | None, name: str | None
) -> tuple[np.ndarray, tuple[int, int]]:
    """Returns the pixels and the (height, width) of the whole image, both turned by EXIF."""
    if name is None:
        name = "the given bytes" if isinstance(source, bytes) else str(source)
    try:
        data = source if isinstance(source, bytes) else Path(source).read_bytes()
    except OSError as error:
        raise InputError(f"{name}: cannot be opened ({error.strerror or error}).") from error
    if not data:
        raise InputError(f"{name}: the file is empty (0 bytes).")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
            if width * height > max_pixels:
                raise InputError(
                    f"{name}: {width} x {height} pixels are more than max_pixels={max_pixels}; make the image smaller "
                    f"or raise max_pixels."
                )
            if min_side is not None:
                image.draft(None, (min_side, min_side))
            turn = _TURNS.get(orientation(image))
            image.load()
            image = image if turn is None else image.transpose(turn)
            size = (width, height) if turn in _SIDEWAYS else (height, width)
            return np.ascontiguousarray(_rgb(image)), size
    except InputError:
        raise
    except Image.UnidentifiedImageError as error:
        raise InputError(f"{name}: is no image (expected one of {', '.join(FORMATS)}).") from error
    except Image.DecompressionBombError as error:
        raise InputError(f"{name}: has more pixels than Pillow opens; make the image smaller ({error}).") from error
    except Exception as error:  # decoders raise anything on broken data: SyntaxError, struct.error, EOFError, ...
        raise InputError(f"{name}: cannot be decoded ({type(error).__name__}: {error}).") from error


def turned(pixels: np.ndarray, orientation: int | None) -> np.ndarray:
    """Returns pixels uint8 [H,W,3] turned as an EXIF orientation says, contiguous."""
    turn = _TURNS.get(orientation)
    return pixels if turn is None else np.ascontiguousarray(Image.fromarray(pixels).transpose(turn))


def orientation(image: Image.Image) -> int | None:
    """Returns the EXIF orientation, 1 to 8; None where there is none that can be read."""
    try:
        return image.getexif().get(_ORIENTATION_TAG)
    except Exception:
        return None


def _rgb(image: Image.Image) -> np.ndarray:
    mode = image.mode
    if mode.startswith("I;16"):
        return _grey(np.asarray(image.convert("I")), 65535)
    if mode in ("I", "F"):
        values = np.asarray(image)
        return _grey(values, 65535 if mode == "I" else 1)
    if mode in ("RGBA", "RGBa", "LA", "La", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        white.alpha_composite(image)
        image = white
    return np.asarray(image.convert("RGB"))


def _grey(values: np.ndarray, top: float) -> np.ndarray:
    values = values.astype(np.float64)
    if not np.isfinite(values).all():
        raise ValueError("some samples are not finite")
    low, high = 0.0, float(top)
    if values.min() < low or values.max() > high:
        low, high = values.min(), values.max()
    values = np.rint((values - low) * (255 / (high - low))).astype(np.uint8)
    return np.repeat(values[..., None], 3, axis=2)
