"""What a calibrated gallery keeps: how it was calibrated, simulated photographs, and what was found with them."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from docclf.calibrate.bound import TARGETS
from docclf.calibrate.photographs import Photographs
from docclf.errors import InputError
from docclf.score.rule import Score


@dataclass(frozen=True)
class Settings:
    """How a gallery is calibrated.

    Args:
        measure: fpr (of pairs) or fpir (of queries of no registered type).
        target: promised rate, one of `docclf.calibrate.bound.TARGETS`.
        score: rule from cosines to scores, by its kind; verified only where the gallery verifies.
        alpha: of the margin.
        per_label: a threshold for each label.
        captures: simulated photographs of each image.
        cohort: drawn documents that play what is not registered.
        seed: of them all.
    """

    measure: str = "fpr"
    target: float = 1e-3
    score: str = "cosine"
    alpha: float = 0.4
    per_label: bool = False
    captures: int | None = None
    cohort: int = 100
    seed: int = 0

    def __post_init__(self) -> None:
        if self.measure not in TARGETS or self.target not in TARGETS[self.measure]:
            known = ", ".join(f"{target:g}" for target in TARGETS.get(self.measure, ()))
            raise InputError(f"--{self.measure} {self.target}: want one of {known}.")
        if self.per_label and self.measure != "fpr":
            raise InputError(
                "--per-label: a query of no registered type has no label; thresholds by label go with --fpr."
            )
        Score(self.score, self.alpha)


@dataclass
class Calibration:
    """What a gallery keeps: settings, simulated photographs, and what was found with them."""

    settings: Settings
    photographs: Photographs
    by_label: dict[str, dict[str, float]]
    probability: dict[str, Any]

    @property
    def cohort(self) -> str:
        """The name of the cohort: what was drawn, how many, which."""
        return f"drawn/{self.settings.cohort}/{self.settings.seed}"

    def cut(self, label: str) -> float | None:
        """Returns the threshold of a label, or ``None`` where all share one."""
        return self.by_label[label]["value"] if self.settings.per_label else None


ARRAYS = ("against", "foreign", "vectors", "owner", "checked")


def plain(made: Calibration) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Returns what a gallery file holds of a calibration: head and arrays."""
    head = {"settings": asdict(made.settings), "by_label": made.by_label, "probability": made.probability}
    return head, {f"photographs_{name}": getattr(made.photographs, name) for name in ARRAYS}
