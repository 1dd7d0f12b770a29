"""The figures on emblems: stars, crowns, mountains and the like, each from a few polygons."""

from PIL import ImageDraw

from docclf.synthetic.palette import Colour
from docclf.synthetic.trig import TURN, polar

# Polygons as x,y in percent of the radius; the first has the main colour, the others the second.
_SHAPES: dict[str, tuple[str, ...]] = {
    "crown": (
        "-90,60 -100,-50 -50,0 0,-80 50,0 100,-50 90,60",
        "-90,72 90,72 90,95 -90,95",
    ),
    "mountain": (
        "-100,80 -30,-60 10,10 40,-25 100,80",
        "-30,-60 -48,-20 -28,-28 -12,-18",
    ),
    "tree": (
        "0,-100 60,-20 30,-20 80,55 -80,55 -30,-20 -60,-20",
        "-14,55 14,55 14,100 -14,100",
    ),
    "tower": (
        "-60,100 -60,-60 -80,-60 -80,-100 -45,-100 -45,-80 -18,-80 -18,-100 18,-100 18,-80 45,-80 "
        "45,-100 80,-100 80,-60 60,-60 60,100",
        "-20,100 -20,40 0,20 20,40 20,100",
    ),
    "cross": ("-28,-100 28,-100 28,-28 100,-28 100,28 28,28 28,100 -28,100 -28,28 -100,28 -100,-28 -28,-28",),
    "bird": (
        "0,-80 18,-55 100,-75 80,-25 95,-15 60,15 30,20 35,90 0,60 -35,90 -30,20 -60,15 -95,-15 "
        "-80,-25 -100,-75 -18,-55",
    ),
    "ship": (
        "-100,40 100,40 70,90 -70,90",
        "-8,30 -8,-100 80,25",
        "-18,30 -18,-60 -75,30",
    ),
    "arrow": ("0,-100 90,10 40,10 40,90 -40,90 -40,10 -90,10",),
    "bolt": ("20,-100 -70,20 -10,20 -30,100 70,-30 10,-30",),
    "book": (
        "-100,-60 -10,-40 -10,80 -100,60",
        "100,-60 10,-40 10,80 100,60",
    ),
    "leaf": ("0,-100 55,-45 65,20 10,70 10,100 -10,100 -10,70 -65,20 -55,-45",),
    "house": (
        "0,-95 100,0 75,0 75,90 -75,90 -75,0 -100,0",
        "-20,90 -20,30 20,30 20,90",
    ),
    "fish": ("-100,0 -30,-50 40,-40 70,0 100,-45 100,45 70,0 40,40 -30,50",),
    "cup": ("-80,-90 80,-90 50,10 16,30 16,60 55,90 -55,90 -16,60 -16,30 -50,10",),
}
_ROUND = (
    "star",
    "sun",
    "crescent",
    "flower",
    "gear",
    "rings",
    "bars",
    "chevrons",
    "target",
    "checker",
    "waves",
    "wheel",
)
CHARGES = ("star", "sun", *_SHAPES, *_ROUND)


def _rosace(cx: int, cy: int, r: int, count: int, inner: int) -> list[tuple[int, int]]:
    return [
        polar(cx, cy, r if k % 2 == 0 else r * inner // 100, k * TURN // (2 * count) - TURN // 4)
        for k in range(2 * count)
    ]


def _disc(draw: ImageDraw.ImageDraw, cx: int, cy: int, r: int, colour: Colour) -> None:
    draw.ellipse([cx - r, cy - r, cx + r, cy + r], fill=colour)


def _round(
    draw: ImageDraw.ImageDraw, cx: int, cy: int, r: int, name: str, variant: int, main: Colour, other: Colour
) -> None:
    if name == "star":
        draw.polygon(_rosace(cx, cy, r, (5, 6, 8, 4, 5, 7)[variant % 6], (40, 55, 70)[variant % 3]), fill=main)
    elif name == "sun":
        draw.polygon(_rosace(cx, cy, r, (12, 16, 9)[variant % 3], 62), fill=main)
        _disc(draw, cx, cy, r // 2, other)
    elif name == "crescent":
        draw.pieslice([cx - r, cy - r, cx + r, cy + r], 40 + variant, 280 + variant, fill=main)
        _disc(draw, cx + r // 2, cy, r // 3, other)
    elif name == "flower":
        for k in range(5 + variant % 4):
            _disc(draw, *polar(cx, cy, r * 58 // 100, k * TURN // (5 + variant % 4)), r * 40 // 100, main)
        _disc(draw, cx, cy, r * 34 // 100, other)
    elif name in ("gear", "wheel"):
        count = 8 + variant % 5
        if name == "gear":
            points = [
                polar(cx, cy, r if k % 4 < 2 else r * 74 // 100, k * TURN // (4 * count)) for k in range(4 * count)
            ]
            draw.polygon(points, fill=main)
            _disc(draw, cx, cy, r * 36 // 100, other)
        else:
            draw.ellipse([cx - r, cy - r, cx + r, cy + r], outline=main, width=max(2, r // 6))
            for k in range(count):
                draw.line([(cx, cy), polar(cx, cy, r, k * TURN // count)], fill=main, width=max(1, r // 10))
            _disc(draw, cx, cy, r // 4, other)
    else:
        _linear(draw, cx, cy, r, name, variant, main, other)


def _linear(
    draw: ImageDraw.ImageDraw, cx: int, cy: int, r: int, name: str, variant: int, main: Colour, other: Colour
) -> None:
    if name == "rings":
        for k in range(2 + variant % 2):
            x = cx + (2 * k - 1 - variant % 2) * r * 42 // 100
            draw.ellipse(
                [x - r * 55 // 100, cy - r * 55 // 100, x + r * 55 // 100, cy + r * 55 // 100],
                outline=main if k % 2 == 0 else other,
                width=max(2, r // 6),
            )
    elif name == "bars":
        for k in range(4):
            top = (-30, -90, -10, -60)[(k + variant) % 4]
            left = cx - r + k * r // 2
            draw.rectangle(
                [left, cy + r * top // 100, left + r * 36 // 100, cy + r * 90 // 100], fill=main if k % 2 else other
            )
    elif name == "chevrons":
        for k in range(3):
            y = cy - r // 2 + k * r * 55 // 100
            points = [(cx - r, y + r // 2), (cx, y - r // 3), (cx + r, y + r // 2)]
            draw.line(points, fill=main if k != 1 else other, width=max(2, r // 4), joint="curve")
    elif name == "target":
        for k, size in enumerate((100, 74, 48, 22)):
            _disc(draw, cx, cy, r * size // 100, main if k % 2 == 0 else other)
    elif name == "checker":
        step = r * 2 // 3
        for k in range(9):
            x, y = cx - r + k % 3 * step, cy - r + k // 3 * step
            draw.rectangle([x, y, x + step - 2, y + step - 2], fill=main if (k + variant) % 2 == 0 else other)
    elif name == "waves":
        for k in range(3):
            y = cy - r // 2 + k * r // 2
            points = [(cx - r + r * i // 6, y + (r // 6 if i % 4 < 2 else -r // 6)) for i in range(13)]
            draw.line(points, fill=main if k != 1 else other, width=max(2, r // 5), joint="curve")


def draw_charge(
    draw: ImageDraw.ImageDraw, cx: int, cy: int, r: int, name: str, variant: int, main: Colour, other: Colour
) -> None:
    """Draws a figure of radius r pixels about (cx, cy); `variant` changes counts and turns of the round ones."""
    if name in _SHAPES:
        for k, shape in enumerate(_SHAPES[name]):
            corners = (corner.split(",") for corner in shape.split())
            points = [(cx + r * int(x) // 100, cy + r * int(y) // 100) for x, y in corners]
            draw.polygon(points, fill=main if k == 0 else other)
    else:
        _round(draw, cx, cy, max(r, 3), name, variant, main, other)
