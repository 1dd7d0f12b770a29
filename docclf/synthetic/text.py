"""Lettering with the fonts that matplotlib ships (DejaVu, STIX, Computer Modern), through Pillow."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from docclf.synthetic.dice import Dice


class Face(NamedTuple):
    """A font file (name without ending) and its width in percent of the natural one."""

    file: str
    stretch: int


# DejaVu Sans alone has Georgian and Armenian in all weights; Computer Modern has neither accents nor other scripts.
SANS = ("DejaVuSans", "DejaVuSans-Bold")
WIDE_COVER = (*SANS, "DejaVuSans-Oblique", "DejaVuSansMono", "DejaVuSansMono-Bold")
SERIF = ("DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic", "STIXGeneral", "STIXGeneralBol", "STIXGeneralBolIta")
ASCII_ONLY = ("cmss10", "cmb10", "cmr10", "cmtt10")
MONO = ("DejaVuSansMono", "DejaVuSansMono-Bold")
HAND = ("STIXGeneralItalic", "DejaVuSerif-Italic", "DejaVuSans-Oblique")
_DRAWN_IN_ONE = {"full": SANS, "accents": SANS + SERIF, "ascii": SANS + SERIF + ASCII_ONLY}


def pick_face(dice: Dice, coverage: str, bold: bool = False) -> Face:
    """Draws a face.

    Args:
        dice: the source of the choices.
        coverage: "ascii", "accents" (Latin, Greek, Cyrillic) or "full" (any script used here).
        bold: prefers heavy weights.
    """
    files = _DRAWN_IN_ONE[coverage]
    if bold:
        files = [file for file in files if "Bol" in file or file in ("cmb10", "STIXGeneral", "DejaVuSerif")]
    return Face(dice.pick(files), dice.pick((72, 80, 88, 100, 100, 112) if not bold else (70, 80, 90, 100, 100, 118)))


@lru_cache(maxsize=1)
def _folder() -> Path:
    # find_spec instead of import: loading matplotlib takes longer than drawing ten documents.
    return Path(find_spec("matplotlib").submodule_search_locations[0]) / "mpl-data" / "fonts" / "ttf"


@lru_cache(maxsize=512)
def font(file: str, size: int) -> ImageFont.FreeTypeFont:
    """Returns a font of `size` pixels. The basic layout engine: the other depends on a system library."""
    return ImageFont.truetype(str(_folder() / f"{file}.ttf"), size, layout_engine=ImageFont.Layout.BASIC)


def width_of(string: str, face: Face, size: int) -> int:
    """Returns the advance width in pixels."""
    return int(font(face.file, size).getlength(string)) * face.stretch // 100


def write(
    image: Image.Image,
    x: int,
    y: int,
    string: str,
    face: Face,
    size: int,
    colour: tuple[int, int, int],
    anchor: str = "l",
    limit: int | None = None,
) -> int:
    """Writes one line on the baseline y and returns its width in pixels.

    Args:
        image: the image written on.
        x, y: the anchor on the baseline, pixels.
        string: the text.
        face, size: the lettering; size in pixels.
        colour: RGB (or one number for a grey image).
        anchor: l, m or r: what x is of the line.
        limit: pixels; a longer line is condensed, then made smaller.
    """
    if not string:
        return 0
    width = width_of(string, face, size)
    if limit and width > limit:
        stretch = max(62, face.stretch * limit // width)
        face = Face(face.file, min(stretch, face.stretch))
        width = width_of(string, face, size)
        if width > limit:
            size = max(6, size * limit // width)
            width = width_of(string, face, size)
    left = x - (width // 2 if anchor == "m" else width if anchor == "r" else 0)
    glyphs = font(face.file, size)
    if face.stretch == 100:
        ImageDraw.Draw(image).text((left, y), string, fill=colour, font=glyphs, anchor="ls")
        return width
    rise = size * 5 // 4
    mask = Image.new("L", (width * 100 // face.stretch + size, rise + size // 2))
    ImageDraw.Draw(mask).text((size // 2, rise), string, fill=255, font=glyphs, anchor="ls")
    mask = mask.resize((mask.width * face.stretch // 100, mask.height), Image.Resampling.BILINEAR)
    image.paste(colour, (left - size // 2 * face.stretch // 100, y - rise), mask)
    return width
