"""Verification of an embedded split: a score for every pair, and the evidence that a report shows."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from docclf.evaluation.embed import Embedded
from docclf.gallery.embedder import Embedder, unit
from docclf.report.picture.evidence import Evidence
from docclf.verify.frame import corners, straight
from docclf.verify.homography import Checked, combined
from docclf.verify.store import Store


class Verified:
    """The candidates of every query, checked.

    Args:
        verifier: of the config group ``verify``.
        model: uint8 images [B,3,S,S] to embeddings [B,D], with ``image_size``.
        dataset: where the images come from.
        split: val or test.
        found: the embedded split.
    """

    def __init__(self, verifier: Any, model: Any, dataset: Any, split: str, found: Embedded) -> None:
        self.verifier, self.dataset, self.split = verifier, dataset, split
        images = (dataset.image(split, "register", i) for i in range(len(found.register)))
        points = [verifier.describe(image) for image in _shown(images, len(found.register), "local features")]
        self.store = Store.of(points)
        vectors, queries = unit(found.register.numpy()), unit(found.query.numpy())
        embed, rows = Embedder(model, ""), []
        self.checked: list[dict[int, Checked]] = []
        for i in _shown(range(len(queries)), len(queries), "verification"):
            cosines = vectors @ queries[i]
            seen = verifier.check(dataset.image(split, "query", i), cosines, self.store, vectors, embed)
            rows.append(combined(cosines, seen))
            self.checked.append({one.row: one for one in seen})
        self.scores: Tensor = torch.from_numpy(np.stack(rows))

    def facts(self) -> dict:
        """Returns how often what was found, for metrics.json."""
        every = [one for seen in self.checked for one in seen.values()]
        return {
            "pairs": len(every),
            **{state: sum(one.state == state for one in every) for state in ("found", "missed", "blank")},
            "named by local features alone": sum(one.voted for one in every),
            "bytes per registered image": round(self.store.nbytes / max(1, len(self.store))),
            "calibration": self.verifier.calibration.about.get("model"),
        }

    def evidence(self, query: int, register: int, genuine: bool) -> Evidence:
        """Returns what stands for and against a pair: the crop, the matches, and why it failed."""
        photo = self.dataset.image(self.split, "query", query)
        asked, sheet = self.verifier.describe(photo), self.store.points(register)
        one, fit = self.checked[query].get(register), self.verifier.fit(asked, sheet)
        quad, _ = corners(fit, asked, sheet)
        crop = None if quad is None else straight(photo, quad, sheet.width / sheet.height, 256)
        places = fit.matches[fit.inliers]
        lines = np.concatenate(
            [
                asked.xy[places[:, 0]] / [asked.width, asked.height],
                sheet.xy[places[:, 1]] / [sheet.width, sheet.height],
            ],
            axis=1,
        )
        return Evidence(crop, quad, lines, why(one, self.checked[query], genuine))


def why(one: Checked | None, seen: dict[int, Checked], genuine: bool) -> str:
    """Returns in a sentence why a genuine pair scores low, or an impostor pair high."""
    if not seen:
        return "The photo is of one colour: nothing to verify."
    if one is None:
        return "Not in the shortlist: neither the embedding nor the votes of local features named it."
    measured = f"{one.inliers} points agree"
    if one.state == "found":
        measured += f" over {one.covered:.0%} of the sheet; cosine {one.cosine:.2f}, of the crop {one.after:.2f}"
        if not genuine and one.covered > 0.3:
            return f"Near sibling: {measured}."
        return f"{'Right' if genuine else 'Wrong'} sheet found: {measured}."
    if one.state == "blank":
        return f"Cannot be verified: {one.why} (cosine {one.cosine:.2f})."
    other = max((x for x in seen.values() if x.state == "found" and x is not one), key=lambda x: x.score, default=None)
    if genuine and other is not None and other.score > one.score:
        return f"Wrong sheet: {one.why} here, and {other.inliers} points agree with another registered image."
    return f"Too few points: {one.why}." if "few points" in one.why else f"No sheet: {one.why}."


def _shown(items: Any, count: int, title: str) -> Iterator:
    return tqdm(items, total=count, desc=title, unit="image", leave=False, disable=None)
