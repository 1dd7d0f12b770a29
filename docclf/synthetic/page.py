"""The sheet that layouts draw on: paper, lettering, boxes and pictures in the colours of one design."""

import numpy as np
from PIL import Image, ImageDraw

from docclf.synthetic import text
from docclf.synthetic.design import Look
from docclf.synthetic.figure.emblem import draw_emblem
from docclf.synthetic.figure.pattern import PATTERNS, gradient, lay, line_work
from docclf.synthetic.figure.portrait import draw_portrait, make_person
from docclf.synthetic.palette import Colour, mix
from docclf.synthetic.text import Face


class Page:
    """A canvas of w x h pixels, drawn at twice the size it is delivered in.

    Args:
        width, height: pixels.
        look: the design's traits.
    """

    def __init__(self, width: int, height: int, look: Look):
        self.w, self.h, self.look = width, height, look
        self.image = Image.new("RGB", (width, height), (255, 255, 255))
        self.draw = ImageDraw.Draw(self.image)

    def paper(
        self, names: tuple[str, ...] = PATTERNS, colours: tuple[Colour, Colour] | None = None, strength: int = 200
    ) -> None:
        """Covers the sheet with a gradient and one or two line patterns chosen from `names`."""
        p, dice = self.look.palette, self.look.decor
        first, last = colours or (p.paper, p.paper2)
        self.image = gradient(dice.below(5), self.h, self.w, first, last)
        inks = (p.line, p.line2) if colours is None else (mix(first, p.light, 22), mix(last, p.second, 45))
        lay(self.image, line_work(dice.pick(names), dice, self.h, self.w), inks[0], strength)
        if dice.chance(65):
            lay(self.image, line_work(dice.pick(names), dice, self.h, self.w), inks[1], strength * 3 // 4)
        self.draw = ImageDraw.Draw(self.image)

    def strip(
        self, x0: int, y0: int, x1: int, y1: int, names: tuple[str, ...], first: Colour, last: Colour, ink: Colour
    ) -> None:
        """Covers a rectangle with its own gradient and line pattern."""
        dice = self.look.decor
        h, w = max(4, y1 - y0), max(4, x1 - x0)
        strip = gradient(dice.below(4), h, w, first, last)
        lay(strip, line_work(dice.pick(names), dice, h, w), ink, 150)
        self.image.paste(strip, (x0, y0))

    def text(
        self,
        x: int,
        y: int,
        string: str,
        face: Face,
        size: int,
        colour: Colour,
        anchor: str = "l",
        limit: int | None = None,
    ) -> int:
        """Writes a line on the baseline y; see text.write."""
        return text.write(self.image, x, y, string, face, size, colour, anchor, limit)

    def field(self, x: int, y: int, label: str, value: str, size: int, limit: int, face: Face | None = None) -> None:
        """Writes a value on the baseline y with its small label above."""
        p, look = self.look.palette, self.look
        self.text(x, y - size - 1, label, look.body, max(8, size * 62 // 100), p.label, limit=limit)
        self.text(x, y, value, face or look.body, size, p.ink, limit=limit)

    def box(
        self,
        x0: int,
        y0: int,
        x1: int,
        y1: int,
        fill: Colour | None = None,
        line: Colour | None = None,
        width: int = 2,
        radius: int = 0,
    ) -> None:
        """Draws a rectangle, rounded where radius is not 0."""
        if radius:
            self.draw.rounded_rectangle([x0, y0, x1, y1], radius, fill=fill, outline=line, width=width)
        else:
            self.draw.rectangle([x0, y0, x1, y1], fill=fill, outline=line, width=width)

    def rule(self, x0: int, y0: int, x1: int, y1: int, colour: Colour, width: int = 2, dash: int = 0) -> None:
        """Draws a straight level or upright line, broken into pieces of `dash` pixels where dash is not 0."""
        if not dash:
            self.draw.line([(x0, y0), (x1, y1)], fill=colour, width=width)
            return
        for k in range(0, max(x1 - x0, y1 - y0), 2 * dash):
            a = (x0 + k, y0) if x1 > x0 else (x0, y0 + k)
            b = (min(x1, x0 + k + dash), y0) if x1 > x0 else (x0, min(y1, y0 + k + dash))
            self.draw.line([a, b], fill=colour, width=width)

    def emblem(
        self,
        cx: int,
        cy: int,
        r: int,
        main: Colour | None = None,
        other: Colour | None = None,
        ground: Colour | None = None,
    ) -> None:
        """Draws the design's emblem of radius r about (cx, cy)."""
        p = self.look.palette
        draw_emblem(self.draw, self.look.emblem, cx, cy, r, main or p.accent, other or p.second, ground or p.light)

    def watermark(self, cx: int, cy: int, r: int, percent: int) -> None:
        """Prints the emblem faintly over what is there."""
        p = self.look.palette
        layer = Image.new("RGB", (2 * r, 2 * r), p.paper)
        draw_emblem(ImageDraw.Draw(layer), self.look.emblem, r, r, r - 2, p.line, p.line2, p.paper2)
        mask = Image.fromarray(
            (np.asarray(layer) != np.array(p.paper, np.uint8)).any(2).astype(np.uint8) * (255 * percent // 100)
        )
        self.image.paste(layer, (cx - r, cy - r), mask)

    def portrait(
        self, x: int, y: int, w: int, h: int, dice, backdrop: Colour, grey: bool, shape: str, fade: int = 100
    ) -> None:
        """Pastes the holder's picture.

        Args:
            x, y, w, h: where, pixels.
            dice: the fill's stream of the face.
            backdrop: colour behind the head.
            grey: printed in grey.
            shape: "square", "round" (rounded corners) or "oval".
            fade: percent of cover; ghost pictures are faint.
        """
        picture = draw_portrait(make_person(dice), backdrop, grey, (w, h))
        mask = Image.new("L", (w, h), 0)
        pen = ImageDraw.Draw(mask)
        cover = 255 * fade // 100
        if shape == "oval":
            pen.ellipse([0, 0, w - 1, h - 1], fill=cover)
        else:
            pen.rounded_rectangle([0, 0, w - 1, h - 1], radius=w // 9 if shape == "round" else 0, fill=cover)
        self.image.paste(picture, (x, y), mask)

    def tag(self, x: int, y: int, size: int, anchor: str = "l") -> None:
        """Prints the edition mark, where the design has one."""
        p, mark = self.look.palette, self.look.edition
        if not mark:
            return
        width = text.width_of(mark, self.look.heading, size) + size
        left = x - (width if anchor == "r" else width // 2 if anchor == "m" else 0)
        self.box(left, y - size, left + width, y + size * 2 // 5, fill=p.second, radius=size // 3)
        self.text(left + size // 2, y, mark, self.look.heading, size, p.light)
