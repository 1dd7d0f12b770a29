"""Identity cards: picture, fields, header, and on some a chip, a ghost picture or machine-readable lines."""

from docclf.synthetic.design import Look
from docclf.synthetic.figure.parts import chip, machine_lines, matrix_code, signature
from docclf.synthetic.fill import Fill
from docclf.synthetic.page import Page
from docclf.synthetic.palette import mix
from docclf.synthetic.wording.words import label, upper

SIZES = ((512, 323), (512, 323), (512, 360))


def header(page: Page, look: Look) -> tuple[int, int, int]:
    """Draws issuer and title and returns what is left for the rest: left, top and bottom edge."""
    d, p, w, h = look.structure, look.palette, page.w, page.h
    style, depth = d.below(7), d.between(44, 66)
    size = d.between(20, 27)
    emblem_right, swap = d.chance(40), d.chance(30)
    first, second = (look.title, look.issuer) if swap else (look.issuer, look.title)
    ink, left, top, bottom = p.light, 0, depth, h
    if style == 0:
        page.box(0, 0, w, depth, fill=p.accent)
    elif style == 1:
        page.strip(
            0, 0, w, depth, ("hatch", "waves", "guilloche", "rays"), p.deep, p.accent, mix(p.accent, p.light, 40)
        )
    elif style == 2:
        left = d.between(54, 84)
        page.box(0, 0, left, h, fill=p.accent)
        page.rule(left + 3, 0, left + 3, h, p.second, 4)
        ink = p.deep
    elif style == 3:
        page.rule(14, depth, w - 14, depth, p.accent, 4)
        page.rule(14, depth + 6, w - 14, depth + 6, p.second, 2)
        ink = p.deep
    elif style == 4:
        page.draw.polygon([(0, 0), (w, 0), (w, depth // 3), (w * 6 // 10, depth), (0, depth * 12 // 10)], fill=p.deep)
        page.draw.polygon(
            [(0, depth * 12 // 10), (w * 6 // 10, depth), (w * 6 // 10, depth + 6), (0, depth * 12 // 10 + 6)],
            fill=p.second,
        )
    elif style == 5:
        page.box(0, 0, w, depth - 14, fill=p.accent)
        page.box(0, depth - 14, w, depth - 4, fill=p.second)
    else:
        ink = p.accent
    r = depth * 42 // 100
    cx = left // 2 if style == 2 else (w - depth // 2 - 10 if emblem_right else depth // 2 + 10)
    cy = (left // 2 + 8) if style == 2 else depth // 2
    dark = ink == p.light or style == 2
    page.emblem(
        cx,
        cy,
        r if style != 2 else left * 40 // 100,
        p.light if dark else p.accent,
        mix(p.second, p.light, 50) if dark else p.second,
        p.deep if dark else p.light,
    )
    x = left + 14 if style == 2 or emblem_right else depth + 18
    page.text(
        x, depth * 46 // 100, upper(first) if d.chance(50) else first, look.heading, size, ink, limit=w - x - depth - 6
    )
    page.text(x, depth * 46 // 100 + size * 8 // 10, second, look.body, size * 7 // 10, ink, limit=w - x - depth - 6)
    page.tag(w - 12 - (depth if emblem_right and style != 2 else 0), depth * 55 // 100, 19, "r")
    return left, top + (8 if style != 2 else 0), bottom


def fields(look: Look, fill: Fill, dates: int) -> list[tuple[str, str]]:
    """Returns label and value of each field, in printing order."""
    language = look.language
    texts = {
        "surname": upper(fill.surname(language)),
        "given": fill.given(language),
        "birth": fill.date(dates, 1945, 2004),
        "sex": fill.sex(),
        "nation": "",
        "number": fill.number("AA999999"),
        "issued": fill.date(dates, 2010, 2024),
        "expires": fill.date(dates, 2025, 2034),
        "place": fill.address().split(" ", 1)[1],
    }
    texts["nation"] = upper(look.issuer.split()[-1][:3])
    return [(label(language, name), texts[name]) for name in texts]


def layout(page: Page, look: Look, fill: Fill) -> None:
    """Draws an identity card."""
    d, p, w, h = look.structure, look.palette, page.w, page.h
    page.paper()
    if d.chance(55):
        page.watermark(
            w * d.between(30, 80) // 100, h * d.between(50, 65) // 100, h * d.between(24, 40) // 100, d.between(35, 80)
        )
    left, top, bottom = header(page, look)
    lines = d.pick((0, 0, 0, 2, 3))
    if lines:
        size = 21 if lines == 2 else 18
        bottom -= lines * size * 14 // 10 + 12
        page.box(left, bottom, w, h, fill=mix(p.paper, (255, 255, 255), 65))
        machine_lines(
            page, left + 14, bottom + size + 6, w - left - 24, lines, size, fill.dice("code"), fill.latin_name()
        )
    room = bottom - top - 14
    ph = min(room * d.between(74, 100) // 100, 210)
    pw = ph * d.pick((74, 78, 82)) // 100
    on_right = d.chance(32)
    px = w - pw - d.between(12, 24) if on_right else left + d.between(12, 24)
    py = top + (room - ph) // 2 + 4
    backdrop = d.pick(((238, 240, 242), p.paper2, mix(p.accent, p.light, 70), (206, 216, 226)))
    shape, grey = d.pick(("square", "square", "round", "oval")), d.chance(30)
    page.portrait(px, py, pw, ph, fill.dice("portrait"), backdrop, grey, shape)
    if d.chance(35):
        page.box(px - 2, py - 2, px + pw + 1, py + ph + 1, line=p.accent, width=2)
    x0 = left + 16 if on_right else px + pw + 18
    x1 = px - 14 if on_right else w - 14
    order = fields(look, fill, d.below(5))
    size, columns, rows = d.between(15, 20), d.pick((1, 2, 2)), d.between(3, 5)
    order = order[:2] + d.shuffled(order[2:])
    extra, ghost = d.pick(("none", "chip", "code", "ghost", "ghost", "none")), max(40, ph * 36 // 100)
    narrow = x1 - (ghost + 14 if extra != "none" else 0)
    step = (bottom - top - 10) // (rows + (1 if d.chance(50) else 0))
    for k, (name, value) in enumerate(order[: rows * columns]):
        column, row = divmod(k, rows)
        limit = (narrow - x0) // columns - 6
        page.field(x0 + column * (narrow - x0) // columns, top + 14 + size + row * step, name, value, size, limit)
    ex, ey = x1 - ghost + 4, bottom - ghost - d.between(14, 60)
    if extra == "chip":
        chip(page, ex - 6, ey, ghost, ghost * 3 // 4, d.below(4))
    elif extra == "code":
        matrix_code(page, ex - 6, ey - 6, ghost, fill.dice("code"))
    elif extra == "ghost":
        page.portrait(ex, ey - ghost // 5, ghost, ghost * 5 // 4, fill.again("portrait"), backdrop, True, "oval", 60)
    if d.chance(45):
        signature(page, x0 + d.between(0, 60), bottom - 34, 110, 24, fill.dice("signature"), p.ink)
