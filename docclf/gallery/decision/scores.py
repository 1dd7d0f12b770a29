"""What a gallery compares with its threshold, and whether a threshold is one of such scores."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from docclf.errors import InputError
from docclf.gallery.images import Finding, Picture
from docclf.score import rerank
from docclf.score.rule import Score
from docclf.search.cosines import cosines


def nearest(gallery: Any, queries: np.ndarray, top: int, among: np.ndarray | None = None) -> tuple:
    """Returns scores [Q,k] of the nearest images and their labels, best first, enough for ``top`` labels and two.

    Args:
        gallery: `docclf.gallery.gallery.Gallery`.
        queries: unit vectors [Q,D].
        top: labels that are listed.
        among: images that a filter leaves, bool [N].
    """
    search = gallery.search()
    if gallery.score.kind in ("cosine", "verified"):
        return search.nearest(queries, top, among)
    wide = len(gallery) if gallery.score.kind == "snorm" else max(top, 2) * search.most
    names = {label: number for number, label in enumerate(gallery.counts())}
    made = gallery.calibration
    against = None if made is None else made.photographs.against
    values, labels = [], []
    for query, found, rows in zip(queries, *search.search.nearest(queries, wide, among), strict=True):
        groups = np.array([names[gallery.labels[row]] for row in rows])
        scores = rated(gallery.score, query, found, gallery.vectors[rows], groups, against)
        order = np.lexsort((rows, -scores))
        values.append(scores[order])
        labels.append([gallery.labels[row] for row in rows[order]])
    return np.stack(values), labels


def reranked(gallery: Any, query: np.ndarray) -> list[str]:
    """Returns the labels in the order that reranking gives them; none without it."""
    if not gallery.rerank or rerank.helps(gallery.counts()):
        return []
    return list(dict.fromkeys(gallery.labels[row] for row in rerank.refined(query, gallery.vectors)[0]))


def recalibrated(gallery: Any, fresh: Sequence[Picture] = (), kept: list[int] | None = None) -> list[Finding]:
    """Calibrates a gallery that is calibrated again, after pictures came or only rows ``kept`` stayed; what it did."""
    if gallery.calibration is None:
        return []
    from docclf.gallery.decision.make import refresh  # scikit-learn takes a second, and matching needs none

    return refresh(gallery, [row.pixels if row.photo is None else row.photo for row in fresh], kept)


def rated(
    score: Score,
    query: np.ndarray,
    found: np.ndarray,
    vectors: np.ndarray,
    groups: np.ndarray,
    against: np.ndarray | None,
) -> np.ndarray:
    """Returns the scores of a query with registered images, float32 [R].

    Args:
        score: the rule.
        query: unit vector [D].
        found: its cosines with them [R].
        vectors: theirs [R,D].
        groups: numbers of their labels [R].
        against: vectors of the cohort [C,D], where there is one.
    """
    if against is None or not score.cohort:
        return score(found[None], groups)[0]
    by_image = None
    if score.kind == "snorm":
        by_image = np.stack([cosines(row, against) for row in vectors], axis=1)
    return score(found[None], groups, cosines(query, against)[None], by_image)[0]


def kind_of(threshold: dict) -> str:
    """Returns the kind of scores that a threshold is one of."""
    return (threshold.get("score") or {"kind": "verified" if threshold.get("verify") else "cosine"})["kind"]


def refuse_other(gallery: Any, row: dict) -> None:
    """Raises InputError for a threshold of another score, cohort or model than a gallery's."""
    if row.get("rate") is None:
        return
    measured, own = row.get("score") or {"kind": kind_of(row)}, gallery.score.plain()
    if measured["kind"] == "verified" and not gallery.verifier:
        raise InputError("this threshold was measured with verification; the gallery goes by the cosine alone.")
    blank = gallery.verifier and measured["kind"] == "cosine"  # decides about images that cannot be verified
    if measured != own and not blank:
        raise InputError(
            f"this threshold is one of score={_named(measured)}, and the gallery compares {_named(own)}: they do not "
            "compare. Measure with the gallery's score, or calibrate the gallery: python -m docclf.calibrate."
        )
    weights = row.get("weights_sha256")
    if weights and weights != gallery.fingerprint:
        raise InputError(
            f"this threshold was measured with the weights {weights[:12]}, the gallery has {gallery.fingerprint[:12]}: "
            "it holds for one model only. Measure it with this model, or calibrate the gallery."
        )
    cohort = row.get("cohort")
    if gallery.score.cohort and gallery.calibration and cohort and cohort != gallery.calibration.cohort:
        raise InputError(
            f"this threshold was measured against the cohort {cohort}, the gallery's is {gallery.calibration.cohort}; "
            "calibrate the gallery with the same --cohort and --seed."
        )


def outgrown(gallery: Any) -> str | None:
    """Returns a warning where the register has more than doubled since its threshold was measured, else None."""
    known = gallery.threshold or {}
    measured, now = known.get("calibrated", known).get("labels"), len(gallery.counts())
    if not measured or now <= 2 * measured:
        return None
    return (
        f"{now} labels are registered, and the threshold was measured with {measured}: a query has so many more "
        "chances to be accepted. Calibrate again: python -m docclf.calibrate"
    )


def _named(score: dict) -> str:
    rest = {"margin": f" (alpha {score.get('alpha')})", "adapter": " (fitted on one register)"}
    return score["kind"] + rest.get(score["kind"], "")
