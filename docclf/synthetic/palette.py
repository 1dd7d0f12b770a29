"""The colours of a design."""

from typing import NamedTuple

from docclf.synthetic.dice import Dice

Colour = tuple[int, int, int]


class Palette(NamedTuple):
    """Colours by their use; `hue` (degrees) is the one the accent was made from."""

    hue: int
    paper: Colour
    paper2: Colour
    line: Colour
    line2: Colour
    accent: Colour
    second: Colour
    deep: Colour
    ink: Colour
    label: Colour
    light: Colour


def hsl(hue: int, saturation: int, lightness: int) -> Colour:
    """Returns RGB for a hue in degrees and percentages, in integer arithmetic."""
    # Printing inks are duller in green than a screen is.
    saturation = saturation * 7 // 10 if 75 <= hue % 360 <= 165 else saturation
    chroma = (100 - abs(2 * lightness - 100)) * saturation
    low = lightness * 100 - chroma // 2
    sector, part = divmod(hue % 360, 60)
    rising = chroma * (part if sector % 2 == 0 else 60 - part) // 60
    red, green, blue = (
        (chroma, rising, 0),
        (rising, chroma, 0),
        (0, chroma, rising),
        (0, rising, chroma),
        (rising, 0, chroma),
        (chroma, 0, rising),
    )[sector]
    return tuple(min(255, (low + c) * 255 // 10000) for c in (red, green, blue))


def mix(a: Colour, b: Colour, percent: int) -> Colour:
    """Returns a colour `percent` of the way from a to b."""
    return tuple((x * (100 - percent) + y * percent) // 100 for x, y in zip(a, b, strict=True))


def make_palette(dice: Dice, turn: int = 0) -> Palette:
    """Draws a palette.

    Args:
        dice: the source of the choices.
        turn: degrees added to each hue: siblings of a family differ by it alone.
    """
    hue = dice.below(360)
    step = dice.pick((0, 20, -25, 40, -50, 90, 120, 180, 180, 210))
    vivid = dice.between(38, 85)
    tone = dice.between(18, 60)
    pale = dice.between(84, 95)
    paper_step = dice.pick((0, 0, step, dice.below(360)))
    ink_hue = dice.pick((hue, hue, 220))
    ink_lightness = dice.between(7, 22)
    dark = dice.between(16, 30)
    line_step = dice.pick((0, step, paper_step))
    if turn and vivid < 55:
        vivid, tone = 62, max(tone, 45)
    hue, ink_hue = (hue + turn) % 360, (ink_hue + turn) % 360
    return Palette(
        hue=hue,
        paper=hsl(hue + paper_step, tone, pale),
        paper2=hsl(hue + paper_step + dice.pick((0, 0, 25, -30, step)), tone, pale - dice.between(2, 9)),
        line=hsl(hue + line_step, tone + 10, pale - dice.between(16, 32)),
        line2=hsl(hue + step, tone + 5, pale - dice.between(14, 28)),
        accent=hsl(hue, vivid, dice.between(34, 52)),
        second=hsl(hue + step, vivid - 5, dice.between(38, 60)),
        deep=hsl(hue + dice.pick((0, 0, 12)), vivid, dark),
        ink=hsl(ink_hue, 25, ink_lightness),
        label=hsl(hue, dice.between(10, 60), dice.between(26, 44)),
        light=hsl(hue, 40, 97),
    )
