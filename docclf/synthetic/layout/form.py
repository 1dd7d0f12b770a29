"""Forms: titled sections of boxes, lines, ticks and tables, filled in by hand."""

from docclf.synthetic.design import Look
from docclf.synthetic.figure.parts import barcode, matrix_code, signature, stamp
from docclf.synthetic.fill import Fill
from docclf.synthetic.page import Page
from docclf.synthetic.palette import mix
from docclf.synthetic.wording.language import LABELS
from docclf.synthetic.wording.words import label

SIZES = ((362, 512), (362, 512), (362, 512), (512, 362), (396, 512))
_INK = (30, 44, 120)


def _head(page: Page, look: Look) -> int:
    d, p, w = look.structure, look.palette, page.w
    style, y = d.below(5), d.between(50, 68)
    if style == 0:
        page.box(0, 0, w, y, fill=p.accent)
    elif style == 1:
        page.box(14, 12, w - 14, y, line=p.accent, width=3)
    elif style == 2:
        page.box(w * 2 // 3, 0, w, y, fill=p.accent)
    elif style == 3:
        page.rule(14, y, w - 14, y, p.accent, 5)
    ink = p.light if style == 0 else p.deep
    r = 22
    right = style == 2 or d.chance(30)
    page.emblem(
        w - 40 if right else 40,
        y // 2 + 2,
        r,
        p.light if style in (0, 2) and (right or style == 0) else p.accent,
        p.second,
        p.deep,
    )
    x = 18 if right else 74
    page.text(
        x, y // 2 + 2, look.title, look.heading, d.between(21, 28), ink, limit=w - 110 - (w // 3 if style == 2 else 0)
    )
    page.text(x, y // 2 + 20, look.issuer, look.body, 13, ink, limit=w - 120)
    page.tag(w - 16 - (58 if right else 0), y // 2 + 6, 17, "r")
    return y + 12


def _value(look: Look, fill: Fill, name: str) -> str:
    if name in ("birth", "issued", "expires"):
        return fill.date(look.structure.below(3), 1950, 2026)
    if name == "surname":
        return fill.surname(look.language)
    if name == "given":
        return fill.given(look.language)
    if name in ("number", "total"):
        return fill.number("999999")
    return "" if name == "signature" else fill.address()


def _section(page: Page, look: Look, fill: Fill, y: int, room: int, x0: int, x1: int) -> int:
    """Draws one section between x0 and x1 from y on and returns where it ends."""
    d, p = look.structure, look.palette
    bar, style = look.decor.below(4), d.below(6)
    name = label(look.language, d.pick(LABELS))
    if bar != 3:
        page.box(x0, y, x1, y + 17, fill=(p.accent, p.paper2, p.deep)[bar])
        page.text(
            x0 + 6,
            y + 13,
            f"{d.below(9) + 1}. {name}",
            look.heading,
            13,
            p.deep if bar == 1 else p.light,
            limit=x1 - x0 - 10,
        )
        y += 21
    rows, step = d.between(2, 4), d.between(25, 32)
    rows = max(1, min(rows, (room - 24) // step))
    if style == 5:
        return _table(page, look, fill, y, rows, x0, x1)
    for r in range(rows):
        columns = d.between(1, 3)
        for c in range(columns):
            a, b = x0 + (x1 - x0) * c // columns, x0 + (x1 - x0) * (c + 1) // columns - 6
            _entry(page, look, fill, style, a, b, y + r * step, step)
    return y + rows * step + 8


def _table(page: Page, look: Look, fill: Fill, y: int, rows: int, x0: int, x1: int) -> int:
    d, p = look.structure, look.palette
    columns = d.between(3, 5)
    for r in range(rows + 1):
        top = y + r * 20
        for c in range(columns):
            a, b = x0 + (x1 - x0) * c // columns, x0 + (x1 - x0) * (c + 1) // columns
            page.box(a, top, b, top + 20, line=p.label, width=1, fill=None if r else p.paper2)
            if r:
                page.text(a + 4, top + 15, fill.number("9999"), look.hand, 14, _INK, limit=b - a - 6)
            else:
                name = label(look.language, d.pick(LABELS))
                page.text(a + 4, top + 15, name, look.body, 11, p.label, limit=b - a - 6)
    return y + (rows + 1) * 20 + 8


def _entry(page: Page, look: Look, fill: Fill, style: int, a: int, b: int, y: int, step: int) -> None:
    """Draws one field from a to b: box, line, tint, comb or tick by style."""
    d, p = look.structure, look.palette
    what, low, cells = d.pick(LABELS), y + step - 3, max(3, (b - a) // 16)
    name = label(look.language, what)
    if style == 4:
        page.box(a, y + 8, a + 12, y + 20, line=p.ink, width=2)
        if d.below(2) ^ fill.dice("goods").below(2):
            page.draw.line([(a + 2, y + 12), (a + 6, y + 18), (a + 15, y + 4)], fill=_INK, width=3)
        page.text(a + 18, y + 18, name, look.body, 12, p.label, limit=b - a - 20)
        return
    value = _value(look, fill, what)
    if style == 0:
        page.box(a, y, b, low - 1, line=p.label, width=1)
    elif style == 1:
        page.rule(a, low - 2, b, low - 2, p.label, 1)
    elif style == 2:
        page.box(a, y + 9, b, low, fill=mix(p.paper2, p.light, 35))
    page.text(a + 3, y + 8, name, look.body, 9, p.label, limit=b - a - 20)
    if style == 3:
        for k in range(cells):
            page.box(a + 16 * k, y + 10, a + 16 * k + 14, low, line=p.label, width=1)
        for k, letter in enumerate(value[:cells]):
            page.text(a + 16 * k + 7, low - 3, letter, look.hand, 15, _INK, "m")
    else:
        page.text(a + 4, low - 4, value, look.hand, 16, _INK, limit=b - a - 6)


def layout(page: Page, look: Look, fill: Fill) -> None:
    """Draws a form."""
    d, p, w, h = look.structure, look.palette, page.w, page.h
    page.box(0, 0, w, h, fill=d.pick(((252, 252, 250), p.light, p.paper, mix(p.paper, (255, 255, 255), 50))))
    if d.chance(20):
        page.watermark(w // 2, h // 2, w * 34 // 100, 35)
    y = _head(page, look)
    x0, x1, code = 16, w - 16, d.below(5)
    if code == 0:
        barcode(page, w - 150, y, 134, 26, fill.dice("code"))
        page.text(x0, y + 18, fill.number("AA-9999-99"), look.mono, 15, p.ink)
        y += 34
    elif code == 1:
        side = d.between(64, 84)
        page.portrait(
            w - 16 - side, y, side, side * 5 // 4, fill.dice("portrait"), (226, 230, 234), d.chance(30), "square"
        )
        x1 -= side + 10
    elif code == 2:
        matrix_code(page, x0 + 2, y, 63, fill.dice("code"))
        x0 += 78
    first_low = y + 100
    end = h - d.between(50, 70)
    two_columns = d.chance(25) and w > 390
    while y < end - 40:
        wide0, wide1 = (16, w - 16) if y > first_low else (x0, x1)
        if two_columns:
            mid = (wide0 + wide1) // 2
            left = _section(page, look, fill, y, end - y, wide0, mid - 6)
            y = max(left, _section(page, look, fill, y, end - y, mid + 6, wide1))
        else:
            y = _section(page, look, fill, y, end - y, wide0, wide1)
    if d.chance(45):
        stamp(page, w * d.between(55, 80) // 100, h - 62, 34, mix(p.second, (255, 255, 255), 20), look.company[:8])
    page.rule(16, h - 26, 16 + 130, h - 26, p.ink, 1)
    signature(page, 22, h - 48, 90, 20, fill.dice("signature"), _INK)
    page.text(16, h - 14, label(look.language, "signature"), look.body, 10, p.label)
    page.text(
        w - 16,
        h - 12,
        f"{look.company} {d.between(100, 999)}-{d.letters(1)}",
        look.body,
        10,
        p.label,
        "r",
        limit=w // 2,
    )
