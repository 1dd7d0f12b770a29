"""Writes the report of one evaluation: a page that needs nothing else, pictures, and tables."""

from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup

from docclf.measures import keys, measure_of, title
from docclf.report.inputs import Evaluation
from docclf.report.outcome import Outcome, outcome
from docclf.report.picture import charts
from docclf.report.picture.embedding_map import maps
from docclf.report.picture.figure import PALETTE
from docclf.report.picture.hardest import false_accepts, false_rejects
from docclf.report.picture.strip import strip
from docclf.report.picture.thumbnail import Thumbnails
from docclf.report.table.classes import by_class, classes_csv
from docclf.report.table.facts import facts
from docclf.report.table.numbers import Point, points, queries_csv, sub_labels, thresholds_csv
from docclf.report.table.worst import worst
from docclf.utils import atomic, cosines
from docclf.utils.text import shown as readable


def write(folder: Path, result: Any, evaluation: Evaluation, about: dict) -> list[Path]:
    """Writes report.html, PNGs, thresholds.csv, classes.csv and queries.csv, each whole or not at all.

    Args:
        folder: where to.
        result: of a metric.
        evaluation: what was measured.
        about: facts named beside the numbers; nested dicts of plain values.

    Returns:
        The files, the page first.

    Raises:
        InputError: when a file cannot be written.
    """
    found = outcome(evaluation, result.protocol)
    rows = points(result)
    bad = worst(evaluation, found, result)
    shown = [row.label for row in bad[: len(PALETTE)]]
    drawn = maps(evaluation, shown)
    drawings = {
        "roc": charts.roc([result], rows),
        "det": charts.det([result], rows),
        "open_set": charts.open_set(result),
        "histogram": charts.histogram(result, rows),
        "linear": drawn.linear,
        "neighbours": drawn.neighbours,
    }
    table = by_class(evaluation, result)
    text = render(
        "report.html.j2",
        title=str(about.get("name") or folder.resolve().name),
        result=result,
        metrics=result.metrics,
        evaluation=evaluation,
        points=rows,
        tiles=tiles(result, rows),
        measured=measured(result.metrics, keys("report", result.metrics)),
        drawings=drawings,
        maps=drawn,
        worst=bad,
        accepts=false_accepts(evaluation, result, found, rows),
        rejects=false_rejects(evaluation, result, found, rows),
        strip=lambda own, other: strip(own, other, rows, _ends(result, found, rows)),
        thumbnail=Thumbnails(evaluation).uri,
        drawing=lambda query, seen: seen[0].drawing_uri(evaluation.image(*query), evaluation.image(*seen[1])),
        classes=table,
        sub_labels=sub_labels(evaluation, found, result.metrics),
        facts=facts(about),
    )
    contents = {
        "report.html": text,
        "thresholds.csv": thresholds_csv(rows, result.metrics),
        "classes.csv": classes_csv(table),
        "queries.csv": queries_csv(evaluation, found),
    }
    contents |= {f"{drawing.name}.png": drawing.png for drawing in drawings.values() if drawing is not None}
    for name, content in contents.items():
        atomic.write_bytes(folder / name, content if isinstance(content, bytes) else _encoded(name, content))
    return [folder / name for name in contents]


def render(template: str, **values: Any) -> str:
    """Returns a page from a template of this folder; every value is escaped unless it is Markup."""
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True,
                                     undefined=jinja2.StrictUndefined, finalize=_readable)  # fmt: skip
    environment.filters |= {"share": share, "number": number, "signed": signed, "cosine": cosines.text}
    return environment.get_template(template).render(**values)


def _encoded(name: str, content: str) -> bytes:
    """Returns a page as UTF-8, and a table with the very bytes of each name, so that it finds the file again."""
    return content.encode("utf-8", "surrogateescape" if name.endswith(".csv") else "backslashreplace")


def _readable(value: Any) -> Any:
    """Returns a value for a page: text with what would end a line or turn its direction spelled out."""
    return readable(value, keep="\n\t") if isinstance(value, str) and not isinstance(value, Markup) else value


def tiles(result: Any, rows: list) -> list[dict]:
    """Returns the few numbers that stand at the top of a page."""
    resolved = [row for row in rows if row.tpr is not None]
    chosen = next((row.text for row in resolved if row.text == "1e-4"), resolved[-1].text if resolved else None)
    shown = keys("tile", result.metrics)
    return measured(result.metrics, [key for key in shown if measure_of(key).at != "fpr" or key.endswith(f"={chosen}")])


def measured(metrics: dict, chosen: list[str]) -> list[dict]:
    """Returns title, value, interval and direction of each measure that is defined."""
    ends = ("low", "high")
    return [
        {"name": title(key), "value": metrics[key], "lower": measure_of(key).lower}
        | {end: metrics.get(f"{key}/{end}") for end in ends}
        for key in chosen
        if metrics.get(key) is not None
    ]


def share(value: float | None) -> str:
    """Returns a share with four digits; a dash for none."""
    return "–" if value is None or value != value else f"{value:.4f}"


def number(value: float | None) -> str:
    """Returns a count with separators; a dash for none."""
    return "–" if value is None else f"{value:,}"


def signed(value: float) -> str:
    """Returns a difference with its sign and four digits."""
    return f"{value:+.4f}".replace("-", "−")


def _ends(result: Any, found: Outcome, rows: list[Point]) -> tuple[float, float]:
    """Ends of the score lines: from just below the lowest genuine pair (or 0) to just above the highest score met."""
    scores = np.concatenate([[0.0], found.own, found.other, [row.threshold or 0.0 for row in rows]])
    lowest = min([0.0, *(pair[2] for pair in result.false_rejects[:1])])
    return max(-1.05, lowest - 0.05), min(1.02, float(np.nanmax(scores)) + 0.05)
