"""Portraits: head, hair, eyes and shoulders of a person who does not exist."""

from typing import NamedTuple

from PIL import Image, ImageDraw

from docclf.synthetic.dice import Dice
from docclf.synthetic.palette import Colour, hsl, mix

_SKIN = (
    (244, 214, 190),
    (232, 190, 160),
    (214, 164, 128),
    (186, 132, 96),
    (146, 98, 68),
    (104, 68, 46),
    (250, 224, 206),
)
_HAIR = ((38, 28, 22), (20, 18, 20), (86, 56, 34), (140, 96, 52), (196, 160, 98), (150, 150, 152), (120, 48, 28))
_W, _H = 200, 250


class Person(NamedTuple):
    """How a face looks; the integers are percentages or indices."""

    skin: Colour
    hair: Colour
    shirt: Colour
    style: int
    width: int
    height: int
    glasses: bool
    beard: int
    collar: int
    lean: int


def make_person(dice: Dice) -> Person:
    """Draws a person."""
    return Person(
        skin=dice.pick(_SKIN),
        hair=dice.pick(_HAIR),
        shirt=hsl(dice.below(360), dice.between(5, 45), dice.between(16, 70)),
        style=dice.below(7),
        width=dice.between(42, 54),
        height=dice.between(58, 72),
        glasses=dice.chance(22),
        beard=dice.pick((0, 0, 0, 1, 2)),
        collar=dice.below(4),
        lean=dice.between(-5, 5),
    )


def _oval(draw: ImageDraw.ImageDraw, cx: int, cy: int, rx: int, ry: int, colour: Colour) -> None:
    draw.ellipse([cx - rx, cy - ry, cx + rx, cy + ry], fill=colour)


def _back_hair(draw: ImageDraw.ImageDraw, p: Person, cx: int, cy: int) -> None:
    if p.style in (2, 3):
        draw.rounded_rectangle(
            [cx - p.width - 12, cy - p.height, cx + p.width + 12, cy + (90 if p.style == 2 else 52)],
            radius=46,
            fill=mix(p.hair, (0, 0, 0), 18),
        )
    if p.style == 5:
        _oval(draw, cx, cy - p.height - 10, 22, 22, p.hair)
    if p.style != 6:
        _oval(draw, cx, cy - 14, p.width + 7, p.height, p.hair)


def _head(draw: ImageDraw.ImageDraw, p: Person, cx: int, cy: int) -> None:
    shade = mix(p.skin, (60, 20, 10), 22)
    for side in (-1, 1):
        _oval(draw, cx + side * p.width, cy + 6, 8, 14, shade)
    _oval(draw, cx, cy, p.width, p.height, p.skin)
    if p.beard:
        draw.pieslice([cx - p.width, cy - p.height, cx + p.width, cy + p.height], 25, 155, fill=mix(p.hair, p.skin, 30))
        _oval(draw, cx, cy + 10, p.width - 14 * p.beard // 2, p.height * 45 // 100, p.skin)


def _features(draw: ImageDraw.ImageDraw, p: Person, cx: int, cy: int) -> None:
    shade = mix(p.skin, (60, 20, 10), 22)
    for side in (-1, 1):
        x = cx + side * p.width * 42 // 100
        _oval(draw, x, cy - 4, 9, 5, (246, 244, 240))
        _oval(draw, x, cy - 4, 4, 5, (48, 36, 30))
        draw.line([(x - 11, cy - 18), (x + 11, cy - 19)], fill=mix(p.hair, (30, 20, 10), 40), width=4)
        if p.glasses:
            draw.ellipse([x - 18, cy - 17, x + 18, cy + 12], outline=(40, 40, 48), width=3)
    if p.glasses:
        draw.line([(cx - 6, cy - 6), (cx + 6, cy - 6)], fill=(40, 40, 48), width=3)
    draw.line([(cx + 3, cy), (cx + 7, cy + 18), (cx - 5, cy + 20)], fill=shade, width=3)
    _oval(draw, cx, cy + p.height * 56 // 100, p.width * 34 // 100, 5, mix(p.skin, (150, 30, 40), 45))


def _front_hair(draw: ImageDraw.ImageDraw, p: Person, cx: int, cy: int) -> None:
    top, side = cy - p.height - 6, p.width + 5
    if p.style == 6:
        return
    if p.style in (0, 3):
        draw.pieslice([cx - side, top, cx + side, cy + 20], 180, 360, fill=p.hair)
        _oval(draw, cx + 14, cy - 8, p.width - 8, p.height * 38 // 100, p.skin)
    elif p.style in (1, 5):
        draw.chord([cx - side, top, cx + side, cy + 40], 205, 335, fill=p.hair)
    elif p.style == 2:
        draw.chord([cx - side, top, cx + side, cy + 60], 195, 300, fill=p.hair)
    else:
        draw.chord([cx - side, top - 6, cx + side, cy + 52], 215, 325, fill=p.hair)
        for k in range(6):
            _oval(draw, cx - 40 + 16 * k, top + 8 + abs(5 - 2 * k) * 2, 13, 13, p.hair)


def draw_portrait(person: Person, backdrop: Colour, grey: bool, size: tuple[int, int]) -> Image.Image:
    """Returns a portrait, RGB, of `size` (width, height) pixels.

    Args:
        person: the face.
        backdrop: the colour behind it, a trait of the design.
        grey: engraved in grey, as laser-written cards are.
        size: width and height in pixels.
    """
    image = Image.new("RGB", (_W, _H), backdrop)
    draw = ImageDraw.Draw(image)
    cx, cy = _W // 2 + person.lean, 112
    _oval(draw, cx + 16, cy + 70, 92, 150, mix(backdrop, (0, 0, 0), 7))
    _back_hair(draw, person, cx, cy)
    draw.rounded_rectangle([cx - 24, cy + 30, cx + 24, cy + 110], radius=16, fill=mix(person.skin, (60, 20, 10), 26))
    draw.rounded_rectangle([cx - 92, cy + 86, cx + 92, _H + 90], radius=60, fill=person.shirt)
    if person.collar < 2:
        shade = mix(person.shirt, (255, 255, 255), 60) if person.collar else person.skin
        draw.polygon([(cx - 30, cy + 84), (cx + 30, cy + 84), (cx, cy + 128)], fill=shade)
    elif person.collar == 2:
        draw.rounded_rectangle([cx - 30, cy + 78, cx + 30, cy + 98], radius=8, fill=mix(person.shirt, (0, 0, 0), 20))
    _head(draw, person, cx, cy)
    _front_hair(draw, person, cx, cy)
    _features(draw, person, cx, cy)
    if grey:
        image = image.convert("L").convert("RGB")
    width, height = size
    crop = min(_H, _W * height // width)
    image = (
        image.crop((0, 0, _W, crop))
        if crop < _H
        else image.crop(((_W - _H * width // height) // 2, 0, (_W + _H * width // height) // 2, _H))
    )
    return image.resize(size, Image.Resampling.BILINEAR)
