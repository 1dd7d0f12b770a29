"""The answer for a photo whose candidates are verified: which registered image it shows, and where it lies."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from docclf.errors import InputError
from docclf.gallery.decision.scores import kind_of
from docclf.gallery.match import Match, chances
from docclf.utils import atomic
from docclf.verify.calibration import Calibration
from docclf.verify.frame import overlap
from docclf.verify.homography import Checked, combined

APART = 0.3  # intersection over union up to which two sheets in one photo are two


@dataclass(frozen=True)
class Found(Match):
    """A `Match` by the score of verification: `threshold`, `margin` and `top` are in that score.

    `corners` are those that verification found, in pixels of the photo; `confidence` is the score,
    `aspect` that of the registered image.

    Args:
        score: probability that the photo shows the best image; below 0 where it was not verified.
        why: what verification has to say.
        also: other sheets found elsewhere in the photo: label, score and corners of each.
    """

    score: float = -1.0
    why: str = ""
    also: list[dict[str, Any]] = field(default_factory=list)


def answer(gallery: Any, image: np.ndarray, views: np.ndarray, top: int, threshold: float | None) -> Found:
    """Returns the answer for one photo.

    A registered image that has too little texture to verify is accepted by its cosine where the gallery has a
    threshold for that.

    Args:
        gallery: with a verifier and local features.
        image: uint8 RGB [H,W,3].
        views: unit vectors [V,D] of it, or of the sheet that a locator found, turned; the nearest to any image counts.
        top: labels in the list.
        threshold: score to reach; None takes the gallery's or that of the calibration.
    """
    every = gallery.vectors.astype(np.float64) @ views.astype(np.float64).T
    cosines = every[:, every.max(axis=0).argmax()]
    seen = gallery.verifier.check(image, cosines, gallery.local, gallery.vectors, gallery.embedder)
    scores = combined(cosines, seen)
    by_row = {one.row: one for one in seen}
    ranked: dict[str, int] = {}
    for row in np.lexsort((np.arange(len(scores)), -scores)).tolist():
        ranked.setdefault(gallery.labels[row], row)
        if len(ranked) > max(top, 2) and row not in by_row:
            break
    best, *others = ranked.items()
    label, row = best
    one, cut = by_row.get(row), _cut(gallery, threshold)
    known, made = (gallery.threshold, gallery.calibration) if threshold is None else (None, None)
    if made is not None and (own := made.cut(label)) is not None:
        cut = own
    if one is not None and one.state == "blank" and known and kind_of(known) == "cosine":
        accepted = one.cosine >= known["cosine"]
    else:
        accepted = bool(scores[row] >= cut)
    height, width = gallery.local.arrays["frames"][row].tolist()
    return Found(
        label=label if accepted else None,
        best=label,
        cosine=float(np.float32(cosines[row])),
        margin=float(scores[row] - scores[others[0][1]]) if others else None,
        threshold=cut,
        top=[(name, float(scores[at])) for name, at in list(ranked.items())[:top]],
        score=float(scores[row]),
        corners=_plain(one, image),
        confidence=float(scores[row]) if one is not None and one.corners is not None else None,
        aspect=width / height,
        why=_why(one, seen),
        **chances(made, float(scores[row]), float(scores[others[0][1]]) if others else None),
        also=_also(gallery, one, seen, cut, image) if accepted else [],
    )


def told(found: Found) -> list[str]:
    """Returns what verification has to say, as lines for a console."""
    lines = [f"    score {found.score:.4f}: {found.why}"]
    return lines + [f"    also in the photo: {one['label']} (score {one['score']:.4f})" for one in found.also]


def told_of_score(calibration: Calibration, fingerprint: str) -> str:
    """Returns the line that says from which score a match is accepted, and whether that was fitted to the model."""
    about = calibration.about.get("threshold", "unmeasured")
    line = f"verified: score from {calibration.threshold} unless measured otherwise ({about})"
    if calibration.fits(fingerprint):
        return line
    return f"{line}; fitted to another model: python -m docclf.evaluation.calibrate MODEL OUT.json fits it to this one"


def write_crop(folder: Path, number: int, stem: str, found: Match, photo: np.ndarray) -> None:
    """Writes the straightened sheet of a photo as FOLDER/NUMBER_STEM_LABEL.png."""
    done, data = cv2.imencode(".png", cv2.cvtColor(found.crop(photo), cv2.COLOR_RGB2BGR))
    if not done:
        raise InputError(f"the crop of {stem} cannot be encoded.")
    atomic.write_bytes(folder / f"{number:04d}_{stem}_{found.best.replace('/', '_')}.png", data.tobytes())


def _cut(gallery: Any, threshold: float | None) -> float:
    if threshold is not None:
        return float(threshold)
    known = gallery.threshold
    if known and (kind_of(known) == "verified" or known["rate"] is None):
        return float(known["cosine"])
    return gallery.verifier.calibration.threshold


def _plain(one: Checked | None, photo: np.ndarray) -> list[list[float]] | None:
    if one is None or one.corners is None:
        return None
    places = one.corners * [photo.shape[1], photo.shape[0]]
    return [[round(float(value), 2) for value in corner] for corner in places]


def _why(one: Checked | None, seen: list[Checked]) -> str:
    if not seen:
        return "the photo is of one colour and shows no document"
    if one is None:
        return "it was not verified"
    if one.state == "found":
        return f"{one.inliers} points agree over {one.covered:.0%} of the sheet, cosine of the crop {one.after:.3f}"
    return one.why


def _also(
    gallery: Any, best: Checked | None, seen: list[Checked], cut: float, photo: np.ndarray
) -> list[dict[str, Any]]:
    """Sheets of other labels that lie elsewhere in the photo, best first."""
    taken = [best] if best is not None and best.corners is not None else []
    found = []
    for one in seen:
        fresh = one.state == "found" and one.score >= cut and taken and one is not best
        if fresh and all(overlap(one.corners, other.corners) <= APART for other in taken):
            taken.append(one)
            found.append({"label": gallery.labels[one.row], "score": one.score, "corners": _plain(one, photo)})
    return found
