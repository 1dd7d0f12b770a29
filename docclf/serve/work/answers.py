"""From a photo's vector to the answer that is sent: known, unknown, or nothing to compare."""

import base64
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from docclf.errors import InputError
from docclf.gallery.match import answered
from docclf.imaging.feature.local import Points
from docclf.imaging.read import read_image
from docclf.results import thresholds
from docclf.serve.work.pictures import jpeg
from docclf.serve.work.shelf import Shelf
from docclf.store.base import Row, Store, Where
from docclf.verify.frame import straight
from docclf.verify.homography import Homography
from docclf.verify.store import Store as LocalStore

CANDIDATES = 8  # that verification looks at
NOTHING = {"state": "nothing_to_compare", "label": None, "top": [], "probability": None}


def answer(shelf: Shelf, vector: np.ndarray, threshold: dict, model: dict | None, top: int, where: Where | None,
           whole: bool = True) -> tuple[dict[str, Any], list[tuple[float, Row]]]:  # fmt: skip
    """Returns the answer for a photo, and the nearest rows with their cosines.

    Args:
        shelf: of the caller's tenant.
        vector: of the photo, unit [D].
        threshold: with its evidence (`docclf.results.thresholds`).
        model: of `docclf.calibrate.probability`, where the register was calibrated; else the probability is null.
        top: labels in the list.
        where: attributes that rows must have; probabilities are those of the whole register and left out then.
        whole: the register has not changed since it was calibrated.
    """
    counts = shelf.counts()
    wide = min(max(top, 2) * max(counts.values(), default=1), len(shelf.rows))
    near = shelf.nearest(vector[None], max(wide, CANDIDATES), where)[0]
    if not near:
        return dict(NOTHING), []
    found = answered([row.label for _, row in near], np.array([s for s, _ in near], np.float32), top,
                     threshold["cosine"])  # fmt: skip
    picture: dict[str, Row] = {}
    for _, row in near:
        picture.setdefault(row.label, row)
    chance = None
    if model and not where:
        from docclf.calibrate.probability import probabilities  # takes scikit-learn along, which few answers need

        known = probabilities(model, np.array([[found.cosine, found.cosine - (found.margin or 0.0)]]))
        chance = {"right": float(known["right"][0]), "fresh": whole} if "right" in known else None
    listed = [{"label": label, "cosine": score, "image": picture[label].id} for label, score in found.top]
    return {
        "state": "known" if found.label is not None else "unknown",
        "label": found.label,
        "by": "cosine",
        "best": found.best,
        "cosine": found.cosine,
        "margin": found.margin,
        "threshold": {"cosine": found.threshold, "evidence": thresholds.sentence(threshold)},
        "probability": chance,
        "top": listed,
    }, near


class Verifier:
    """Looks for the registered sheet in the photo: local features of the candidates are made of their pictures."""

    def __init__(self, store: Store) -> None:
        self.homography = Homography(top=CANDIDATES, votes=0)
        self.points = lru_cache(512)(lambda id: self._points(store, id))

    def __call__(self, photo: np.ndarray, near: list[tuple[float, Row]],
                 embed: Callable[[list[np.ndarray]], np.ndarray]) -> dict[str, Any] | None:  # fmt: skip
        """Returns which candidate the photo shows, where, and the sheet laid straight; ``None`` for no picture at all.

        Args:
            photo: uint8 RGB [H,W,3].
            near: candidates with their cosines.
            embed: images to unit vectors.
        """
        have = [(score, row, found) for score, row in near[:CANDIDATES] if (found := self.points(row.id)) is not None]
        if not have:
            return None
        scores, rows, points = zip(*have, strict=True)
        seen = self.homography.check(
            photo, np.array(scores), LocalStore.of(list(points)), np.stack([row.vector for row in rows]), embed
        )
        if not seen:
            return {"label": None, "accepted": False, "why": "the photo is of one colour and shows no document"}
        best, cut = seen[0], self.homography.calibration.threshold
        out = {"label": rows[best.row].label, "image": rows[best.row].id, "score": best.score, "threshold": cut,
               "accepted": best.score >= cut, "why": best.why or f"{best.inliers} points agree"}  # fmt: skip
        if best.corners is not None:
            size = points[best.row].width / points[best.row].height
            crop = straight(photo, best.corners, size, 512)
            out["corners"] = np.round(best.corners * [photo.shape[1], photo.shape[0]], 2).tolist()
            out["crop"] = "data:image/jpeg;base64," + base64.b64encode(jpeg(crop)).decode()
        return out

    def _points(self, store: Store, id: str) -> Points | None:
        content = store.picture(id)
        return None if content is None else self.homography.describe(read_image(content, name="a kept picture"))


def registered(shelf: Shelf, row: Row) -> tuple[Row | None, list[str]]:
    """Returns the row that is there already for this file, and what the caller should know of a new one.

    Raises:
        InputError: the same file under another label.
    """
    for other in shelf.rows.values():
        if other.sha256 == row.sha256 and other.label == row.label:
            return other, [f"this file is registered as {row.label} already"]
        if other.sha256 == row.sha256:
            raise InputError(f"this very file is registered as {other.label}; one file under two labels has no answer.")
    return None, [
        f"{other.label} looks alike (cosine {score:.4f}): queries of one may be answered with the other"
        for score, other in shelf.alike(row)
    ]


def stripped(row: Row) -> dict[str, Any]:
    """Returns a row as it is listed."""
    own = {key: value for key, value in row.attributes.items() if key != "tenant"}
    return {"image": row.id, "label": row.label, "name": row.name, "attributes": own}
