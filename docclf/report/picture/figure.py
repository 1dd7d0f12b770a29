"""One drawing, kept as SVG for the page and as PNG for elsewhere."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito's palette, told apart with any colour vision; black is left for text.
BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, "#E69F00", "#56B4E9", "#7A5C00", "#000000")
GREY, PALE = "#8a8f98", "#e9ebee"
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "docclf",
    "font.size": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#5b616b",
    "axes.labelcolor": "#22262c",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": PALE,
    "grid.linewidth": 0.8,
    "xtick.color": "#5b616b",
    "ytick.color": "#5b616b",
    "legend.frameon": False,
    "lines.linewidth": 1.8,
}


@dataclass
class Drawing:
    """A finished drawing.

    Args:
        name: file stem of the PNG.
        title: what it shows, for those who cannot see it.
        svg: element to put into a page.
        png: file content.
    """

    name: str
    title: str
    svg: str
    png: bytes


def decade(value: float, _: int | None = None) -> str:
    """Returns a tick of a logarithmic axis as tables write it: 1e-4, 0.01 as 1e-2, 1."""
    return "1" if value == 1 else f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e")


def draw(name: str, title: str, paint: Callable[[Axes], None], size: tuple[float, float] = (6.2, 4.0)) -> Drawing:
    """Returns what `paint` puts on a fresh pair of axes.

    Labels of the data never go into a drawing: matplotlib's font lacks most scripts, a page has them all.
    """
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=size, layout="constrained")
        paint(figure.add_subplot())
        text, image = io.StringIO(), io.BytesIO()
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # found once; each output would find it again
        figure.savefig(text, format="svg", dpi=160, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
        figure.savefig(image, format="png", dpi=144)
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :]
    head, body = svg.split(">", 1)
    head = re.sub(r'\s(width|height)="[^"]*"', "", head)
    label = title.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    # A page holds several drawings, and an id must be unique in it.
    body = re.sub(r'((?<= id=")|(?<=url\(#)|(?<=xlink:href="#))', f"{name}-", body)
    return Drawing(name, title, f'{head} role="img" aria-label="{label}">{body}', image.getvalue())
