"""Whether a threshold may be used with a gallery: it has to have been measured on the scores that the gallery gives."""

from contextlib import suppress
from typing import Any

from docclf.errors import InputError
from docclf.gallery.decision.scores import refuse_other
from docclf.search.code.base import Code

# What a label's score is, as metric.fusion measures it: that of its nearest image, or of the mean of its images.
FUSION = {"all": "max", "mean": "centroid"}


def usable(rows: list[dict], gallery: Any) -> list[dict]:
    """Returns the thresholds of a model that `check_threshold` lets pass; others promise nothing here."""
    found = []
    for row in rows:
        with suppress(InputError):
            check_threshold(row, gallery)
            found.append(row)
    return found


def check_threshold(row: dict, gallery: Any) -> None:
    """Refuses a threshold that was measured otherwise than a gallery scores.

    Args:
        row: the threshold with its evidence (`docclf.results.thresholds`).
        gallery: `docclf.gallery.gallery.Gallery`.

    Raises:
        InputError: it was measured with another fusion of a label's images, on another code, or with verification
            that the gallery has not.
    """
    representatives, code = gallery.representatives, gallery.code.id if isinstance(gallery.code, Code) else gallery.code
    fusion = FUSION.get(representatives)
    if row.get("fusion") not in (None, fusion):
        remedy = f"evaluate with metric.fusion={fusion}" if fusion else "give one by hand with --threshold"
        raise InputError(
            f"this threshold was measured with metric.fusion={row['fusion']}; a gallery of representatives="
            f"{representatives} does not score so: {remedy}."
        )
    if row.get("rate") is not None and row.get("code") != code:
        short = code.split()[0] if code else "null"
        raise InputError(
            f"this threshold was measured on {row.get('code') or 'whole vectors'}, the gallery keeps "
            f"{code or 'whole vectors'}: scores of one are not scores of the other. Evaluate with code={short} "
            "and give that metrics.json (--metrics), or give a score by hand (--threshold)."
        )
    refuse_other(gallery, row)


def cut_of(gallery: Any, threshold: float | None) -> float:
    """Returns the threshold that is given, or else the gallery's.

    Raises:
        InputError: there is neither.
    """
    known = gallery.threshold["cosine"] if gallery.threshold else None
    if (found := known if threshold is None else threshold) is None:
        raise InputError(
            "the gallery has no threshold, and without one an unregistered document would get the nearest label. "
            "Calibrate it (python -m docclf.calibrate), or give metrics.json (--metrics), or a cosine (--threshold)."
        )
    return float(found)
