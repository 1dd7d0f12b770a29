"""Licences: numbered fields, picture, a row or table of the things one may do."""

from docclf.synthetic.design import Look
from docclf.synthetic.figure.parts import barcode, signature
from docclf.synthetic.fill import Fill
from docclf.synthetic.layout.identity_card import fields, header
from docclf.synthetic.page import Page
from docclf.synthetic.palette import mix
from docclf.synthetic.wording.words import label

SIZES = ((512, 323), (512, 323), (512, 340))
_NUMBERS = (("1.", "2.", "3.", "4a.", "4b.", "4c.", "5.", "8."), ("1", "2", "3", "4", "5", "6", "7", "8"))
_CLASSES = (
    ("AM", "A1", "A", "B", "BE", "C", "D"),
    ("1", "2", "3", "4", "5"),
    ("M", "R", "T", "X"),
    ("I", "II", "III", "IV"),
)


def _categories(page: Page, look: Look, x0: int, y0: int, x1: int, y1: int, fill: Fill) -> None:
    d, p = look.structure, look.palette
    names, style = d.pick(_CLASSES), d.below(3)
    names = names[: d.between(3, len(names))]
    if style == 0:
        cell = (x1 - x0) // len(names)
        for k, name in enumerate(names):
            page.box(x0 + k * cell, y0, x0 + k * cell + cell - 5, y1, line=p.deep, fill=mix(p.paper, p.light, 50))
            page.text(
                x0 + k * cell + (cell - 5) // 2,
                y1 - (y1 - y0) // 4,
                name,
                look.heading,
                min(22, cell * 6 // 10),
                p.deep,
                "m",
            )
    elif style == 1:
        page.box(x0, y0, x1, y1, fill=p.accent)
        page.text(
            (x0 + x1) // 2, y1 - (y1 - y0) // 4, "  ".join(names), look.heading, 22, p.light, "m", limit=x1 - x0 - 10
        )
    else:
        for k in range(len(names)):
            x = x0 + k * (x1 - x0) // len(names)
            _vehicle(page, x, y0, (x1 - x0) // len(names) - 8, y1 - y0, (k + d.below(2)) % 4)


def _vehicle(page: Page, x: int, y: int, w: int, h: int, kind: int) -> None:
    p = page.look.palette
    low, r = y + h - 6, max(4, h // 6)
    if kind == 0:
        page.draw.line([(x + r, low), (x + w // 2, y + h // 3), (x + w - r, low)], fill=p.deep, width=4)
    elif kind == 1:
        page.box(x, y + h // 2, x + w, low, fill=p.deep, radius=5)
        page.box(x + w // 5, y + h // 5, x + 4 * w // 5, low - h // 4, fill=p.deep, radius=6)
    elif kind == 2:
        page.box(x, y + h // 6, x + w * 2 // 3, low, fill=p.deep)
        page.box(x + w * 2 // 3 + 2, y + h * 2 // 5, x + w, low, fill=p.deep, radius=3)
    else:
        page.box(x, y + h // 5, x + w, low, fill=p.deep, radius=4)
        page.box(x + 4, y + h // 3, x + w - 4, y + h // 2, fill=p.light)
    for wheel in (x + w // 5, x + 4 * w // 5):
        page.draw.ellipse([wheel - r, low - r, wheel + r, low + r], fill=p.ink, outline=p.light)


def layout(page: Page, look: Look, fill: Fill) -> None:
    """Draws a licence."""
    d, p, w, h = look.structure, look.palette, page.w, page.h
    page.paper(("waves", "guilloche", "rosette", "moire", "mesh", "rays", "braid", "bands"))
    left, top, bottom = header(page, look)
    if d.chance(60):
        page.watermark(w * d.between(45, 85) // 100, h * 60 // 100, h * d.between(22, 34) // 100, d.between(30, 70))
    ph = min((bottom - top) * d.between(56, 74) // 100, 190)
    pw = ph * 78 // 100
    on_right = d.chance(30)
    px = w - pw - 16 if on_right else left + 16
    py = top + d.between(4, 14)
    backdrop = d.pick(((232, 236, 240), p.paper2, mix(p.second, p.light, 70)))
    page.portrait(px, py, pw, ph, fill.dice("portrait"), backdrop, d.chance(45), d.pick(("square", "round")))
    signature(page, px + 4, py + ph + 8, pw - 12, 20, fill.dice("signature"), p.ink)
    x0, x1 = (left + 16, px - 14) if on_right else (px + pw + 18, w - 14)
    bar = d.pick(("low", "low", "table", "low"))
    _fields(page, look, fill, bar, x0, x1, top, bottom)
    if d.chance(25):
        barcode(page, left + 14, h - 26, pw, 16, fill.dice("code"))
    page.text(
        w - 10, h - 5, label(look.language, "number") + " " + fill.number("999999999"), look.mono, 11, p.label, "r"
    )


def _fields(page: Page, look: Look, fill: Fill, bar: str, x0: int, x1: int, top: int, bottom: int) -> None:
    d, p = look.structure, look.palette
    numbers, size = d.pick(_NUMBERS), d.between(15, 19)
    count = d.between(5, 8)
    low = bottom - (60 if bar == "low" else 10)
    step = min((low - top - 6) // count, 30)
    with_labels = d.chance(35)
    limit = (x1 - x0) * (62 if bar == "table" else 100) // 100
    for k, (name, value) in enumerate(fields(look, fill, d.below(3))[:count]):
        y = top + 6 + (k + 1) * step - 5
        page.text(x0, y, numbers[k], look.body, size * 8 // 10, p.label)
        shown = f"{name}: {value}" if with_labels else value
        page.text(
            x0 + 32, y, shown, look.heading if k < 2 and d.chance(60) else look.body, size, p.ink, limit=limit - 34
        )
    if bar == "low":
        _categories(page, look, x0, bottom - 50, x1 - d.between(0, 70), bottom - 14, fill)
    else:
        tx, rows = x0 + limit + 6, d.between(4, 7)
        cell = (bottom - top - 24) // rows
        for k in range(rows):
            page.box(
                tx,
                top + 8 + k * cell,
                x1,
                top + 8 + (k + 1) * cell,
                line=p.deep,
                width=1,
                fill=p.light if k % 2 else None,
            )
            page.text(tx + 6, top + 3 + (k + 1) * cell, d.pick("ABCDEMTX"), look.heading, min(18, cell - 6), p.deep)
            page.text(
                x1 - 5,
                top + 3 + (k + 1) * cell,
                fill.date(0, 2005, 2022)[3:],
                look.body,
                12,
                p.ink,
                "r",
                limit=(x1 - tx) * 6 // 10,
            )
