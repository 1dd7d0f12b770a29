"""Coats of arms, seals and company marks, put together from a field, a charge and a surround."""

from typing import NamedTuple

from PIL import ImageDraw

from docclf.synthetic.dice import Dice
from docclf.synthetic.figure.charge import CHARGES, draw_charge
from docclf.synthetic.palette import Colour
from docclf.synthetic.trig import TURN, polar

FIELDS = ("none", "shield", "disc", "ring", "hexagon", "diamond", "square", "oval", "pointed")
SURROUNDS = ("none", "none", "rays", "wreath", "beads", "stars", "teeth", "ribbon")


class Emblem(NamedTuple):
    """An emblem's make-up: names from FIELDS, CHARGES and SURROUNDS, and a number for the charge's variant."""

    field: str
    charge: str
    surround: str
    variant: int
    split: int


def make_emblem(dice: Dice) -> Emblem:
    """Draws the make-up of an emblem."""
    return Emblem(dice.pick(FIELDS), dice.pick(CHARGES), dice.pick(SURROUNDS), dice.below(64), dice.below(5))


def _ring_of(draw: ImageDraw.ImageDraw, cx: int, cy: int, r: int, kind: str, colour: Colour) -> None:
    if kind == "rays":
        for k in range(24):
            a = k * TURN // 24
            near, far = polar(cx, cy, r * 80 // 100, a), polar(cx, cy, r * (100 if k % 2 else 92) // 100, a)
            draw.line([near, far], fill=colour, width=max(1, r // 22))
    elif kind in ("beads", "stars"):
        for k in range(16 if kind == "beads" else 12):
            x, y = polar(cx, cy, r * 92 // 100, k * TURN // (16 if kind == "beads" else 12) - TURN // 4)
            size = max(1, r // 16)
            if kind == "beads":
                draw.ellipse([x - size, y - size, x + size, y + size], fill=colour)
            else:
                draw_charge(draw, x, y, size * 2, "star", 0, colour, colour)
    elif kind == "teeth":
        points = [polar(cx, cy, r * (100 if k % 4 < 2 else 90) // 100, k * TURN // 72) for k in range(72)]
        draw.line([*points, points[0]], fill=colour, width=max(1, r // 16))
    elif kind == "wreath":
        for k in range(2, 15):
            for side in (-1, 1):
                x, y = polar(cx, cy, r * 88 // 100, TURN // 4 + side * k * TURN // 36)
                size = max(1, r // 11)
                draw.ellipse([x - size, y - size * 2 // 3, x + size, y + size * 2 // 3], fill=colour)
    elif kind == "ribbon":
        left, right, top, bottom = cx - r, cx + r, cy + r * 66 // 100, cy + r
        draw.polygon(
            [
                (left, top),
                (left + r // 4, (top + bottom) // 2),
                (left, bottom),
                (right, bottom),
                (right - r // 4, (top + bottom) // 2),
                (right, top),
            ],
            fill=colour,
        )


def _outline(cx: int, cy: int, r: int, field: str) -> list[tuple[int, int]]:
    if field == "shield":
        half, low = r * 80 // 100, cy + r
        curve = [(88, 20), (74, 52), (46, 80), (0, 100)]
        right = [(cx + half * x // 100, cy + (low - cy) * y // 100) for x, y in curve]
        left = [(2 * cx - x, y) for x, y in reversed(right[:-1])]
        return [(cx - half, cy - r * 85 // 100), (cx + half, cy - r * 85 // 100), *right, *left]
    if field == "pointed":
        half = r * 74 // 100
        return [
            (cx - half, cy - r),
            (cx + half, cy - r),
            (cx + half, cy + r // 3),
            (cx, cy + r),
            (cx - half, cy + r // 3),
        ]
    if field == "square":
        half = r * 82 // 100
        return [(cx - half, cy - half), (cx + half, cy - half), (cx + half, cy + half), (cx - half, cy + half)]
    count = {"hexagon": 6, "diamond": 4}.get(field, 48)
    points = [polar(cx, cy, r, k * TURN // count - TURN // 4) for k in range(count)]
    return [(cx + (x - cx) * 3 // 4, y) for x, y in points] if field == "oval" else points


def draw_emblem(
    draw: ImageDraw.ImageDraw, emblem: Emblem, cx: int, cy: int, r: int, main: Colour, other: Colour, ground: Colour
) -> None:
    """Draws an emblem of radius r pixels about (cx, cy).

    Args:
        draw: where to draw.
        emblem: the make-up.
        cx, cy, r: centre and radius, pixels.
        main, other: the two colours of the emblem.
        ground: the colour of the paper, for the charge on a filled field.
    """
    if emblem.surround != "none":
        _ring_of(draw, cx, cy, r, emblem.surround, other)
        r = r * (74 if emblem.surround != "ribbon" else 82) // 100
        cy -= r // 6 if emblem.surround == "ribbon" else 0
    if emblem.field == "none":
        draw_charge(draw, cx, cy, r * 95 // 100, emblem.charge, emblem.variant, main, other)
        return
    if emblem.field == "ring":
        draw.ellipse([cx - r, cy - r, cx + r, cy + r], outline=main, width=max(2, r // 7))
        draw_charge(draw, cx, cy, r * 66 // 100, emblem.charge, emblem.variant, main, other)
        return
    points = _outline(cx, cy, r, emblem.field)
    draw.polygon(points, fill=main)
    if emblem.split == 1 and emblem.field in ("shield", "square", "pointed"):
        draw.rectangle(
            [min(x for x, _ in points), cy - r * 85 // 100, max(x for x, _ in points), cy - r // 3], fill=other
        )
    draw.line([*points, points[0]], fill=other if emblem.split > 2 else ground, width=max(1, r // 14))
    draw_charge(draw, cx, cy + r // 16, r * 58 // 100, emblem.charge, emblem.variant, ground, other)
