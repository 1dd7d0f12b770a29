"""Embeddings that were computed elsewhere, as something to evaluate."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from docclf.errors import InputError
from docclf.imaging.read import read_image
from docclf.model.base import Ready
from docclf.utils.reading.arrays import read_npy
from docclf.utils.reading.table import find_file, missing_hint, read_table

PARTS = ("register", "query")


class Embeddings(Ready):
    """A folder of embeddings and labels; it stands for the model and for the data set, and needs no images.

    Either `register.npy`, `query.npy` [n,D] with `register.csv`, `query.csv` (columns label and, if wanted, path), or
    `embeddings.npy` with `labels.csv` (columns label, part and, if wanted, path). Both splits, val and test, are these.

    Args:
        root: the folder, relative to the working directory; paths in a csv are relative to it.

    Raises:
        InputError: a file, column or image is missing, numbers of rows or widths differ, or values are not finite.
    """

    image_size: int | None = None

    def __init__(self, root: str) -> None:
        self.root = Path(root).expanduser()
        if not self.root.is_dir():
            raise InputError(f"model.root={root}: there is no such folder; expected register.npy, query.npy and csv.")
        found = self._one_file() if (self.root / "embeddings.npy").exists() else self._two_files()
        self.embeddings = {part: values for part, (values, _) in found.items()}
        rows = {part: rows for part, (_, rows) in found.items()}
        for part in PARTS:
            if not rows[part]:
                raise InputError(f"model.root={root}: there is not a single {part} row.")
        widths = [self.embeddings[part].shape[1] for part in PARTS]
        if widths[0] != widths[1]:
            raise InputError(
                f"model.root={root}: register embeddings have {widths[0]} numbers and query embeddings {widths[1]}; "
                "both must come from one model."
            )
        registered = sorted({row["label"] for row in rows["register"]})
        self.classes = registered + sorted({row["label"] for row in rows["query"]} - set(registered))
        number = {name: i for i, name in enumerate(self.classes)}
        self.labels = {part: torch.tensor([number[row["label"]] for row in rows[part]]) for part in PARTS}
        self.paths = {part: [row.get("path") or "" for row in rows[part]] for part in PARTS}
        self.has_images = all(path for part in PARTS for path in self.paths[part])
        self._check_paths()

    def split(self, split: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Returns register embeddings [R,D], their labels, query embeddings [Q,D] and theirs."""
        return tuple(x for part in PARTS for x in (torch.from_numpy(self.embeddings[part]), self.labels[part]))

    def class_names(self, split: str) -> list[str]:
        """Returns the class names; the index is the label."""
        return self.classes

    def item_names(self, split: str, part: str) -> list[str]:
        """Returns the paths of a part, or its row numbers where the csv has none."""
        return [path or f"{part} row {i}" for i, path in enumerate(self.paths[part])]

    def image(self, split: str, part: str, i: int) -> np.ndarray:
        """Returns image i of a part, uint8 [H,W,3]; only when the csv has a path for each."""
        return read_image(self.root / self.paths[part][i])

    def describe(self) -> dict:
        """Returns what the results name of it."""
        counts = {part: list(self.embeddings[part].shape) for part in PARTS}
        return {"kind": "embeddings", "root": str(self.root), **counts, "classes": len(self.classes)}

    def _two_files(self) -> dict[str, tuple[np.ndarray, list[dict]]]:
        return {part: self._pair(f"{part}.npy", f"{part}.csv", ("label",)) for part in PARTS}

    def _one_file(self) -> dict[str, tuple[np.ndarray, list[dict]]]:
        values, rows = self._pair("embeddings.npy", "labels.csv", ("label", "part"))
        for line, row in enumerate(rows, 2):
            if row["part"] not in PARTS:
                raise InputError(
                    f"{self.root / 'labels.csv'}, row {line}: part={row['part']!r}; want register or query."
                )
        chosen = {part: [i for i, row in enumerate(rows) if row["part"] == part] for part in PARTS}
        return {part: (values[chosen[part]], [rows[i] for i in chosen[part]]) for part in PARTS}

    def _pair(self, array: str, table: str, columns: tuple[str, ...]) -> tuple[np.ndarray, list[dict]]:
        for name in (array, table):
            if not (self.root / name).is_file():
                raise InputError(
                    f"{self.root / name} is missing; expected register.npy, query.npy, register.csv and query.csv, or "
                    "embeddings.npy and labels.csv."
                )
        values = read_npy(self.root / array)
        if values.ndim != 2 or values.dtype.kind not in "fiu":
            raise InputError(f"{self.root / array}: is {values.dtype} {values.shape}; want numbers [n,D].")
        values = values.astype(np.float32)
        bad = np.flatnonzero(~np.isfinite(values).all(1))
        if len(bad):
            raise InputError(
                f"{self.root / array}: {len(bad)} of {len(values)} rows hold NaN or infinite values, for example row "
                f"{bad[0]} (counted from 0); compute them again or leave them out."
            )
        rows = _rows(self.root / table, columns)
        if len(rows) != len(values):
            raise InputError(f"{self.root / table} has {len(rows)} rows, but {array} has {len(values)}; want one each.")
        return values, rows

    def _check_paths(self) -> None:
        places = {path: find_file(self.root, path) for part in PARTS for path in self.paths[part] if path}
        missing = [path for path, place in places.items() if place is None]
        if missing:
            raise InputError(
                f"{len(missing)} of {len(places)} files named in the csv are not there, for example "
                f"{', '.join(missing[:5])}; relative to {self.root}.{missing_hint(missing)} Without the column path no "
                "images are needed."
            )
        self.paths = {part: [places.get(path, path) for path in self.paths[part]] for part in PARTS}


def _rows(path: Path, columns: tuple[str, ...]) -> list[dict]:
    """Returns the rows of a csv file as dicts.

    Raises:
        InputError: no such table, a column is missing or a label is empty.
    """
    header, rows = read_table(path, "labels")
    absent = [name for name in columns if name not in header]
    if absent:
        raise InputError(f"{path}: column {', '.join(absent)} is missing; it has {', '.join(header) or 'none'}.")
    for line, row in rows:
        if not row["label"]:
            raise InputError(f"{path}, row {line}: label is empty.")
    return [row for _, row in rows]
