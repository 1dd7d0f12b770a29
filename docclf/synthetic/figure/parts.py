"""Things found on many documents: bar codes, chips, signatures, machine-readable lines, stamps."""

from PIL import ImageDraw

from docclf.synthetic.dice import Dice
from docclf.synthetic.page import Page
from docclf.synthetic.palette import Colour, mix
from docclf.synthetic.trig import ONE, TURN, cos, polar, sin


def barcode(
    page: Page, x: int, y: int, w: int, h: int, dice: Dice, colour: Colour = (20, 20, 22), upright: bool = False
) -> None:
    """Draws a bar code in the box; `upright` ones run downwards."""
    at, end = 0, h if upright else w
    while at < end:
        bar, gap = dice.between(2, 6), dice.between(2, 6)
        stop = min(at + bar, end)
        box = [x, y + at, x + w, y + stop - 1] if upright else [x + at, y, x + stop - 1, y + h]
        page.draw.rectangle(box, fill=colour)
        at += bar + gap


def matrix_code(
    page: Page, x: int, y: int, size: int, dice: Dice, colour: Colour = (20, 20, 22), cells: int = 21
) -> None:
    """Draws a square code with three finder marks on white."""
    step = max(2, size // cells)
    page.box(x - step, y - step, x + step * cells, y + step * cells, fill=(255, 255, 255))
    bits = dice.octets(cells * cells)
    for k, bit in enumerate(bits.tolist()):
        if bit < 122:
            left, top = x + k % cells * step, y + k // cells * step
            page.draw.rectangle([left, top, left + step - 1, top + step - 1], fill=colour)
    for fx, fy in ((0, 0), (cells - 7, 0), (0, cells - 7)):
        for inset, fill in ((0, (255, 255, 255)), (0, colour), (1, (255, 255, 255)), (2, colour)):
            left, top = x + (fx + inset) * step, y + (fy + inset) * step
            page.draw.rectangle(
                [left, top, left + (7 - 2 * inset) * step - 1, top + (7 - 2 * inset) * step - 1], fill=fill
            )


def chip(page: Page, x: int, y: int, w: int, h: int, style: int) -> None:
    """Draws the contacts of a smart card; style 0 to 3."""
    gold = ((212, 178, 98), (226, 200, 130), (196, 198, 200), (218, 186, 120))[style]
    dark = mix(gold, (60, 44, 10), 55)
    page.box(x, y, x + w, y + h, fill=gold, line=dark, width=2, radius=h // 6)
    page.draw.line([(x, y + h // 3), (x + w, y + h // 3)], fill=dark, width=2)
    page.draw.line([(x, y + 2 * h // 3), (x + w, y + 2 * h // 3)], fill=dark, width=2)
    page.draw.line([(x + w // 3, y), (x + w // 3, y + h)], fill=dark, width=2)
    page.draw.line([(x + 2 * w // 3, y), (x + 2 * w // 3, y + h)], fill=dark, width=2)
    if style % 2:
        page.box(x + w // 3, y + h // 4, x + 2 * w // 3, y + 3 * h // 4, fill=gold, line=dark, width=2, radius=h // 8)


def signature(page: Page, x: int, y: int, w: int, h: int, dice: Dice, colour: Colour) -> None:
    """Draws a handwritten scrawl in the box."""
    loops, reach, tall = dice.between(4, 9), dice.between(w // 20, w // 8), dice.between(h // 4, h // 2)
    start, slow, fade = dice.below(TURN), dice.between(1, 3), dice.between(0, 2)
    steps, points = loops * 10, []
    for k in range(steps + 1):
        angle = start + k * TURN // 10
        height = tall * (ONE + sin(slow * k * TURN // steps)) // ONE * (steps * 2 - fade * k * 2 // 3) // (steps * 2)
        px = x + w * k // steps + (reach * cos(angle) + ONE // 2) // ONE
        points.append((px, y + h * 6 // 10 + (height * sin(angle) + ONE // 2) // ONE))
    page.draw.line(points, fill=colour, width=2, joint="curve")
    if dice.chance(60):
        page.draw.line(
            [(x, y + h), (x + w * dice.between(60, 105) // 100, y + h * dice.between(50, 105) // 100)],
            fill=colour,
            width=2,
        )


def machine_lines(page: Page, x: int, y: int, w: int, rows: int, size: int, dice: Dice, name: str) -> None:
    """Writes machine-readable rows with fillers; the first baseline is y."""
    face, count = page.look.mono, {2: 40, 3: 30, 1: 30}[rows]
    lines = [
        f"I<{dice.letters(3)}{name.replace(' ', '<')}",
        f"{dice.letters(2)}{dice.digits(7)}<{dice.digits(6)}{dice.pick('FM')}{dice.digits(6)}",
        f"{dice.digits(9)}<{dice.letters(3)}",
    ][:rows]
    for k, line in enumerate(lines):
        shown = line[:count].ljust(count, "<")
        step = w * 100 // count
        for i, character in enumerate(shown):
            page.text(x + i * step // 100, y + k * size * 14 // 10, character, face, size, page.look.palette.ink)


def stamp(page: Page, cx: int, cy: int, r: int, colour: Colour, label: str) -> None:
    """Draws a round ink stamp with the emblem."""
    for inset in (0, r // 6):
        page.draw.ellipse([cx - r + inset, cy - r + inset, cx + r - inset, cy + r - inset], outline=colour, width=3)
    page.emblem(cx, cy - r // 8, r // 2, colour, colour, mix(colour, (255, 255, 255), 80))
    page.text(cx, cy + r * 62 // 100, label, page.look.heading, max(8, r // 4), colour, "m", limit=r)


def seal(page: Page, cx: int, cy: int, r: int, colour: Colour, ribbons: bool) -> None:
    """Draws a notched seal, with ribbons if asked."""
    if ribbons:
        for side in (-1, 1):
            page.draw.polygon(
                [
                    (cx, cy),
                    (cx + side * r * 9 // 10, cy + r * 19 // 10),
                    (cx + side * r // 2, cy + r * 17 // 10),
                    (cx + side * r // 4, cy + r * 20 // 10),
                ],
                fill=mix(colour, (0, 0, 0), 25),
            )
    points = [polar(cx, cy, r if k % 2 else r * 88 // 100, k * TURN // 48) for k in range(48)]
    page.draw.polygon(points, fill=colour)
    light = mix(colour, (255, 255, 255), 45)
    page.draw.ellipse([cx - r * 7 // 10, cy - r * 7 // 10, cx + r * 7 // 10, cy + r * 7 // 10], outline=light, width=2)
    page.emblem(cx, cy, r * 55 // 100, light, mix(light, colour, 40), colour)


def guilloche_line(
    draw: ImageDraw.ImageDraw, x0: int, y0: int, x1: int, depth: int, waves: int, colour: Colour
) -> None:
    """Draws two crossing sine lines from (x0, y0) to (x1, y0)."""
    steps = waves * 12
    for sign in (-1, 1):
        points = [
            (x0 + (x1 - x0) * k // steps, y0 + sign * (depth * sin(k * TURN // 12) // ONE)) for k in range(steps + 1)
        ]
        draw.line(points, fill=colour, width=2)
