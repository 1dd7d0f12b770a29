"""The answer for one query, and what may be an answer."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from docclf.calibrate.probability import probabilities
from docclf.errors import InputError
from docclf.utils.text import shown
from docclf.verify.frame import straight

UNKNOWN, NOTHING = "unknown", "nothing to compare"


@dataclass(frozen=True)
class Match:
    """The answer for one query.

    Args:
        label: the registered label, or ``None`` when no cosine reaches the threshold.
        best: the nearest label, reached or not; empty where a filter left nothing to compare with.
        cosine: its score.
        margin: its score less that of the next label; ``None`` when only one is registered.
        threshold: what the score had to reach.
        top: the nearest labels with their scores, best first.
        corners: of the sheet in the photo [4][2], x and y in pixels, clockwise, that of the upright sheet's upper left
            first; ``None`` where no locator was asked or none was found.
        confidence: the locator's, 0 to 1.
        probability: that the photo shows `best`, as calibrated; ``None`` where the gallery was not calibrated.
        none: probability that it shows none of the labels, likewise.
        aspect: width by height of the sheet where that is known; ``None``: as its sides lie in the photo.
    """

    label: str | None
    best: str
    cosine: float
    margin: float | None
    threshold: float
    top: list[tuple[str, float]]
    corners: list[list[float]] | None = None
    confidence: float | None = None
    probability: float | None = None
    none: float | None = None
    aspect: float | None = None

    @property
    def answer(self) -> str:
        """The label, or "unknown", or "nothing to compare" where a filter left no registered image."""
        if not self.best:
            return NOTHING
        return UNKNOWN if self.label is None else self.label

    def crop(self, photo: np.ndarray, longest: int = 1024) -> np.ndarray:
        """Returns the sheet cut out of the photo and laid straight, uint8 [h,w,3].

        Args:
            photo: the image that was matched, uint8 [H,W,3].
            longest: longest side of the result at most, pixels.

        Raises:
            InputError: no sheet was found.
        """
        if self.corners is None:
            raise InputError("there is no crop: no sheet was found in the photo.")
        top, right, bottom, left = np.hypot(*(np.roll(self.corners, -1, axis=0) - np.array(self.corners)).T)
        aspect = self.aspect or max(top + bottom, 1.0) / max(left + right, 1.0)
        return straight(photo, np.array(self.corners) / photo.shape[1::-1], float(aspect), longest)


# The answer where a filter left no registered image; no score was computed.
NOTHING_TO_COMPARE = Match(None, "", -1.0, None, 1.0, [])


def answered(
    labels: Sequence[str],
    scores: np.ndarray,
    top: int,
    threshold: float,
    found: Any = None,
    calibration: Any = None,
    order: Sequence[str] = (),
) -> Match:
    """Returns the answer for one query.

    Args:
        labels: of the nearest registered images, best first.
        scores: theirs.
        top: labels in the answer's list.
        threshold: what the score has to reach.
        found: the sheet that a locator found, upright (`docclf.locator.locate.Found`), or ``None``.
        calibration: of the gallery, whose thresholds by label and probabilities count; ``None`` without.
        order: labels in the order of reranking; it decides which is best, the score whether that is accepted.
    """
    nearest: dict[str, float] = {}
    for label, score in zip(labels, scores, strict=True):
        nearest.setdefault(label, float(score))
    (best, cosine), *others = ranked = sorted(nearest.items(), key=lambda row: place(order, row[0]))
    margin = cosine - others[0][1] if others else None
    sure = chances(calibration, cosine, others[0][1] if others else None)
    if calibration is not None and (own := calibration.cut(best)) is not None:
        threshold = own
    answer = best if cosine >= threshold else None
    corners, seen = (None, None) if found is None else (found.corners.tolist(), found.confidence)
    return Match(answer, best, cosine, margin, threshold, ranked[:top], corners, seen, **sure)


def place(order: Sequence[str], label: str) -> int:
    """Returns where a label stands in an order; last where it does not."""
    return order.index(label) if label in order else len(order)


def chances(calibration: Any, best: float, second: float | None) -> dict[str, float]:
    """Returns the probabilities of a `Match` from its two highest scores; nothing without a calibration."""
    if calibration is None:
        return {}
    values = np.array([[best] if second is None else [best, second]])
    found = probabilities(calibration.probability, values)
    return {"probability": float(found["right"][0]), "none": float(found["none"][0])}


def checked(label: str) -> str:
    """Returns a label in Unicode form C.

    Raises:
        InputError: it is empty, has an empty part, is the word for no label, or holds a control character.
    """
    label = unicodedata.normalize("NFC", label)
    for character in label:
        if unicodedata.category(character) in ("Cc", "Zl", "Zp") or 0xD800 <= ord(character) < 0xDC80:
            name = unicodedata.name(character, "a control character")
            raise InputError(
                f"label {shown(label)}: holds U+{ord(character):04X} ({name}), which ends or moves a line; rename it. "
                "Letters, spaces, joiners and emoji of any script may stand in a label."
            )
    if any(not part.strip() for part in label.split("/")) or label.lower() == UNKNOWN:
        raise InputError(f"label {shown(label)!r}: want a name, with / before a sub-label, other than {UNKNOWN!r}.")
    return label
