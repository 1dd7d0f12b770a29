"""Records to the rows of a table: seeds together, each evaluation set a cell, differences to a reference in pairs."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from docclf.errors import InputError
from docclf.measures import keys
from docclf.results import file as results
from docclf.results import replicates
from experiments.table.original import PUBLISHED, REFERENCE

POINTS = ("1e-4", "1e-3", "1e-2")
MEASURES = tuple(keys("ablation"))


@dataclass
class Value:
    """One measure of one row on one set, over its seeds.

    Args:
        mean: over seeds; None where a seed has no such number.
        low, high: 95 % interval of a single seed; range of several.
        seeds: how many.
        bound: where the pairs do not resolve the point, the TPR above every impostor.
        floor: the FPR that this TPR is only known not to exceed.
        step: difference to the reference, with its paired interval; None without.
    """

    mean: float | None
    low: float | None
    high: float | None
    seeds: int
    bound: float | None = None
    floor: float | None = None
    step: tuple[float, float, float] | None = None


@dataclass
class Row:
    """One row of a table: the records of a run's seeds, newest of each."""

    name: str
    text: str
    published: tuple[float | None, float | None]
    records: dict[str, list[dict]] = field(default_factory=dict)
    values: dict[str, dict[str, Value]] = field(default_factory=dict)

    @property
    def any(self) -> dict[str, Any]:
        """A record of the row, for what all its records share."""
        return next(iter(self.records.values()))[0]


@dataclass
class Block:
    """Rows of one family at one budget, the reference first among equals.

    Args:
        family: what stands before the slash of a row's name.
        budget: name of the budget.
        reference: name of the row the others are compared with.
        sets: evaluation sets, in order.
        rows: those that ran.
        missing: published rows that did not run at this budget.
    """

    family: str
    budget: str
    reference: str
    sets: list[str]
    rows: list[Row]
    missing: list[str]

    def point(self, name: str) -> str:
        """Returns the smallest FPR of `POINTS` that all rows resolve on a set."""
        at = [row.values[name] for row in self.rows if name in row.values]
        for text in POINTS:
            if all(values[f"tpr@fpr={text}"].mean is not None for values in at):
                return text
        return POINTS[-1]


def load(paths: list[Path]) -> list[dict]:
    """Returns the records of several files; of several lines of one run the one read last.

    Raises:
        InputError: no file, or a broken line.
    """
    found: dict[tuple, dict] = {}
    for path in paths:
        if not path.is_file():
            raise InputError(f"{path}: there is no such file of results; runs write one with results=PATH.jsonl.")
        for record in results.read(path):
            found.pop(results.key(record), None)
            found[results.key(record)] = record
    return list(found.values())


def blocks(records: list[dict]) -> list[Block]:
    """Returns a block per family and budget; rows without training (HOG, untrained) stand in each."""
    learned = [record for record in records if record["training"]]
    others = [record for record in records if not record["training"]]
    groups: dict[tuple[str, str], list[dict]] = {}
    for record in learned:
        groups.setdefault((_family(record["row"]), record["budget"] or "full"), []).append(record)
    if not groups and others:
        groups["", "none"] = []
    return [_block(*key, group, others) for key, group in sorted(groups.items())]


def _family(row: str) -> str:
    return row.partition("/")[0] if "/" in row else ""


def _block(family: str, budget: str, learned: list[dict], others: list[dict]) -> Block:
    names = dict.fromkeys(record["set"] for record in learned) or dict.fromkeys(record["set"] for record in others)
    sets = sorted(names, key=lambda name: (name == "own", name != "documents", name != "synthetic", name))
    splits = {(record["set"], record["split"]) for record in learned}
    beside = [record for record in others if not learned or (record["set"], record["split"]) in splits]
    rows = _rows(learned) + _rows(beside)
    order = {row.row: at for at, row in enumerate(PUBLISHED)}
    reference = REFERENCE.get(family, "")
    if reference not in {row.name for row in rows}:
        reference = min((row.name for row in rows), key=lambda name: (order.get(name, 99), name))
    rows.sort(key=lambda row: (row.any["training"] is None, row.name != reference, order.get(row.name, 99), row.name))
    first = next(row for row in rows if row.name == reference)
    for row in rows:
        for name, found in row.records.items():
            row.values[name] = {measure: _value(found, first, name, measure) for measure in MEASURES}
    ran = {row.name for row in rows}
    missing = [row.row for row in PUBLISHED if row.row not in ran] if family == "table" else []
    return Block(family, budget, reference, sets, rows, missing)


def _rows(records: list[dict]) -> list[Row]:
    texts = {row.row: (row.text, (row.tpr, row.auroc)) for row in PUBLISHED}
    rows: dict[str, Row] = {}
    for record in records:
        name = record["row"]
        row = rows.setdefault(name, Row(name, *texts.get(name, (name.rpartition("/")[2], (None, None)))))
        kept = {other["seed"]: other for other in row.records.get(record["set"], [])} | {record["seed"]: record}
        row.records[record["set"]] = [kept[seed] for seed in sorted(kept)]
    return list(rows.values())


def _value(found: list[dict], reference: Row, name: str, measure: str) -> Value:
    metrics = [record["metrics"] for record in found]
    numbers = [metric.get(measure) for metric in metrics]
    if None in numbers:
        bounds = [metric.get(f"{measure}/bound") for metric in metrics]
        bound = None if None in bounds else float(np.mean(bounds))
        return Value(None, None, None, len(found), bound, metrics[0]["fpr_floor"])
    mean = float(np.mean(numbers))
    low, high = min(numbers), max(numbers)
    if len(found) == 1:
        low, high = (metrics[0].get(f"{measure}/{end}") for end in ("low", "high"))
    return Value(mean, low, high, len(found), step=difference(reference.records.get(name, []), found, measure))


def difference(reference: list[dict], found: list[dict], measure: str) -> tuple[float, float, float] | None:
    """Returns the mean difference over the seeds that both ran, with its paired 95 % interval, or ``None``.

    The interval is that of the test set (its classes and captures drawn anew); the spread of seeds is not in it.
    A reference of one seed, or a row without seeds such as HOG, is paired with every seed of the other.
    """
    if not reference or not found or reference == found:
        return None
    theirs = {record["seed"]: record for record in reference}
    pairs = [(theirs[record["seed"]], record) for record in found if record["seed"] in theirs]
    if found[0]["training"] is None:
        pairs = [(record, found[0]) for record in reference]
    steps, draws = [], []
    for a, b in pairs:
        if replicates.difference(a, b, measure) is None:
            return None
        steps.append(b["metrics"][measure] - a["metrics"][measure])
        one, other = (replicates.unpack(record["draws"])[measure] for record in (a, b))
        count = min(len(one), len(other))
        draws.append(other[:count] - one[:count])
    if not steps:
        return None
    count = min(map(len, draws))
    low, high = np.nanquantile(np.mean([steps[:count] for steps in draws], 0), [0.025, 0.975])
    return float(np.mean(steps)), float(low), float(high)
