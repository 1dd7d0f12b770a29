"""The table as a page with curves, which needs nothing else."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from docclf.report.page import render
from docclf.report.picture.figure import GREY, PALETTE, Drawing, decade, draw
from docclf.results import file as results
from experiments.table import markdown
from experiments.table.rows import MEASURES, Block, Row

DRAWN = len(PALETTE)  # curves in one drawing; the reference and the rows after it


def document(blocks: list[Block]) -> str:
    """Returns TABLE.html."""
    return render(
        "table.html.j2",
        title="Results",
        blocks=[_block(block, f"b{at}") for at, block in enumerate(blocks, 1)],
        measures=MEASURES,
        number=markdown.number,
    )


def _block(block: Block, place: str) -> dict:
    sets = []
    for at, name in enumerate(block.sets):
        rows = [row for row in block.rows if name in row.values]
        sets.append({
            "name": name, "about": markdown.about(block, name), "point": block.point(name), "rows": rows,
            "drawings": rocs(rows, name, f"{place}-{at}"), "legend": _legend(rows)})  # fmt: skip
    trained = [row for row in block.rows if row.any["learning"]]
    head, lines = markdown.costs(block)
    return {
        "title": _plain(markdown.title(block)), "budget": _plain(markdown.budget(block)),
        "missing": block.missing, "sets": sets,
        "published": block.family == "table", "cost": (head, [[_plain(cell) for cell in line] for line in lines]),
        "learning": learning(trained, f"{place}-learning"), "legend": _legend(trained),
    }  # fmt: skip


def _plain(text: str) -> str:
    return text.replace("`", "")


def _legend(rows: Sequence[Row]) -> str:
    return "; ".join(f"{chr(65 + at)} {row.name}" for at, row in enumerate(rows[:DRAWN]))


def rocs(rows: Sequence[Row], name: str, place: str) -> list[Drawing]:
    """Returns the ROC of the first rows on a set, one letter and colour each; of several seeds the lowest."""
    lines = [row.records[name][0] for row in rows[:DRAWN]]
    least = min((record["metrics"]["fpr_floor"] or 1.0 for record in lines), default=1.0)

    def paint(axes: Axes) -> None:
        for at, record in enumerate(lines):
            known = [(x, y) for x, y in zip(results.CURVE, record["roc"], strict=True) if y is not None]
            if known:
                axes.plot(*zip(*known, strict=True), color=PALETTE[at], label=chr(65 + at), marker=".", ms=3)
        axes.plot(results.CURVE, results.CURVE, color=GREY, lw=1, ls=(0, (3, 3)), label="chance")
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(decade)
        axes.set(xlim=(max(least / 2, 5e-6), 1.15), ylim=(0, 1.02), xlabel="false-positive rate (FPR)",
                 ylabel="true-positive rate (TPR)")  # fmt: skip
        axes.legend(fontsize=8.5)

    return [draw(f"roc-{place}", f"ROC on {name}", paint)] if lines else []


def learning(rows: Sequence[Row], place: str) -> Drawing | None:
    """Returns the validation rank-1 of the first rows over the training samples, or None without any."""
    if not rows:
        return None

    def paint(axes: Axes) -> None:
        for at, row in enumerate(rows[:DRAWN]):
            curve = row.any["learning"]
            axes.plot([x for x, *_ in curve], [y for *_, y in curve], color=PALETTE[at], label=chr(65 + at), marker=".")
        axes.set(ylim=(0, 1.02), xlabel="training samples seen", ylabel="validation rank-1")
        axes.legend(fontsize=8.5)

    return draw(f"learning-{place}", "Validation while training", paint)
