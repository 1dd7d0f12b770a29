"""Receipts: a narrow roll with a shop's head, priced lines, totals and a code."""

from docclf.synthetic.design import Look
from docclf.synthetic.figure.parts import barcode, matrix_code
from docclf.synthetic.fill import Fill
from docclf.synthetic.page import Page
from docclf.synthetic.palette import Colour, mix
from docclf.synthetic.wording.words import label, upper

SIZES = ((232, 512), (210, 512), (256, 512), (280, 512), (300, 512))


def _divider(page: Page, y: int, style: int, margin: int) -> None:
    p, look = page.look.palette, page.look
    if style == 0:
        page.rule(margin, y, page.w - margin, y, p.ink, 2)
    elif style == 1:
        page.rule(margin, y, page.w - margin, y, p.ink, 2, dash=6)
    elif style == 2:
        page.text(page.w // 2, y + 6, "*" * 36, look.mono, 14, p.ink, "m", limit=page.w - 2 * margin)
    elif style == 3:
        page.rule(margin, y - 2, page.w - margin, y - 2, p.ink, 1)
        page.rule(margin, y + 2, page.w - margin, y + 2, p.ink, 1)
    else:
        page.text(page.w // 2, y + 4, "=" * 32, look.mono, 13, p.ink, "m", limit=page.w - 2 * margin)


def _head(page: Page, look: Look, margin: int) -> int:
    d, p, w = look.structure, look.palette, page.w
    style, coloured = d.below(6), d.chance(45)
    main = p.accent if coloured else p.ink
    y = d.between(14, 30)
    if style == 0:
        page.box(0, 0, w, y + 66, fill=main)
        page.text(w // 2, y + 34, upper(look.company), look.heading, 34, p.light, "m", limit=w - 24)
        page.text(w // 2, y + 54, look.title, look.body, 15, p.light, "m", limit=w - 30)
        y += 76
    elif style == 1:
        page.emblem(w // 2, y + 38, 38, main, p.second if coloured else p.label, p.light)
        page.text(w // 2, y + 102, look.company, look.heading, 26, p.ink, "m", limit=w - 24)
        y += 112
    elif style == 2:
        page.emblem(margin + 28, y + 28, 28, main, p.second if coloured else p.label, p.light)
        page.text(margin + 66, y + 28, look.company, look.heading, 24, p.ink, limit=w - margin - 80)
        page.text(margin + 66, y + 50, look.title, look.body, 15, p.label, limit=w - margin - 80)
        y += 66
    elif style == 3:
        page.text(w // 2, y + 28, look.company, look.heading, 36, main, "m", limit=w - 20)
        page.text(w // 2, y + 50, look.title, look.mono, 16, p.ink, "m", limit=w - 20)
        y += 60
    elif style == 4:
        page.box(margin, y, w - margin, y + 62, line=main, width=4, radius=12)
        page.text(w // 2, y + 42, look.company, look.heading, 28, main, "m", limit=w - 2 * margin - 20)
        y += 74
    else:
        page.box(margin, y, margin + 62, y + 62, fill=main)
        page.emblem(margin + 31, y + 31, 26, p.light, mix(main, p.light, 60), main)
        page.text(w - margin, y + 26, look.company, look.heading, 24, p.ink, "r", limit=w - 2 * margin - 74)
        page.text(w - margin, y + 52, look.title, look.body, 16, p.ink, "r", limit=w - 2 * margin - 74)
        y += 74
    return y


def layout(page: Page, look: Look, fill: Fill) -> None:
    """Draws a receipt."""
    d, p, w, h = look.structure, look.palette, page.w, page.h
    white = d.pick(((252, 252, 250), (248, 246, 240), (252, 248, 226), p.light, p.paper))
    page.box(0, 0, w, h, fill=white)
    if d.chance(22):
        page.watermark(w // 2, h // 2, w * 40 // 100, 30)
    margin, divider = d.between(12, 22), d.below(5)
    y = _head(page, look, margin) + 14
    page.tag(w // 2, y + 6, 20, "m")
    y += 18 if look.edition else 0
    size, middle = d.between(13, 16), d.chance(60)
    for k in range(d.between(1, 3)):
        shown = (look.issuer, fill.number("TEL 999-9999"), fill.date(d.below(5), 2023, 2027))[k]
        page.text(
            w // 2 if middle else margin,
            y + size,
            shown,
            look.body,
            size,
            p.ink,
            "m" if middle else "l",
            limit=w - 2 * margin,
        )
        y += size * 13 // 10
    y += 10
    _divider(page, y, divider, margin)
    end = h - d.between(120, 170)
    total = _lines(page, look, fill, y, end, margin, white)
    _divider(page, end, divider, margin)
    strong = d.chance(40)
    if strong:
        page.box(margin - 4, end + 8, w - margin + 4, end + 42, fill=p.accent if d.chance(40) else p.ink)
    ink, shown = white if strong else p.ink, upper(label(look.language, "total"))
    page.text(margin + 2, end + 34, shown, look.heading, 22, ink, limit=w // 2 - margin)
    page.text(w - margin - 2, end + 34, f"{total // 100}.{total % 100:02}", look.heading, 24, ink, "r", limit=w // 2)
    _foot(page, look, fill, end + 54, margin)


def _lines(page: Page, look: Look, fill: Fill, y: int, end: int, margin: int, white: Colour) -> int:
    """Writes the things bought between y and end and returns their sum in cents."""
    d, p, w = look.structure, look.palette, page.w
    columns, boxed = d.below(3), d.chance(20)
    if boxed:
        page.box(margin - 4, y + 4, w - margin + 4, y + 22, fill=p.ink)
        page.text(margin, y + 18, label(look.language, "total")[:4], look.body, 12, white)
        y += 18
    face, line, size = (look.mono if d.chance(65) else look.body), d.between(19, 25), d.between(14, 17)
    room = max(3, (end - y - 20) // line)
    total = 0
    for name, cents in fill.goods(max(2, room - 4), room)[:room]:
        total += cents
        y += line
        price = f"{cents // 100}.{cents % 100:02}"
        shown = (name.upper(), f"1 x {name}", name)[columns]
        page.text(margin, y, shown, face, size, p.ink, limit=(w - 2 * margin) * 62 // 100)
        page.text(w - margin, y, price + (" A" if columns == 2 else ""), face, size, p.ink, "r")
    return total


def _foot(page: Page, look: Look, fill: Fill, low: int, margin: int) -> None:
    p, w, h, code = look.palette, page.w, page.h, look.structure.below(4)
    if code == 0:
        barcode(page, margin + 10, low, w - 2 * margin - 20, min(44, h - low - 26), fill.dice("code"))
        page.text(w // 2, h - 10, fill.number("9999 9999 9999"), look.mono, 12, p.ink, "m")
    elif code == 1:
        side = min(84, h - low - 12)
        matrix_code(page, w // 2 - side // 2, low, side, fill.dice("code"))
    elif code == 2:
        page.text(w // 2, low + 24, look.title, look.heading, 22, p.ink, "m", limit=w - 20)
        page.text(w // 2, low + 46, look.company, look.body, 15, p.ink, "m", limit=w - 20)
    else:
        side = min(66, h - low - 12)
        matrix_code(page, margin + 4, low, side, fill.dice("code"))
        page.text(margin + side + 16, low + 24, look.title, look.body, 16, p.ink, limit=w - side - 2 * margin - 16)
        page.text(margin + side + 16, low + 48, fill.number("99:99"), look.mono, 16, p.ink)
