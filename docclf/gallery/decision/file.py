"""A calibration as a gallery file holds it, looked at when it is loaded."""

from pathlib import Path
from typing import Any

import numpy as np

from docclf.calibrate import probability
from docclf.calibrate.photographs import Photographs
from docclf.errors import InputError
from docclf.gallery.decision.held import ARRAYS, Calibration, Settings

_VALUES = {"value": (-1, 1), "rate": (0, 1), "bound": (0, 1), "tpr": (0, 1)}


def read(path: Path, head: Any, arrays: dict[str, np.ndarray], labels: list[str], width: int) -> Calibration:
    """Returns the calibration of a file.

    Args:
        path: the file, for messages.
        head: of `docclf.gallery.decision.held.plain`.
        arrays: of the file.
        labels: of the registered images.
        width: of their vectors.

    Raises:
        InputError: it is not what is written there.
    """
    where = f"{path}: its calibration"
    try:
        settings = Settings(**head["settings"])
        by_label = head["by_label"]
        whole = set(head) == {"settings", "by_label", "probability"} and type(settings.captures) is int
        whole &= set(by_label) == set(labels) and all(_row(row) for row in by_label.values())
        taken = Photographs(**{name: arrays[f"photographs_{name}"] for name in ARRAYS})
        for name in ("against", "foreign", "vectors"):
            rows = getattr(taken, name)
            whole &= rows.dtype == np.float32 and rows.shape[1:] == (width,) and bool(np.isfinite(rows).all())
        whole &= taken.owner.dtype == np.int64 and taken.owner.shape == (len(taken.vectors),)
        whole &= len(taken.owner) > 0 and 0 <= taken.owner.min() and taken.owner.max() < len(labels)
        whole &= len(taken.against) > 0 and len(taken.foreign) > 0 and _checked(taken, len(labels))
    except InputError:
        raise
    except (TypeError, KeyError, ValueError, IndexError, AttributeError) as error:
        raise InputError(f"{where} is damaged ({type(error).__name__}); calibrate it anew.") from error
    if not whole:
        raise InputError(f"{where} does not fit its images; calibrate it anew.")
    return Calibration(settings, taken, by_label, probability.checked(head["probability"], where))


def _row(row: Any) -> bool:
    return type(row) is dict and set(row) == set(_VALUES) and all(
        type(row[name]) in (int, float) and low <= row[name] <= high for name, (low, high) in _VALUES.items()
    )  # fmt: skip


def _checked(taken: Photographs, images: int) -> bool:
    rows = taken.checked
    if rows.dtype != np.float32 or rows.ndim != 2 or rows.shape[1] != 3 or not np.isfinite(rows).all():
        return False
    if not len(rows):
        return True
    photo, image, score = rows.min(0).tolist(), rows.max(0).tolist(), rows[:, 2]
    return bool(
        -len(taken.foreign) <= photo[0] and image[0] < len(taken) and 0 <= photo[1] and image[1] < images
        and score.min() >= 0 and score.max() <= 1
    )  # fmt: skip
