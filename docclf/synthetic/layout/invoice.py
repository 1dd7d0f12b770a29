"""Invoices and bills: a company's head, an address window, a table with totals and a payment slip."""

from docclf.synthetic.design import Look
from docclf.synthetic.figure.parts import barcode, matrix_code
from docclf.synthetic.fill import Fill
from docclf.synthetic.page import Page
from docclf.synthetic.palette import mix
from docclf.synthetic.wording.language import LABELS
from docclf.synthetic.wording.words import label

SIZES = ((362, 512), (362, 512), (396, 512))


def _head(page: Page, look: Look) -> int:
    d, p, w = look.structure, look.palette, page.w
    style, depth = d.below(6), d.between(58, 84)
    light = style in (0, 4)
    if style == 0:
        page.box(0, 0, w, depth, fill=p.accent)
    elif style == 1:
        page.box(0, 0, w, 10, fill=p.accent)
    elif style == 2:
        page.box(0, 0, 14, page.h, fill=p.accent)
    elif style == 3:
        page.draw.polygon([(w // 2, 0), (w, 0), (w, depth)], fill=p.accent)
        page.draw.polygon([(w * 3 // 4, 0), (w, 0), (w, depth * 3 // 4)], fill=p.second)
    elif style == 4:
        page.strip(0, 0, w, depth, ("rays", "bands", "dots", "hatch", "moire"), p.deep, p.accent, p.second)
    ink = p.light if light else p.deep
    right = d.chance(35) and style != 3
    r = d.between(20, 28)
    page.emblem(
        w - r - 20 if right else r + 26,
        depth // 2 + 6,
        r,
        p.light if light else p.accent,
        p.second,
        p.deep if light else p.light,
    )
    x = w - 2 * r - 30 if right else 2 * r + 38
    page.text(
        x,
        depth // 2 + 8,
        look.company,
        look.heading,
        d.between(22, 32),
        ink,
        "r" if right else "l",
        limit=w - 2 * r - 60,
    )
    page.text(x, depth // 2 + 26, look.issuer, look.body, 12, ink, "r" if right else "l", limit=w - 2 * r - 60)
    page.tag(w - 18 if not right else 28, depth - 6, 18, "r" if not right else "l")
    return depth


def layout(page: Page, look: Look, fill: Fill) -> None:
    """Draws an invoice."""
    d, p, w, h = look.structure, look.palette, page.w, page.h
    page.box(0, 0, w, h, fill=d.pick(((253, 253, 253), p.light, (250, 247, 240))))
    top = _head(page, look)
    x0, x1, window_right = 26, w - 18, d.chance(40)
    y = top + d.between(16, 28)
    left = w // 2 + 10 if window_right else x0
    if d.chance(40):
        page.box(left - 6, y, left + w * 42 // 100, y + 58, line=p.label, width=1)
    for k in range(3):
        shown = (fill.full_name(look.language), fill.address(), fill.number("99999"))[k]
        page.text(left, y + 17 + 17 * k, shown, look.body, 14, p.ink, limit=w * 40 // 100)
    other = x0 if window_right else w // 2 + 20
    for k, name in enumerate(d.shuffled(("number", "issued", "expires"))):
        page.text(other, y + 17 + 17 * k, label(look.language, name), look.body, 12, p.label, limit=76)
        page.text(
            other + 80,
            y + 17 + 17 * k,
            fill.number("999999") if name == "number" else fill.date(0, 2020, 2027),
            look.body,
            13,
            p.ink,
        )
    y += 70 + d.between(6, 20)
    page.text(
        x0,
        y + 16,
        look.title.capitalize() if d.chance(50) else look.title,
        look.heading,
        26,
        p.accent,
        limit=x1 - x0,
    )
    slip = d.chance(45)
    end = h - (d.between(120, 150) if slip else d.between(70, 96))
    total = _table(page, look, fill, y + 28, end, x0, x1)
    strong = d.chance(50)
    page.box(w // 2, end + 4, x1, end + 30, fill=p.accent if strong else p.paper2, radius=d.pick((0, 6)))
    page.text(
        w // 2 + 8, end + 23, label(look.language, "total"), look.heading, 15, p.light if strong else p.ink, limit=74
    )
    page.text(
        x1 - 6,
        end + 23,
        f"{total // 100}.{total % 100:02}",
        look.heading,
        18,
        p.light if strong else p.ink,
        "r",
        limit=80,
    )
    if slip:
        _slip(page, look, fill, end + 40)
    else:
        page.rule(x0, h - 30, x1, h - 30, p.accent, 2)
        page.text(w // 2, h - 14, f"{look.company} - {look.issuer}", look.body, 11, p.label, "m", limit=w - 40)


def _table(page: Page, look: Look, fill: Fill, y: int, end: int, x0: int, x1: int) -> int:
    """Draws the table between y and end and returns the sum in cents."""
    d, p = look.structure, look.palette
    columns, style, step = d.between(3, 5), d.below(4), d.between(19, 24)
    edges = [x0, *(x0 + (x1 - x0) * (38 + 62 * k // columns) // 100 for k in range(1, columns))]
    page.box(x0 - 4, y, x1, y + 19, fill=(p.accent, p.paper2, p.deep, p.light)[style])
    for edge in edges:
        page.text(
            edge,
            y + 14,
            label(look.language, d.pick(LABELS)),
            look.heading,
            11,
            p.light if style in (0, 2) else p.deep,
            limit=(x1 - x0) // columns - 6,
        )
    y += 21
    room, total, top = (end - y) // step, 0, y
    for k, (name, cents) in enumerate(fill.goods(max(1, room - 4), max(1, room))):
        if style == 1 and k % 2:
            page.box(x0 - 4, y + 2, x1, y + step, fill=mix(p.paper2, (255, 255, 255), 40))
        elif style in (0, 3):
            page.rule(x0 - 4, y + step, x1, y + step, mix(p.label, (255, 255, 255), 60), 1)
        y += step
        total += cents * 9
        page.text(edges[0], y - 5, name, look.body, 14, p.ink, limit=edges[1] - x0 - 8)
        for edge in edges[1:]:
            page.text(edge, y - 5, f"{cents % 97}.{cents % 10}0", look.body, 13, p.ink)
    if style == 2:
        for edge in edges[1:]:
            page.rule(edge - 6, top, edge - 6, end, p.label, 1)
    return total


def _slip(page: Page, look: Look, fill: Fill, low: int) -> None:
    p, w, h = look.palette, page.w, page.h
    page.rule(0, low, w, low, p.label, 2, dash=6)
    page.box(0, low + 2, w, h, fill=mix(p.paper2, p.light, 30))
    if look.structure.chance(50):
        matrix_code(page, 26, low + 10, min(63, h - low - 16), fill.dice("code"))
    else:
        barcode(page, 26, low + 16, 150, 34, fill.dice("code"))
    page.text(w // 2 + 10, low + 30, look.company, look.body, 15, p.deep, limit=w // 2 - 30)
    page.text(w // 2 + 10, low + 52, fill.number("AA99 9999 9999 99"), look.mono, 14, p.ink, limit=w // 2 - 30)
