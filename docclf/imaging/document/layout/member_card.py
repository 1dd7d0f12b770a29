"""Membership, student, library and insurance cards: free layouts, level or upright."""

from docclf.imaging.document.charge import CHARGES, draw_charge
from docclf.imaging.document.design import Look
from docclf.imaging.document.fill import Fill
from docclf.imaging.document.page import Page
from docclf.imaging.document.palette import mix
from docclf.imaging.document.parts import barcode, chip, matrix_code
from docclf.imaging.document.words import label, upper

SIZES = ((512, 323), (512, 323), (323, 512), (323, 512), (512, 323))


def _ground(page: Page, look: Look) -> None:
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


def layout(page: Page, look: Look, fill: Fill) -> None:
    """Draws a membership card."""
    d, p, w, h = look.structure, look.palette, page.w, page.h
    _ground(page, look)
    upright, plate = w < h, d.chance(55)
    with_face = d.chance(65)
    r = d.between(26, 44)
    if upright:
        page.text(w // 2, 34, upper(look.company), look.heading, 25, p.ink if not plate else p.deep, "m", limit=w - 24)
        y = 50
        if with_face:
            page.portrait(
                w // 2 - 70,
                y,
                140,
                170,
                fill.dice("portrait"),
                (228, 232, 236),
                d.chance(20),
                d.pick(("round", "oval", "square")),
            )
            y += 176
        else:
            page.emblem(w // 2, y + 80, 76)
            y += 172
        if plate:
            page.box(14, y + 6, w - 14, y + 136, fill=p.light, radius=10)
        page.text(w // 2, y + 36, look.title, look.heading, 28, p.accent if plate else p.ink, "m", limit=w - 40)
        page.text(
            w // 2,
            y + 70,
            f"{fill.given(look.language)} {fill.surname(look.language)}",
            look.body,
            24,
            p.ink,
            "m",
            limit=w - 40,
        )
        page.text(w // 2, y + 98, fill.number("999 999 999"), look.mono, 20, p.ink, "m")
        page.text(
            w // 2,
            y + 124,
            f"{label(look.language, 'expires')} {fill.date(1, 2025, 2032)}",
            look.body,
            15,
            p.label,
            "m",
            limit=w - 40,
        )
        page.tag(w // 2, y + 158, 22, "m")
        code = d.below(3)
        if code == 0:
            page.box(40, h - 70, w - 40, h - 14, fill=(255, 255, 255))
            barcode(page, 50, h - 64, w - 100, 44, fill.dice("code"))
        elif code == 1:
            matrix_code(page, w - 92, h - 84, 63, fill.dice("code"))
            page.emblem(46, h - 50, 34)
        else:
            page.emblem(w // 2, h - 52, 40)
        return
    x_logo = d.pick((r + 16, w - r - 16))
    page.emblem(x_logo, r + 14, r, p.accent if d.chance(50) else p.light, p.second, p.deep)
    x = 2 * r + 28 if x_logo < w // 2 else 20
    if plate:
        page.box(x - 8, 10, x + w - 2 * r - 56, 74, fill=p.light, radius=8)
    page.text(x, 42, look.company, look.heading, 28, p.deep, limit=w - 2 * r - 70)
    page.text(x, 66, look.title, look.body, 19, p.ink, limit=w - 2 * r - 70)
    page.tag(w - 20, h * 42 // 100, 22, "r")
    face_right = d.chance(50)
    x0, low = 22, h - d.between(76, 96)
    if with_face:
        px = w - 142 if face_right else 22
        page.portrait(
            px,
            h - 172,
            120,
            150,
            fill.dice("portrait"),
            (228, 232, 236),
            d.chance(25),
            d.pick(("round", "oval", "square")),
        )
        x0 = 22 if face_right else 160
    if d.chance(45):
        page.box(x0 - 8, low - 76, x0 + 300, low + 32, fill=mix(p.light, p.paper, 30), radius=8)
    page.text(
        x0, low - 48, f"{fill.given(look.language)} {fill.surname(look.language)}", look.heading, 24, p.ink, limit=290
    )
    page.text(
        x0, low - 20, f"{label(look.language, 'number')} {fill.number('9999 9999')}", look.mono, 20, p.ink, limit=290
    )
    page.text(
        x0, low + 6, f"{label(look.language, 'birth')} {fill.date(0, 1950, 2010)}", look.body, 16, p.label, limit=200
    )
    page.text(
        x0, low + 26, f"{label(look.language, 'expires')} {fill.date(0, 2025, 2032)}", look.body, 16, p.label, limit=200
    )
    code = d.below(4)
    if code == 0:
        page.box(x0 - 6, h - 54, x0 + 216, h - 8, fill=(255, 255, 255))
        barcode(page, x0 + 4, h - 50, 196, 38, fill.dice("code"))
    elif code == 1:
        chip(page, x0 + 220, low - 60, 60, 46, d.below(4))
    elif code == 2:
        page.box(0, h - 46, w, h - 14, fill=(30, 30, 32))
