"""Old and new models as queries and as registers: one cell for each pair, and what the pairs say together."""

from dataclasses import dataclass
from pathlib import Path

from docclf.compare.saved import Saved
from docclf.errors import InputError
from docclf.measures import measure_of, title
from docclf.metric.compare import Difference, compare

MEASURES = ("tpr@fpr=1e-2", "tpr@fpr=1e-4", "fnir@fpir=5e-2", "fnir@fpir=1e-1", "rank1")
LEADS = "rank1"  # what average compatibility counts, as in the literature


@dataclass(frozen=True)
class Cell:
    """One evaluation: whose queries, whose register.

    Args:
        folder: of the run.
        query, register: weights of the two models, first ten digits of their sha256.
        align: how the register was mapped: none, procrustes, map.
        values: measure to value.
        differences: to the first run, by measure.
    """

    folder: Path
    query: str
    register: str
    align: str
    values: dict[str, float | None]
    differences: dict[str, Difference]

    @property
    def crossed(self) -> bool:
        """Whether register and queries come from two models."""
        return self.query != self.register


def cells(runs: dict[Path, Saved]) -> list[Cell]:
    """Returns a cell per run; the first run, of one model alone, is what the others are compared with.

    Raises:
        InputError: the first run crosses models, or a run names no weights.
    """
    first, found = next(iter(runs.values())), []
    for folder, run in runs.items():
        model, register = run.about.get("model", {}), run.about.get("register", {})
        query = model.get("weights_sha256")
        if not isinstance(query, str):
            raise InputError(f"{folder}: says nothing of the weights it measured; evaluate it again with ckpt=PATH.")
        other = register.get("weights_sha256", query)
        steps = {row.metric: row for row in compare(first.result, run.result)} if run is not first else {}
        values = {name: run.result.metrics.get(name) for name in MEASURES if name in run.result.metrics}
        found.append(Cell(folder, query[:10], other[:10], register.get("align", "none"), values, steps))
    if found[0].crossed:
        raise InputError(
            f"{next(iter(runs))} compares two models; give the run of the oldest model alone first: the others are "
            "compared with it."
        )
    return found


def average_compatibility(found: list[Cell]) -> float | None:
    """Returns the share of crossed cells that beat the older model alone (arXiv:2111.07632); ``None`` without any.

    A cell counts when its rank-1 is above that of its register's own model with itself.
    """
    own = {cell.register: cell.values.get(LEADS) for cell in found if not cell.crossed}
    crossed = [cell for cell in found if cell.crossed and None not in (cell.values.get(LEADS), own.get(cell.register))]
    if not crossed:
        return None
    return sum(cell.values[LEADS] > own[cell.register] for cell in crossed) / len(crossed)


def lines(found: list[Cell]) -> list[str]:
    """Returns the matrix as text, a line per cell."""
    head = ["queries", "register", "align", *(title(name) for name in found[0].values)]
    rows = [[cell.query, cell.register, cell.align, *(number(cell, name) for name in cell.values)] for cell in found]
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in [head, *rows]]


def number(cell: Cell, name: str) -> str:
    """Returns a value, and its difference to the first run with the paired 95 % interval."""
    value, step = cell.values[name], cell.differences.get(name)
    if value is None:
        return "not resolved"
    return f"{value:.4f}" + (f" ({step.difference:+.3f} [{step.low:+.3f}, {step.high:+.3f}])" if step else "")


def verdict(cell: Cell, name: str) -> str:
    """Returns up or down where the interval of the difference leaves out 0, else an empty text."""
    step = cell.differences.get(name)
    if step is None or step.low <= 0 <= step.high:
        return ""
    return "down" if (step.low > 0) == measure_of(name).lower else "up"
