"""The validation rows of a csv table: files that are there, flags, and the part of each picture that is meant."""

from pathlib import Path

import numpy as np

from docclf.errors import InputError
from docclf.utils.reading.table import find_file, missing_hint, read_table

COLUMNS = ("path", "label", "split", "is_query", "is_gallery")
BOX = ("x_1", "y_1", "x_2", "y_2")
FLAGS = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False, "": False}
_LEAST = 2  # pixels a box has on each side


def validation_rows(table: str, folder: Path) -> list[dict]:
    """Returns the rows whose split is validation, with the columns and `line`, `box` and `name`.

    `box` is (left, top, right, bottom) in pixels of the upright picture, the last two exclusive, or None for all of
    it; `name` tells two boxes of one file apart.

    Args:
        table: the csv file.
        folder: what the paths are relative to.

    Raises:
        InputError: a column or file is missing, or a value is unknown.
    """
    header, rows = read_table(table, "data.csv")
    absent = [name for name in COLUMNS if name not in header]
    some = [name for name in BOX if name in header]
    if absent or len(some) not in (0, len(BOX)):
        absent = absent or [name for name in BOX if name not in some]
        raise InputError(
            f"data.csv={table}: column {', '.join(absent)} is missing; expected {', '.join(COLUMNS)}, and all or none "
            f"of {', '.join(BOX)}; found {', '.join(header) or 'none'}."
        )
    found = [_checked(table, line, row) for line, row in rows if _split(table, line, row) == "validation"]
    places = {text: find_file(folder, text) for text in dict.fromkeys(row["path"] for row in found)}
    missing = [text for text, place in places.items() if place is None]
    if missing:
        raise InputError(
            f"data.csv={table}: {len(missing)} of {len(places)} validation files are not below {folder}, for example "
            f"{', '.join(missing[:5])}; data.root is the folder that the paths are relative to.{missing_hint(missing)}"
        )
    for row in found:
        row["path"] = places[row["path"]]
        row["name"] = row["path"] + (f"[{','.join(map(str, row['box']))}]" if row["box"] else "")
    return found


def cropped(image: np.ndarray, row: dict) -> np.ndarray:
    """Returns the part of an upright picture uint8 [H,W,3] that a row means.

    Raises:
        InputError: the box reaches beyond the picture.
    """
    if row["box"] is None:
        return image
    left, top, right, bottom = row["box"]
    if right > image.shape[1] or bottom > image.shape[0]:
        raise InputError(
            f"row {row['line']}, {row['path']}: the box {left}, {top}, {right}, {bottom} (x_1, y_1, x_2, y_2) reaches "
            f"beyond the picture of {image.shape[1]} x {image.shape[0]} pixels; boxes are of the picture as it is "
            "shown, turned as its metadata say."
        )
    return np.ascontiguousarray(image[top:bottom, left:right])


def _split(table: str, line: int, row: dict) -> str:
    if row["split"].lower() not in ("train", "validation"):
        raise InputError(f"data.csv={table}, row {line}: split={row['split']!r}; want train or validation.")
    return row["split"].lower()


def _checked(table: str, line: int, row: dict) -> dict:
    if not row["path"].strip() or not row["label"]:
        raise InputError(f"data.csv={table}, row {line}: path and label must not be empty.")
    for name in ("is_query", "is_gallery"):
        flag = FLAGS.get(row[name].lower())
        if flag is None:
            raise InputError(f"data.csv={table}, row {line}: {name}={row[name]!r}; want True or False.")
        row[name] = flag
    return row | {"line": line, "box": _box(table, line, [row.get(name, "") for name in BOX])}


def _box(table: str, line: int, values: list[str]) -> tuple[int, int, int, int] | None:
    if all(value.lower() in ("", "nan", "none") for value in values):
        return None
    try:
        numbers = [float(value) for value in values]
        left, top, right, bottom = map(int, numbers)
        whole = numbers == [left, top, right, bottom]
    except (ValueError, OverflowError):
        whole = False
    if not whole or min(left, top) < 0 or right - left < _LEAST or bottom - top < _LEAST:
        said = ", ".join(f"{name}={value}" for name, value in zip(BOX, values, strict=True))
        raise InputError(
            f"data.csv={table}, row {line}: {said}; want whole pixels with 0 <= x_1 < x_2 and 0 <= y_1 < y_2, at least "
            f"{_LEAST} on each side, or all four empty for the whole picture."
        )
    return left, top, right, bottom
