"""Certificates and diplomas: an ornamental frame, a large heading, the holder's name, seal and signatures."""

from docclf.synthetic.design import Look
from docclf.synthetic.figure.charge import draw_charge
from docclf.synthetic.figure.parts import guilloche_line, seal, signature, stamp
from docclf.synthetic.fill import Fill
from docclf.synthetic.page import Page
from docclf.synthetic.palette import mix
from docclf.synthetic.trig import ONE, TURN, sin
from docclf.synthetic.wording.words import label, upper

SIZES = ((512, 362), (512, 362), (362, 512), (512, 396))


def _upright_line(page: Page, x: int, y0: int, y1: int, depth: int, waves: int, colour) -> None:
    for sign in (-1, 1):
        points = [
            (x + sign * (depth * sin(k * TURN // 12) // ONE), y0 + (y1 - y0) * k // (waves * 12))
            for k in range(waves * 12 + 1)
        ]
        page.draw.line(points, fill=colour, width=2)


def _frame(page: Page, look: Look) -> int:
    """Draws the frame and returns the margin inside it."""
    d, p, w, h = look.structure, look.palette, page.w, page.h
    style, m = d.below(7), d.between(10, 18)
    if style == 0:
        page.box(m, m, w - m, h - m, line=p.accent, width=7)
        page.box(m + 12, m + 12, w - m - 12, h - m - 12, line=p.second, width=2)
        inner = m + 16
    elif style == 1:
        depth, waves = d.between(7, 11), d.between(14, 26)
        for y in (m + depth, h - m - depth):
            guilloche_line(page.draw, m, y, w - m, depth, waves, p.accent)
        for x in (m + depth, w - m - depth):
            _upright_line(page, x, m, h - m, depth, waves * h // w, p.accent)
        page.box(m + 2 * depth + 4, m + 2 * depth + 4, w - m - 2 * depth - 4, h - m - 2 * depth - 4, line=p.deep)
        inner = m + 2 * depth + 8
    elif style == 2:
        t = d.between(22, 32)
        for box in ((0, 0, w, t), (0, h - t, w, h), (0, t, t, h - t), (w - t, t, w, h - t)):
            page.strip(
                *box, ("mesh", "guilloche", "hatch", "dots", "braid"), p.accent, p.deep, mix(p.accent, p.light, 60)
            )
        page.box(t + 4, t + 4, w - t - 5, h - t - 5, line=p.second, width=2)
        inner = t + 8
    elif style == 3:
        side = d.between(60, 110)
        page.draw.polygon([(0, 0), (side * 2, 0), (0, side)], fill=p.accent)
        page.draw.polygon([(w, h), (w - side * 2, h), (w, h - side)], fill=p.accent)
        page.draw.polygon([(0, side), (side * 2, 0), (side * 2 + 16, 0), (0, side + 8)], fill=p.second)
        page.draw.polygon([(w, h - side), (w - side * 2, h), (w - side * 2 - 16, h), (w, h - side - 8)], fill=p.second)
        inner = 26
    elif style == 4:
        page.box(0, 0, w * d.between(12, 20) // 100, h, fill=p.accent)
        page.box(0, 0, w // 12, h, fill=p.deep)
        inner = 30
    elif style == 5:
        for k in range(4):
            page.box(m + 5 * k, m + 5 * k, w - m - 5 * k, h - m - 5 * k, line=(p.accent, p.second)[k % 2], width=2)
        charge = d.pick(("star", "flower", "cross", "leaf", "sun", "crown"))
        for x in (m + 16, w - m - 16):
            for y in (m + 16, h - m - 16):
                page.box(x - 17, y - 17, x + 17, y + 17, fill=p.paper)
                draw_charge(page.draw, x, y, 14, charge, 1, p.accent, p.second)
        inner = m + 30
    else:
        count, r = d.between(18, 34), d.between(6, 9)
        for k in range(count):
            x = m + (w - 2 * m) * k // (count - 1)
            for y in (m, h - m):
                page.draw.ellipse([x - r, y - r, x + r, y + r], outline=p.accent, width=2)
        for k in range(count * h // w):
            y = m + (h - 2 * m) * k // (count * h // w - 1)
            for x in (m, w - m):
                page.draw.ellipse([x - r, y - r, x + r, y + r], outline=p.accent, width=2)
        page.box(m + r + 4, m + r + 4, w - m - r - 4, h - m - r - 4, line=p.second)
        inner = m + r + 8
    return inner


def layout(page: Page, look: Look, fill: Fill) -> None:
    """Draws a certificate."""
    d, p, w, h = look.structure, look.palette, page.w, page.h
    page.paper(
        ("plain", "rosette", "rays", "guilloche", "moire", "waves", "plain", "dots"), strength=d.between(70, 150)
    )
    if d.chance(50):
        page.watermark(w // 2, h * 55 // 100, min(w, h) * d.between(22, 34) // 100, d.between(25, 60))
    m = _frame(page, look)
    middle = d.chance(70)
    x, anchor = (w // 2, "m") if middle else (w * 24 // 100, "l")
    limit = (w - 2 * m - 20) if middle else (w - x - m - 10)
    tall = h > w
    y, top_emblem = m + (44 if tall else 12), d.chance(60)
    if top_emblem:
        r = d.between(22, 34)
        page.emblem(x if middle else x + r, y + r, r)
        y += 2 * r + 6
    page.text(x, y + 14, upper(look.issuer), look.body, 15, p.label, anchor, limit=limit)
    size = d.between(36, 52)
    page.text(
        x,
        y + 22 + size,
        upper(look.title) if d.chance(35) else look.title,
        look.heading,
        size,
        p.deep,
        anchor,
        limit=limit,
    )
    y += 34 + size
    _body(page, look, fill, m, x, y, middle)
    _foot(page, look, fill, m, x, middle)


def _body(page: Page, look: Look, fill: Fill, m: int, x: int, y: int, middle: bool) -> None:
    d, p, w, h = look.structure, look.palette, page.w, page.h
    anchor, tall = "m" if middle else "l", h > w
    limit = (w - 2 * m - 20) if middle else (w - x - m - 10)
    if d.chance(60):
        page.rule(x - 90 if middle else x, y, x + 90, y, p.second, 3)
    page.tag(x if middle else x + 4, y + 26, 20, anchor)
    y += 30 if look.edition else 4
    page.text(x, y + 16, look.company, look.body, 14, p.label, anchor, limit=limit)
    name_size = d.between(28, 38)
    y += 24 + name_size
    page.text(
        x,
        y,
        fill.full_name(look.language),
        look.hand if d.chance(70) else look.heading,
        name_size,
        p.ink,
        anchor,
        limit=limit,
    )
    page.rule(x - 130 if middle else x, y + 9, min(x + (130 if middle else 250), w - m - 6), y + 9, p.label, 1)
    step = 26 if tall else 17
    y += 20 if tall else 0
    for k in range(min(d.between(2, 4), (h - m - 94 - y) // step + 1)):
        page.text(
            x,
            y + 30 + step * k,
            f"{fill.address()}, {fill.date(3)}, {look.issuer}"[: d.between(26, 52)],
            look.body,
            13,
            p.label,
            anchor,
            limit=limit,
        )


def _foot(page: Page, look: Look, fill: Fill, m: int, x: int, middle: bool) -> None:
    d, p, w, h = look.structure, look.palette, page.w, page.h
    style, low = d.below(4), h - m - 18
    for k in range(1 + d.below(2)):
        sx = (m + 24, w - m - 150)[k]
        if not middle and k == 0:
            sx = x
        signature(page, sx + 8, low - 32, 90, 20, fill.dice("signature"), (34, 40, 96))
        page.rule(sx, low - 6, sx + 120, low - 6, p.ink, 1)
        page.text(sx + 60, low + 6, label(look.language, ("signature", "issued")[k]), look.body, 10, p.label, "m")
    if style == 0:
        seal(page, w // 2 if middle else w * 10 // 100, low - 26, 30, p.accent, True)
    elif style == 1:
        seal(page, w // 2 if middle else w * 80 // 100, low - 36, 34, p.second, False)
    elif style == 2:
        stamp(page, w * 62 // 100, low - 24, 36, mix(p.second, p.paper, 25), look.company[:8])
    page.text(w - m - 8, h - m - 6, fill.number("No 999999"), look.mono, 11, p.label, "r")
