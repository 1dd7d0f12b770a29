"""Lays runs on one split side by side: ``python -m docclf.compare RUN_A RUN_B [RUN ...] -o comparison.html``."""

if __name__ == "__main__":
    import docclf.utils.process.watch  # noqa: F401  first: Ctrl-C while the rest loads

import argparse
from pathlib import Path

from docclf.cli import entry as cli
from docclf.compare import saved
from docclf.errors import InputError
from docclf.measures import keys, measure_of
from docclf.metric.compare import Difference
from docclf.metric.compare import compare as paired
from docclf.report.page import render
from docclf.report.picture import charts
from docclf.report.picture.charts import LETTERS
from docclf.report.picture.figure import PALETTE
from docclf.report.table.facts import facts
from docclf.report.table.numbers import points
from docclf.report.versus import changed, classes, differing
from docclf.utils import atomic


def write(folders: list[Path], out: Path) -> dict[str, list[Difference]]:
    """Writes the page; the first run is what the others are compared with.

    Args:
        folders: run folders, 2 to 8, or their compare.npz.
        out: the page.

    Returns:
        Letter of a run to its differences; an empty list where a run was measured without replicates.

    Raises:
        InputError: runs that cannot be read or are of different splits, protocols or targets.
    """
    if not 2 <= len(folders) <= len(LETTERS):
        raise InputError(f"{len(folders)} run(s) given: give 2 to {len(LETTERS)}.")
    runs = [saved.read(folder) for folder in folders]
    for folder, run in zip(folders[1:], runs[1:], strict=True):
        check(runs[0], run, folders[0], folder)
    pairs, differences = [], {}
    for letter, run in zip(LETTERS[1:], runs[1:], strict=False):
        has_both = None not in (runs[0].result.draws, run.result.draws)
        differences[letter] = paired(runs[0].result, run.result) if has_both else []
        reason = None if has_both else "a run was measured without replicates (metric.replicates=0)."
        pairs.append(
            {"letter": letter, "reason": reason, "changed": changed(runs[0], run), "classes": classes(runs[0], run)}
        )
    letters, results = LETTERS[: len(runs)], [run.result for run in runs]
    text = render(
        "compare.html.j2",
        title="Comparison of " + ", ".join(str(folder) for folder in folders),
        runs=[
            {"letter": letter, "name": str(folder), "saved": run, "colour": colour}
            for letter, folder, run, colour in zip(letters, folders, runs, PALETTE, strict=False)
        ],
        pairs=pairs,
        numbers=numbers(runs, list(differences.values())),
        thresholds=thresholds(runs),
        drawings=[drawing for drawing in (charts.roc(results), charts.det(results)) if drawing],
        legend="; ".join(f"{letter} {folder}" for letter, folder in zip(letters, folders, strict=True)),
        facts=differing([facts(run.about) for run in runs]),
    )
    atomic.write_text(out, text)
    return differences


def check(a: saved.Saved, b: saved.Saved, first: Path, second: Path) -> None:
    """Raises an InputError that says how two runs are not comparable."""
    if a.fingerprint != b.fingerprint:
        kinds = [f"{len(run.names)} images of {len(run.class_names)} classes" for run in (a, b)]
        same = a.names == b.names and a.class_names == b.class_names
        how = "names agree, but labels or pictures do not" if same else f"{kinds[0]} against {kinds[1]}, or other names"
        raise InputError(
            f"{first} and {second} were measured on different splits ({how}; fingerprints {a.fingerprint[:12]} and "
            f"{b.fingerprint[:12]}): evaluate both on the same data, then compare."
        )
    if a.result.protocol != b.result.protocol or a.result.targets != b.result.targets:
        raise InputError(
            f"{first} was measured with {a.result.protocol} at {a.result.targets}, {second} with "
            f"{b.result.protocol} at {b.result.targets}: evaluate both with one metric."
        )


def numbers(runs: list[saved.Saved], differences: list[list[Difference]]) -> list[dict]:
    """Returns one row per measure: its values, and per further run the difference to the first."""
    metrics = [run.result.metrics for run in runs]
    shown = keys("comparison", metrics[0])
    rows = []
    for name in shown + [f"parent/{name}" for name in shown if f"parent/{name}" in metrics[0]]:
        values = [metric.get(name) for metric in metrics]
        if any(value is not None for value in values):
            found = [
                _difference(name, values[0], value, steps) for value, steps in zip(values[1:], differences, strict=True)
            ]
            rows.append({"name": name, "lower": measure_of(name).lower, "values": values, "differences": found})
    return rows


def _difference(name: str, a: float | None, b: float | None, found: list[Difference]) -> dict | None:
    if a is None or b is None:
        return None
    span = next((row for row in found if row.metric == name), None)
    if span is None:
        return {"step": b - a, "low": None, "high": None, "verdict": ""}
    sides = {"up": span.low > 0, "down": span.high < 0}
    if measure_of(name).lower:
        sides = {"up": sides["down"], "down": sides["up"]}
    return {"step": b - a, "low": span.low, "high": span.high, "verdict": next((k for k in sides if sides[k]), "")}


def thresholds(runs: list[saved.Saved]) -> list[tuple[str, list[float | None]]]:
    """Returns (FPR, threshold per run)."""
    tables = [points(run.result) for run in runs]
    return [(row[0].text, [point.threshold for point in row]) for row in zip(*tables, strict=True)]


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m docclf.compare", description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folder of a run with compare.npz")
    parser.add_argument("-o", "--out", type=Path, default=Path("comparison.html"), help="the page to write")
    chosen = parser.parse_args()
    for letter, rows in write(chosen.runs, chosen.out).items():
        for row in rows:
            print(f"{letter} - A  {row.metric:<16} {row.difference:+.4f} [{row.low:+.4f}, {row.high:+.4f}]")
    print(f"comparison: {chosen.out}")


if __name__ == "__main__":
    cli.run(main)
