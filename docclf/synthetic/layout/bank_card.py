"""Bank cards: strong colours, chip, raised number, brand mark; level or upright."""

from docclf.synthetic.design import Look
from docclf.synthetic.figure.parts import chip
from docclf.synthetic.figure.pattern import PATTERNS
from docclf.synthetic.fill import Fill
from docclf.synthetic.page import Page
from docclf.synthetic.palette import Colour, hsl, mix
from docclf.synthetic.text import Face
from docclf.synthetic.wording.words import upper

SIZES = ((512, 323), (512, 323), (512, 323), (323, 512))


def _art(page: Page, look: Look, ground: Colour) -> bool:
    """Draws the picture on the card and returns whether it darkens the lower part."""
    d, p, w, h = look.structure, look.palette, page.w, page.h
    art, light = d.below(8), mix(ground, p.light, 50)
    if art == 0:
        for k in range(d.between(2, 5)):
            r, x, y = d.between(60, 260), d.below(w), d.below(h)
            page.draw.ellipse(
                [x - r, y - r, x + r, y + r], fill=mix(p.accent, (p.second, p.deep, light)[k % 3], 30 + 10 * k)
            )
    elif art == 1:
        a = d.between(20, 80) * w // 100
        page.draw.polygon([(a, 0), (w, 0), (w, h), (a - d.between(40, 200), h)], fill=p.second)
        page.draw.polygon([(a - 30, 0), (a - 14, 0), (a - 150, h), (a - 166, h)], fill=light)
    elif art == 2:
        for k in range(4):
            y = h * (45 + 14 * k) // 100
            points = [(x, y + d.between(-18, 18)) for x in range(0, w + 64, 64)]
            page.draw.polygon([(0, h), *points, (w, h)], fill=mix(p.second, p.deep, 22 * k))
    elif art == 3:
        page.emblem(
            w * d.between(55, 85) // 100,
            h * d.between(40, 65) // 100,
            h * d.between(35, 60) // 100,
            mix(p.accent, light, 25),
            mix(p.deep, p.accent, 50),
            mix(p.accent, p.deep, 40),
        )
    elif art == 4:
        step = d.between(36, 80)
        for k in range(0, w + h, 2 * step):
            page.draw.polygon(
                [(k, 0), (k + step, 0), (k + step - h, h), (k - h, h)], fill=mix(ground, p.second, d.between(15, 45))
            )
    elif art == 5:
        cell = d.between(50, 90)
        for x in range(0, w, cell):
            for y in range(0, h, cell):
                tone = mix(p.accent, d.pick((p.second, p.deep, light)), d.between(5, 45))
                page.draw.polygon([(x, y), (x + cell, y), (x, y + cell)], fill=tone)
                page.draw.polygon([(x + cell, y), (x + cell, y + cell), (x, y + cell)], fill=mix(tone, p.deep, 25))
    elif art == 6:
        for k in range(14):
            x, tall = k * w // 14, d.between(10, 60) * h // 100
            page.box(x, h - tall, x + w // 14 - 3, h, fill=mix(p.deep, p.accent, 35 + 3 * k))
    return art in (2, 6)


def _brand(page: Page, look: Look, cx: int, cy: int, light: Colour) -> None:
    d, p = look.structure, look.palette
    style, r = d.below(5), d.between(20, 26)
    one, two = hsl(d.below(360), 75, 50), hsl(d.below(360), 80, 58)
    if style == 0:
        page.draw.ellipse([cx - r - 14, cy - r, cx + r - 14, cy + r], fill=one)
        page.draw.ellipse([cx - r + 14, cy - r, cx + r + 14, cy + r], fill=two)
        page.draw.ellipse([cx - 11, cy - r * 8 // 10, cx + 11, cy + r * 8 // 10], fill=mix(one, two, 50))
    elif style == 1:
        page.text(cx, cy + 10, upper(look.company[:5]), look.heading, 34, light, "m", limit=110)
    elif style == 2:
        for k in range(3):
            page.box(cx - 40 + 28 * k, cy - r, cx - 16 + 28 * k, cy + r, fill=(one, two, p.light)[k], radius=8)
    elif style == 3:
        page.box(cx - 42, cy - r, cx + 42, cy + r, fill=p.light, radius=6)
        page.text(cx, cy + 8, look.company[:6], look.body, 22, one, "m")
    else:
        page.emblem(cx, cy, r + 6, light, one, p.deep)


def layout(page: Page, look: Look, fill: Fill) -> None:
    """Draws a bank card."""
    d, p, w = look.structure, look.palette, page.w
    ground = d.pick(
        (
            (p.accent, p.deep),
            (p.deep, p.accent),
            (p.deep, p.second),
            (p.accent, p.second),
            ((34, 34, 40), p.deep),
            (p.paper, p.paper2),
            ((200, 202, 206), (168, 172, 178)),
        )
    )
    page.paper(PATTERNS, ground, d.pick((0, 0, 120, 200)))
    pale = ground[0][0] + ground[0][1] + ground[0][2] > 480
    ink = p.deep if pale else p.light
    low_ink = p.light if _art(page, look, ground[0]) else ink
    name_y, logo_right = d.between(40, 52), d.chance(30)
    size = d.between(26, 36)
    x = w - 22 if logo_right else 22
    with_mark = d.chance(60)
    if with_mark:
        page.emblem(x - 24 if logo_right else x + 24, name_y - 8, 24, ink, p.second, ground[0])
    page.text(
        x + (-58 if logo_right else 58) * with_mark,
        name_y,
        look.company,
        look.heading,
        size,
        ink,
        "r" if logo_right else "l",
        limit=w - 150,
    )
    if d.chance(50):
        other = 22 if logo_right else w - 22
        page.text(
            other,
            name_y,
            d.pick(("DEBIT", "credit", "World", "prepaid", "PREMIER", "Travel")),
            look.body,
            20,
            ink,
            "l" if logo_right else "r",
        )
    page.tag(w - 18, name_y + 36, 24, "r")
    _contacts(page, look, fill, ink, low_ink)


def _contacts(page: Page, look: Look, fill: Fill, ink: Colour, low_ink: Colour) -> None:
    d, p, w, h, upright = look.structure, look.palette, page.w, page.h, page.w < page.h
    cx, cy = (w // 2 - 30, 100) if upright else (d.between(26, 60), h * d.between(32, 40) // 100)
    chip(page, cx, cy, 62, 48, d.below(4))
    if d.chance(60):
        for k in range(4):
            page.draw.arc(
                [cx + 70 + 6 * k, cy + 14 - 6 * k, cx + 86 + 8 * k, cy + 34 + 6 * k], 300, 60, fill=ink, width=3
            )
    mono = look.mono if d.chance(70) else look.body
    digits = fill.number("9999 9999 9999 9999")
    raised, row = d.chance(60), h * d.between(62, 70) // 100
    shade = mix(ink, p.light if ink == p.deep else p.deep, 70)
    if upright:
        for k, group in enumerate(digits.split()):
            page.text(28, row - 90 + 34 * k, group, mono, 30, ink)
    else:
        if raised:
            page.text(28, row + 2, digits, mono, 36, shade, limit=w - 60)
        page.text(26, row, digits, mono, 36, ink, limit=w - 60)
    _foot(page, look, fill, mono, low_ink)


def _foot(page: Page, look: Look, fill: Fill, mono: Face, ink: Colour) -> None:
    d, w, h = look.structure, page.w, page.h
    upright, low = w < h, h - d.between(24, 36)
    page.text(26, low, fill.latin_name(), mono, 20, ink, limit=w * 55 // 100)
    small, valid_y = d.pick(("VALID THRU", "EXPIRES", "GOOD THRU", "BIS")), low - d.between(26, 34)
    x = 26 if upright else w * 46 // 100
    page.text(x, valid_y, small, look.body, 11, ink)
    page.text(x + 74, valid_y, fill.date(1, 2025, 2032)[3:5] + "/" + fill.number("29"), mono, 20, ink)
    high = d.chance(20)
    _brand(page, look, w - 66, h - 120 if high and not upright else low - 16, ink)
