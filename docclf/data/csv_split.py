"""A csv table of images with a split column, for evaluation only."""

import hashlib
import logging
from pathlib import Path

import numpy as np

from docclf.data.dataset import EvaluationOnly
from docclf.data.evaluation.loader import EvaluationPart
from docclf.data.evaluation.rows import cropped, validation_rows
from docclf.data.evaluation.set import SPLITS, EvaluationSet
from docclf.data.index.hashes import Hashes, of_files
from docclf.data.sources.scan import check_folder
from docclf.errors import InputError
from docclf.imaging.read import MAX_PIXELS, read_image

_log = logging.getLogger(__name__)


class CsvSplit(EvaluationOnly):
    """Evaluates on the rows of a csv whose split is validation: queries against the gallery.

    The columns are those that OpenMetricLearning writes: path, label, split (train or validation), is_query and
    is_gallery (True, False, 1, 0, or empty for train), and x_1, y_1, x_2, y_2 for the part of the picture that is
    meant (pixels, empty for all of it); others are ignored. Both splits, val and test, are these rows.

    Args:
        image_size: side S, pixels.
        seed: not used; the csv says which images are compared.
        root: the folder that the paths are relative to.
        csv: the file, relative to the working directory.
        batch_size: images per batch.
        mode: split, or all_pairs (with `metric=all_pairs`): each class's first image counts as registered, the rest
            as queries, and that metric pairs them all.
        threads: threads that read; None takes the cores of this process.
        max_pixels: larger images are refused.
        augment: not used; every data set is given one.

    Raises:
        InputError: a column or file is missing, a value is unknown, or an image is query and gallery at once.
    """

    kind = "csv"

    def __init__(
        self,
        image_size: int,
        seed: int,
        root: str,
        csv: str,
        batch_size: int = 256,
        mode: str = "split",
        threads: int | None = None,
        max_pixels: int = MAX_PIXELS,
        augment=None,
    ):
        if mode not in ("split", "all_pairs"):
            raise InputError(f"data.mode={mode!r}: want split or all_pairs.")
        folder = check_folder(root, "data.root")
        rows = validation_rows(csv, folder)
        register, query = _all_pairs(rows) if mode == "all_pairs" else _parts(csv, rows)
        registered = sorted({row["label"] for row in register})
        classes = registered + sorted({row["label"] for row in query} - set(registered))
        numbers = {name: number for number, name in enumerate(classes)}

        def part(chosen: list[dict]) -> EvaluationPart:
            labels = np.array([numbers[row["label"]] for row in chosen], dtype=np.int64)

            def read(i: int) -> np.ndarray:
                path = chosen[i]["path"]
                return cropped(read_image(folder / path, max_pixels, name=path), chosen[i])

            files = list(dict.fromkeys(row["path"] for row in chosen))  # several rows may be boxes of one file

            def hashes() -> Hashes:
                return of_files([folder / path for path in files], files, max_pixels)

            return EvaluationPart([row["name"] for row in chosen], labels, read, hashes)

        if boxes := sum(row["box"] is not None for row in rows):
            _log.info("%s: %d of %d images are cropped to their boxes (x_1, y_1, x_2, y_2)", csv, boxes, len(rows))

        sides = {"register": part(register), "query": part(query)}
        parts = {(split, side): sides[side] for split in SPLITS for side in sides}
        described = {
            "root": str(folder),
            "csv": str(csv),
            "layout": mode,
            "boxes": boxes,
            "fingerprint": hashlib.sha256(Path(csv).expanduser().read_bytes()).hexdigest(),
            "fingerprint_covers": "the csv file",
            "val_and_test": "the same images",
        }
        super().__init__(
            EvaluationSet(parts, dict.fromkeys(SPLITS, classes), image_size, batch_size, threads, described)
        )


def _parts(path: str, rows: list[dict]) -> tuple[list[dict], list[dict]]:
    gallery, query = ([row for row in rows if row[name]] for name in ("is_gallery", "is_query"))
    known = {row["name"] for row in gallery}
    both = [f"row {row['line']} ({row['name']})" for row in query if row["name"] in known]
    if both:
        raise InputError(
            f"data.csv={path}: {len(both)} images are both query and gallery and would match themselves, for example "
            f"{', '.join(both[:5])}. Separate them, or compare all with all: data.mode=all_pairs metric=all_pairs."
        )
    if not gallery or not query:
        raise InputError(
            f"data.csv={path}: the validation rows hold {len(gallery)} gallery images and {len(query)} queries; want "
            "at least one of each."
        )
    return gallery, query


def _all_pairs(rows: list[dict]) -> tuple[list[dict], list[dict]]:
    first = {}
    for row in rows:
        if row["is_query"] or row["is_gallery"]:
            first.setdefault(row["label"], row["name"])
    unique = {row["name"]: row for row in reversed(rows) if row["is_query"] or row["is_gallery"]}
    chosen = sorted(unique.values(), key=lambda row: row["line"])
    register = [row for row in chosen if first[row["label"]] == row["name"]]
    query = [row for row in chosen if first[row["label"]] != row["name"]]
    if not query:
        raise InputError("data.mode=all_pairs: no class has two validation images, so there is nothing to compare.")
    return register, query
