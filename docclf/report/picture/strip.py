"""A line on which the scores of one query stand beside the thresholds."""

from collections.abc import Sequence

from markupsafe import Markup

from docclf.report.picture.figure import BLUE, GREY, ORANGE
from docclf.report.table.numbers import Point
from docclf.utils.cosines import text

_WIDTH, _HEIGHT, _MARGIN = 250, 40, 8


def strip(own: float | None, other: float | None, points: Sequence[Point], ends: tuple[float, float]) -> Markup:
    """Returns an SVG line: a blue disc for the own class, an orange diamond for the other one.

    Args:
        own, other: cosines; None leaves the mark out.
        points: operating points whose thresholds are drawn.
        ends: scores at the two ends of the line.
    """
    low, high = ends

    def x(score: float) -> float:
        return round(_MARGIN + (_WIDTH - 2 * _MARGIN) * (min(high, max(low, score)) - low) / (high - low), 1)

    parts = [f'<line x1="{_MARGIN}" x2="{_WIDTH - _MARGIN}" y1="18" y2="18" stroke="{GREY}" stroke-width="1.5"/>']
    written = -99.0
    for point in sorted((p for p in points if p.threshold is not None), key=lambda p: p.threshold):
        place = x(point.threshold)
        parts.append(f'<line x1="{place}" x2="{place}" y1="11" y2="25" stroke="#22262c" stroke-dasharray="2 2"/>')
        if place - written > 21:
            parts.append(f'<text x="{place}" y="37" text-anchor="middle">{point.text}</text>')
            written = place
    if other is not None:
        place = x(other)
        parts.append(f'<path d="M{place} 12l6 6l-6 6l-6 -6z" fill="{ORANGE}" stroke="#fff"/>')
    if own is not None:
        parts.append(f'<circle cx="{x(own)}" cy="18" r="5.5" fill="{BLUE}" stroke="#fff"/>')
    label = f"own class {_said(own)}, other class {_said(other)}"
    return Markup(
        f'<svg class="strip" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
    )


def _said(score: float | None) -> str:
    return "none" if score is None else f"{text(score)}"
