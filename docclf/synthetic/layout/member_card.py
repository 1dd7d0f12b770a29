"""Membership, student, library and insurance cards: free layouts, level or upright."""

from docclf.synthetic.design import Look
from docclf.synthetic.figure.charge import CHARGES, draw_charge
from docclf.synthetic.figure.parts import barcode, chip, matrix_code
from docclf.synthetic.fill import Fill
from docclf.synthetic.page import Page
from docclf.synthetic.palette import mix
from docclf.synthetic.wording.words import label, upper

SIZES = ((512, 323), (512, 323), (323, 512), (323, 512), (512, 323))


def _ground(page: Page, look: Look) -> bool:
    """Draws the ground and returns whether it is dark at the top."""
    d, p, w, h = look.structure, look.palette, page.w, page.h
    style = d.below(7)
    page.paper(strength=d.pick((0, 90, 170, 256)))
    if style == 0:
        r = d.between(h // 2, h)
        page.draw.ellipse([w - r, h - r, w + r, h + r], fill=p.accent)
        page.draw.ellipse([w - r * 8 // 10, h - r * 8 // 10, w + r, h + r], fill=p.second)
    elif style == 1:
        y = h * d.between(30, 45) // 100
        page.box(0, 0, w, y, fill=p.accent)
        page.box(0, y, w, y + 8, fill=p.second)
    elif style == 2:
        cut = d.between(25, 60)
        page.draw.polygon([(0, 0), (w * cut // 100, 0), (w * (cut - 22) // 100, h), (0, h)], fill=p.accent)
        page.draw.polygon(
            [
                (w * cut // 100, 0),
                (w * cut // 100 + 14, 0),
                (w * (cut - 22) // 100 + 14, h),
                (w * (cut - 22) // 100, h),
            ],
            fill=p.second,
        )
    elif style == 3:
        depth = d.between(50, 90)
        page.box(0, h - depth, w, h, fill=p.deep)
        page.box(0, 0, w, depth * 8 // 10, fill=p.accent)
    elif style == 4:
        for _ in range(16):
            r = d.between(8, 40)
            tone = mix(p.paper2, d.pick((p.accent, p.second)), d.between(20, 60))
            draw_charge(page.draw, d.below(w), d.below(h), r, d.pick(CHARGES), d.below(60), tone, p.paper)
    elif style == 5:
        page.strip(0, 0, w, h * 38 // 100, ("bands", "rays", "rosette", "mesh", "dots"), p.accent, p.deep, p.second)
    return style in (1, 3, 5)


def _face(page: Page, look: Look, fill: Fill, x: int, y: int, w: int, h: int) -> None:
    d = look.structure
    grey, shape = d.chance(22), d.pick(("round", "oval", "square"))
    page.portrait(x, y, w, h, fill.dice("portrait"), (228, 232, 236), grey, shape)


def _upright(page: Page, look: Look, fill: Fill, dark_head: bool) -> None:
    d, p, w, h = look.structure, look.palette, page.w, page.h
    mid, plate, limit = w // 2, d.chance(60), w - 40
    page.text(mid, 34, upper(look.company), look.heading, 25, p.light if dark_head else p.deep, "m", limit=w - 24)
    if d.chance(65):
        _face(page, look, fill, mid - 70, 50, 140, 170)
        y = 226
    else:
        page.emblem(mid, 130, 76)
        y = 222
    if plate:
        page.box(14, y + 6, w - 14, y + 136, fill=p.light, radius=10)
    page.text(mid, y + 36, look.title, look.heading, 28, p.accent if plate else p.ink, "m", limit=limit)
    page.text(mid, y + 70, fill.full_name(look.language), look.body, 24, p.ink, "m", limit=limit)
    page.text(mid, y + 98, fill.number("999 999 999"), look.mono, 20, p.ink, "m")
    until = f"{label(look.language, 'expires')} {fill.date(1, 2025, 2032)}"
    page.text(mid, y + 124, until, look.body, 15, p.label if plate else p.ink, "m", limit=limit)
    page.tag(mid, y + 162, 22, "m")
    code = d.below(3)
    if code == 0:
        page.box(40, h - 70, w - 40, h - 14, fill=(255, 255, 255))
        barcode(page, 50, h - 64, w - 100, 44, fill.dice("code"))
    elif code == 1:
        matrix_code(page, w - 92, h - 84, 63, fill.dice("code"))
        page.emblem(46, h - 50, 34)
    else:
        page.emblem(mid, h - 52, 40)


def _level(page: Page, look: Look, fill: Fill, dark_head: bool) -> None:
    d, p, w, h = look.structure, look.palette, page.w, page.h
    r, plate = d.between(26, 44), d.chance(45)
    x_logo = d.pick((r + 16, w - r - 16))
    page.emblem(x_logo, r + 14, r, p.accent if d.chance(50) and not dark_head else p.light, p.second, p.deep)
    x = 2 * r + 28 if x_logo < w // 2 else 20
    if plate:
        page.box(x - 8, 10, x + w - 2 * r - 56, 74, fill=p.light, radius=8)
    ink = p.light if dark_head and not plate else p.deep
    page.text(x, 42, look.company, look.heading, 28, ink, limit=w - 2 * r - 70)
    page.text(x, 66, look.title, look.body, 19, ink, limit=w - 2 * r - 70)
    page.tag(w - 20, h * 42 // 100, 22, "r")
    x0, low = 22, h - d.between(84, 100)
    if d.chance(65):
        face_right = d.chance(50)
        _face(page, look, fill, w - 142 if face_right else 22, h - 172, 120, 150)
        x0 = 22 if face_right else 160
    if d.chance(70):
        page.box(x0 - 8, low - 76, x0 + 300, low + 32, fill=mix(p.light, p.paper, 30), radius=8)
    page.text(x0, low - 48, fill.full_name(look.language), look.heading, 24, p.ink, limit=290)
    lines = (("number", fill.number("9999 9999")), ("birth", fill.date(0, 1950, 2010)), ("expires", fill.date(0, 2025)))
    for k, (name, value) in enumerate(lines):
        face, size = (look.mono, 20) if k == 0 else (look.body, 16)
        page.text(x0, low - 22 + 24 * k, f"{label(look.language, name)} {value}", face, size, p.ink, limit=290)
    code = d.below(4)
    if code == 0:
        page.box(x0 - 6, h - 54, x0 + 216, h - 8, fill=(255, 255, 255))
        barcode(page, x0 + 4, h - 50, 196, 38, fill.dice("code"))
    elif code == 1:
        chip(page, x0 + 226, low - 14, 56, 42, d.below(4))
    elif code == 2:
        page.box(0, h - 46, w, h - 14, fill=(30, 30, 32))


def layout(page: Page, look: Look, fill: Fill) -> None:
    """Draws a membership card."""
    dark_head = _ground(page, look)
    (_upright if page.w < page.h else _level)(page, look, fill, dark_head)
