"""The table of classes."""

from typing import Any

from docclf.measures import keys
from docclf.report.inputs import Evaluation
from docclf.report.table.numbers import table_csv


def by_class(evaluation: Evaluation, result: Any) -> list[dict]:
    """Returns the rows of a result with names for numbers, worst first; registered classes before the others."""
    rows = []
    for entry in result.classes:
        other = entry["confused"]
        rows.append(entry | {"name": evaluation.class_names[entry["class"]],
                             "confused": None if other is None else evaluation.class_names[other]})  # fmt: skip

    def key(row: dict) -> tuple:
        return tuple(2.0 if row.get(name) is None else row[name] for name in keys("class"))

    return sorted(rows, key=key)


def classes_csv(rows: list[dict]) -> str:
    """Returns the table as CSV."""
    columns = tuple(rows[0]) if rows else ("class",)
    columns = ("name", *(column for column in columns if column != "name"))
    return table_csv(columns, [tuple(row.get(column) for column in columns) for row in rows])
