"""Passport pages: one picture, one column of fields, two machine-readable lines over a full guilloche."""

from docclf.synthetic.design import Look
from docclf.synthetic.figure.parts import machine_lines, signature
from docclf.synthetic.fill import Fill
from docclf.synthetic.layout.identity_card import fields
from docclf.synthetic.page import Page
from docclf.synthetic.palette import mix
from docclf.synthetic.wording.words import upper

SIZES = ((512, 360), (512, 360), (512, 340), (512, 380))


def layout(page: Page, look: Look, fill: Fill) -> None:
    """Draws a passport page."""
    d, p, w, h = look.structure, look.palette, page.w, page.h
    page.paper(("guilloche", "rosette", "moire", "waves", "mesh", "braid", "rays", "bands"))
    page.watermark(
        w * d.between(40, 85) // 100, h * d.between(35, 55) // 100, h * d.between(28, 38) // 100, d.between(40, 90)
    )
    size, style = 20, d.below(4)
    low = h - 2 * size * 14 // 10 - 14
    if d.chance(60):
        page.box(0, low, w, h, fill=mix(p.paper, (255, 255, 255), 60))
    machine_lines(page, 16, low + size + 8, w - 28, 2, size, fill.dice("code"), fill.latin_name())
    head = d.between(32, 46)
    if style == 0:
        page.strip(0, 0, w, head, ("waves", "hatch", "braid"), p.accent, p.deep, p.second)
    elif style == 1:
        page.rule(16, head + 2, w - 16, head + 2, p.accent, 3)
    elif style == 2:
        page.strip(0, 0, 30, low, ("waves", "hatch", "mesh", "dots"), p.accent, p.deep, p.second)
    ink = p.light if style == 0 else p.deep
    x = 44 if style == 2 else 18
    page.text(x, head - 12, upper(look.issuer), look.heading, head * 5 // 10, ink, limit=w - x - 160)
    page.text(
        w - 18,
        head - 12,
        d.pick(("PASSPORT", "P A S S", "PASSEPORT", "TRAVEL DOCUMENT")),
        look.body,
        17,
        ink,
        "r",
        limit=140,
    )
    page.tag(w - 14, low - 8, 20, "r")
    ph = min(low - head - 24, d.between(170, 215))
    pw = ph * 78 // 100
    on_right = d.chance(25)
    px = w - pw - 18 if on_right else x
    page.portrait(
        px,
        head + 12,
        pw,
        ph,
        fill.dice("portrait"),
        d.pick(((236, 238, 240), p.paper2, (214, 222, 230))),
        d.chance(35),
        d.pick(("square", "round", "oval")),
    )
    x0, x1 = (x, px - 14) if on_right else (px + pw + 20, w - 16)
    _fields(page, look, fill, x0, x1, head, low)


def _fields(page: Page, look: Look, fill: Fill, x0: int, x1: int, head: int, low: int) -> None:
    d, p = look.structure, look.palette
    order = fields(look, fill, d.below(5))
    rows, size = d.between(5, 7), d.between(14, 17)
    step = (low - head - 14) // rows
    split = d.between(2, 5)
    order = order[:2] + d.shuffled(order[2:])
    for k in range(rows):
        y = head + 12 + size + k * step + 4
        name, value = order[k]
        wide = x1 - x0 if k < split else (x1 - x0) // 2 - 6
        page.field(x0, y, name, value, size, wide, look.heading if d.chance(20) else None)
        if k >= split and k + rows - split < len(order):
            name, value = order[k + rows - split]
            page.field((x0 + x1) // 2 + 4, y, name, value, size, wide)
    extra = d.below(4)
    if extra == 0:
        page.portrait(x1 - 56, low - 84, 56, 72, fill.again("portrait"), p.paper2, True, "oval", 45)
    elif extra == 1:
        page.emblem(x1 - 34, low - 44, 32)
    elif extra == 2:
        signature(page, x1 - 130, low - 36, 110, 24, fill.dice("signature"), p.ink)
