"""Calibrates a gallery on its own images, and keeps it so while labels come and go."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from docclf.calibrate.bound import TARGETS
from docclf.calibrate.evidence import evidence, pick
from docclf.calibrate.labels import remedy
from docclf.calibrate.photographs import Photographs
from docclf.calibrate.simulate import each_of, photograph, simulate
from docclf.calibrate.thresholds import calibrate, fitted
from docclf.errors import InputError
from docclf.gallery.decision.held import Calibration, Settings
from docclf.gallery.images import Finding
from docclf.score.rule import Score


def checker(gallery: Any) -> Callable | None:
    """Returns what verification says of a photograph and its vector: (row, score) of the images it checked."""
    if not gallery.verifier:
        return None

    def check(photo: np.ndarray, vector: np.ndarray) -> list[tuple[int, float]]:
        cosines = gallery.vectors.astype(np.float64) @ vector.astype(np.float64)
        seen = gallery.verifier.check(photo, cosines, gallery.local, gallery.vectors, gallery.embedder)
        return [(one.row, one.score) for one in seen]

    return check


def make(
    gallery: Any, images: Sequence[np.ndarray], settings: Settings, progress: Callable = lambda done: None
) -> dict[str, Any]:
    """Calibrates a gallery and returns all that was found; on an error the gallery is as it was.

    Args:
        gallery: `docclf.gallery.gallery.Gallery` with its model.
        images: the registered images in the gallery's order, uint8 RGB [H,W,3].
        settings: how.
        progress: told the photographs done since the last call.

    Raises:
        InputError: nothing registered, a score that this gallery cannot have, or a rate that the register does not
            resolve.
    """
    if gallery.locator is not None:
        raise InputError("a gallery that locates sheets cannot be calibrated: simulated photographs are cropped ones.")
    if gallery.code is not None or gallery.representatives != "all":
        raise InputError(
            "a gallery that scores by codes or by representatives cannot be calibrated: simulated photographs are "
            "scored with whole vectors of all images; measure its threshold with evaluate.py (code=NAME, "
            "metric.fusion=centroid)."
        )
    if (settings.score == "verified") != bool(gallery.verifier):
        has = "verifies its matches, so only score=verified" if gallery.verifier else "does not verify, so any but that"
        raise InputError(f"score={settings.score}: this gallery {has} decides; register with or without --verify.")
    settings = Settings(**asdict(settings) | {"captures": each_of(len(images), settings.captures)})
    embedder, check = gallery.embedder, checker(gallery)
    taken = simulate(
        embedder, images, settings.captures, settings.cohort, settings.seed, progress, check
    )  # fmt: skip
    return take(gallery, taken, settings, every=True)


def take(gallery: Any, taken: Photographs, settings: Settings, every: bool = False, least: dict | None = None) -> dict:
    """Concludes from photographs to threshold, rule and the rest, and gives them to the gallery.

    Args:
        gallery: with the images that were photographed.
        taken: the photographs.
        settings: how.
        every: find all thresholds, not only the one that is wanted.
        least: thresholds by label, and under "" that of all, below which none may fall.

    Raises:
        InputError: a rate that the register does not resolve; the gallery is as it was.
    """
    found = taken.scores(gallery.vectors, gallery.labels, settings.score == "verified")
    names = sorted(set(gallery.labels))
    main = (settings.measure, settings.target)
    targets = [main] + [(m, t) for m, some in TARGETS.items() for t in some if every and (m, t) != main]
    rule = Score(settings.score, settings.alpha) if settings.score == "margin" else Score(settings.score)
    fallback = settings.score == "margin" and len(names) < 2
    score = fitted(found, Score() if fallback else rule)
    floor = gallery.verifier.calibration.threshold if settings.score == "verified" else -1.0
    result = calibrate(found, names, score, settings.seed, targets, settings.per_label, floor)
    row = pick(result["thresholds"], *main)
    for label, value in (least or {}).items():
        own = result["by_label"].get(label, row if not label else None)
        if own is not None:
            own["value"] = max(own["value"], value)
    made = Calibration(settings, taken, result["by_label"], result["probability"])
    gallery.score, gallery.calibration = score, made
    about = {"weights_sha256": gallery.fingerprint, "captures": settings.captures, "cohort": settings.cohort}
    about |= {"seed": settings.seed, "per_label": settings.per_label}
    gallery.threshold = evidence(row, result | about, len(gallery))
    return result | {"fallback": fallback}


def refresh(gallery: Any, images: Sequence[np.ndarray] = (), kept: list[int] | None = None) -> list[Finding]:
    """Calibrates again after images came or went: only new images are photographed. Returns what it did.

    Thresholds only rise when images come, so that another label's bound moves only where it is confused with them.

    Args:
        gallery: after the change.
        images: those that came, the last of the gallery, uint8 RGB [H,W,3].
        kept: the rows that stayed, where images went.
    """
    old = gallery.calibration
    settings, first = old.settings, len(gallery) - len(images)
    taken = old.photographs if kept is None else old.photographs.kept(kept)
    taken = Photographs(taken.against, taken.foreign, taken.vectors, taken.owner, taken.checked)
    if images:
        photograph(taken, gallery.embedder, images, settings.captures, settings.seed, first, check=checker(gallery))
        taken.mirrored(first)
    least = {} if kept is not None else {label: row["value"] for label, row in old.by_label.items()}
    if least and gallery.threshold:
        least[""] = gallery.threshold["cosine"]
    if not len(gallery):
        gallery.threshold = gallery.calibration = None
        return [Finding("threshold", "nothing is registered any more, so nothing is calibrated")]
    try:
        found = take(gallery, taken, settings, least=least)
    except InputError as error:
        gallery.threshold, gallery.calibration = None, None
        return [Finding("threshold", f"the gallery has none any more: {error} Calibrate it anew.")]
    told = [Finding("siblings", remedy(row)) for row in found["siblings"] if _fresh(row) - set(old.by_label)]
    before, now = least.get("", -1.0), gallery.threshold["cosine"]
    if now > before > -1:
        told.append(Finding("threshold", f"rises from {before:.4f} to {now:.4f} for what was registered"))
    return told + worse(old.by_label, gallery.calibration.by_label)


def _fresh(row: dict[str, Any]) -> set[str]:
    """Returns the labels of a pair of siblings."""
    return {row["photographs_of"], row["pass_as"]}


def worse(old: dict[str, dict], new: dict[str, dict]) -> list[Finding]:
    """Returns a finding for each label whose bound has risen, the worst first."""
    risen = [(new[k]["rate"] - old[k]["rate"], k) for k in new if k in old and new[k]["bound"] > old[k]["bound"] + 1e-9]
    return [
        Finding(
            "bound",
            f"{k}: {old[k]['rate']:.2%} of the simulated impostors passed as it, at most {old[k]['bound']:.2%}; now "
            f"{new[k]['rate']:.2%}, at most {new[k]['bound']:.2%}",
        )
        for _, k in sorted(risen, key=lambda row: (-row[0], row[1]))
    ]
