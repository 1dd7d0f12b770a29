"""Tickets and boarding passes: a picture panel, a stub behind a perforation, codes."""

from docclf.synthetic.design import Look
from docclf.synthetic.figure.charge import CHARGES, draw_charge
from docclf.synthetic.figure.parts import barcode, matrix_code
from docclf.synthetic.fill import Fill
from docclf.synthetic.page import Page
from docclf.synthetic.palette import mix
from docclf.synthetic.wording.words import place, upper

SIZES = ((512, 200), (512, 220), (512, 240), (512, 180), (512, 256))
_HEADS = (
    ("ROW", "SEAT", "GATE"),
    ("SECTION", "ROW", "SEAT"),
    ("COACH", "SEAT", "CLASS"),
    ("DOOR", "BLOCK", "NO"),
    ("ZONE", "TIME", "PRICE"),
)


def _art(page: Page, look: Look, x0: int, x1: int) -> None:
    d, p, h = look.structure, look.palette, page.h
    style = d.below(5)
    page.strip(
        x0,
        0,
        x1,
        h,
        ("rays", "rosette", "bands", "hatch", "dots", "waves", "moire", "mesh"),
        p.accent,
        p.deep,
        mix(p.accent, p.light, 45),
    )
    mid = (x0 + x1) // 2
    if style == 0:
        page.emblem(mid, h // 2, min(h, x1 - x0) * 40 // 100, p.light, p.second, p.deep)
    elif style == 1:
        for _ in range(9):
            r = d.between(10, 34)
            draw_charge(
                page.draw,
                d.between(x0 + r, max(x0 + r, x1 - r)),
                d.between(r, h - r),
                r,
                d.pick(CHARGES),
                d.below(60),
                p.second,
                p.light,
            )
    elif style == 2:
        for k in range(5):
            y = h * (35 + 12 * k) // 100
            points = [(x, y + d.between(-14, 14)) for x in range(x0, x1, 24)]
            page.draw.polygon([(x0, h), *points, (x1, y), (x1, h)], fill=mix(p.second, p.deep, 20 * k))
    elif style == 3:
        charge, r = d.pick(CHARGES), h * d.between(34, 60) // 100
        draw_charge(page.draw, mid, h // 2, min(r, (x1 - x0) // 2), charge, d.below(60), p.second, p.light)


def layout(page: Page, look: Look, fill: Fill) -> None:
    """Draws a ticket."""
    d, p, w, h = look.structure, look.palette, page.w, page.h
    page.paper(("plain", "hatch", "waves", "dots", "guilloche", "bands", "rays", "plain"), strength=190)
    stub, art = w * d.between(20, 30) // 100, w * d.pick((0, 0, 18, 26, 34)) // 100
    stub_left = d.chance(25)
    s0, s1 = (0, stub) if stub_left else (w - stub, w)
    a0 = stub if stub_left else 0
    if d.chance(45):
        page.box(s0, 0, s1, h, fill=d.pick((p.accent, p.second, p.paper2, p.light)))
    if art:
        _art(page, look, a0, a0 + art)
    edge = stub if stub_left else w - stub
    band, head = d.pick((0, 1, 2, 2)), d.between(30, 44)
    x0, x1 = a0 + art + 18, (w - 14) if stub_left else edge - 14
    if band:
        page.box(x0 - 18, 0, x1 + 14, head, fill=p.accent if band == 1 else p.deep)
    page.text(
        x0,
        head - 11,
        upper(look.company) if d.chance(50) else look.company,
        look.heading,
        head * 55 // 100,
        p.light if band else p.deep,
        limit=x1 - x0 - 60,
    )
    page.emblem(x1 - 14, head // 2, head * 42 // 100, p.light if band else p.accent, p.second, p.deep)
    page.text(x0, head + 34, look.title, look.heading, d.between(26, 36), p.accent, limit=x1 - x0)
    page.tag(x1, head + 26, 20, "r")
    _body(page, look, fill, x0, x1, head)
    page.rule(edge, 0, edge, h, p.label, 2, dash=d.pick((4, 6, 9)))
    if d.chance(60):
        for y in (0, h):
            page.draw.ellipse([edge - 13, y - 13, edge + 13, y + 13], fill=(250, 250, 250))
    _stub(page, look, fill, s0, s1)


def _body(page: Page, look: Look, fill: Fill, x0: int, x1: int, head: int) -> None:
    d, p, h, ink = look.structure, look.palette, page.h, look.palette.ink
    kind = d.below(3)
    if kind == 0:
        codes = [upper(place(fill.dice("place"), look.language)[:3]) for _ in range(2)]
        page.text(x0, head + 76, f"{codes[0]} > {codes[1]}", look.heading, 36, ink, limit=(x1 - x0) * 7 // 10)
    elif kind == 1:
        shown = fill.date(d.below(5), 2024, 2027) + fill.number("  19:30").replace("9", "4")
        page.text(x0, head + 62, shown, look.body, 20, ink, limit=x1 - x0)
        page.text(x0, head + 84, fill.address(), look.body, 15, p.label)
    else:
        page.text(
            x0,
            head + 58,
            fill.full_name(look.language),
            look.body,
            20,
            ink,
            limit=x1 - x0,
        )
        page.text(x0, head + 80, fill.date(d.below(5), 2024, 2027), look.mono, 16, ink)
    heads = d.pick(_HEADS)
    cell, style = (x1 - x0) * d.between(50, 80) // 300, d.below(3)
    for k, name in enumerate(heads):
        x = x0 + k * cell
        if style == 0:
            page.box(x, h - 54, x + cell - 8, h - 12, line=p.accent, width=2)
        elif style == 1:
            page.box(x, h - 54, x + cell - 8, h - 38, fill=p.accent)
        page.text(x + 6, h - 42, name, look.body, 11, p.light if style == 1 else p.label, limit=cell - 14)
        page.text(x + 6, h - 17, fill.number(("99", "9A", "A9")[k]), look.heading, 22, ink)


def _stub(page: Page, look: Look, fill: Fill, s0: int, s1: int) -> None:
    p, h, ink, stub = look.palette, page.h, look.palette.ink, s1 - s0
    code, mid = look.structure.below(4), (s0 + s1) // 2
    if code == 0:
        barcode(page, s0 + 22, 18, stub * 40 // 100, h - 36, fill.dice("code"), upright=True)
    elif code == 1:
        size = min(stub - 30, h - 80)
        matrix_code(page, mid - size // 2, 24, size, fill.dice("code"))
        page.text(mid, h - 18, fill.number("A9999999"), look.mono, 14, ink, "m", limit=stub - 20)
    elif code == 2:
        page.emblem(mid, h * 32 // 100, stub * 26 // 100)
        barcode(page, s0 + 16, h - 70, stub - 32, 44, fill.dice("code"))
    else:
        page.text(mid, 44, look.title, look.heading, 20, p.deep, "m", limit=stub - 20)
        page.text(mid, h // 2 + 24, fill.number("999"), look.heading, 52, p.deep, "m", limit=stub - 16)
        barcode(page, s0 + 20, h - 52, stub - 40, 34, fill.dice("code"))
