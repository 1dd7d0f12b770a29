"""Embedding what a locator cuts out of photos: the sheet, straightened, in the quarter turn that the register knows."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from docclf.locator.locate import Found
from docclf.utils import atomic

NAME = "located.csv"
_BATCH = 64


@dataclass(frozen=True)
class Cut:
    """What was found in one image: the sheet, or ``None``, and how many quarter turns bring it upright."""

    found: Found | None
    turn: int


def register(model: Any, dataset: Any, split: str, device: torch.device, locator: Any) -> tuple[Tensor, list[Cut]]:
    """Returns embeddings [R,D] of the registered images, which are taken to be upright: means of whole and sheet."""
    views, found = _views(locator.register_views, model, dataset, split, "register")
    rows = F.normalize(_embed(model, [view for several in views for view in several], device))
    means = torch.stack([part.mean(0) for part in rows.split([len(several) for several in views])])
    return means, [Cut(sheet, 0) for sheet in found]


def query(
    model: Any, dataset: Any, split: str, device: torch.device, locator: Any, registered: Tensor
) -> tuple[Tensor, list[Cut]]:
    """Returns embeddings [Q,D] of what the photos show.

    A sheet that was cut out may lie any way round. All its turns are embedded, and the whole photo where the sheet is
    most of it; the view that is nearest to a registered image stands for the photo in every score: a sheet has one
    upright. A photo that is the sheet, or where none was found, is taken as it lies.

    Args:
        model: images to embeddings; has ``image_size``.
        dataset: where the photos come from.
        split: val or test.
        device: where the model is.
        locator: `docclf.locator.locate.Locator`.
        registered: embeddings [R,D].
    """
    turned, found = _views(locator.views, model, dataset, split, "query")
    rows = _embed(model, [crop for several in turned for crop in several], device)
    nearest = (F.normalize(rows.double()) @ F.normalize(registered.double()).T).amax(1)
    chosen, cuts, first = [], [], 0
    for several, answers in zip(turned, found, strict=True):
        best = int(nearest[first : first + len(several)].argmax())
        chosen.append(first + best)
        cuts.append(Cut(answers[best], best if _cut(answers[best]) else 0))
        first += len(several)
    return rows[chosen], cuts


def replace(found: Any, model: Any, dataset: Any, split: str, device: torch.device, locator: Any) -> None:
    """Replaces the embeddings of a split (`docclf.evaluation.embed.Embedded`) by those of what the locator cuts out."""
    start = perf_counter()
    found.register, registered = register(model, dataset, split, device, locator)
    found.query, asked = query(model, dataset, split, device, locator, found.register)
    cuts, spent = {"register": registered, "query": asked}, perf_counter() - start
    found.seconds += spent
    found.located = {"cuts": cuts, "facts": summary(locator, cuts, spent)}


def write(folder: Path, split: str, dataset: Any, cuts: dict[str, list[Cut]]) -> None:
    """Writes located.csv: for each image its corners in pixels, the confidence and the turn."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(["part", "name", "answer", "confidence", "turn", *(f"{a}{k}" for k in range(4) for a in "xy")])
    for part, rows in cuts.items():
        for name, cut in zip(dataset.item_names(split, part), rows, strict=True):
            answer = "none" if cut.found is None else "whole" if cut.found.whole else "sheet"
            place = [] if cut.found is None else [f"{cut.found.confidence:.3f}", cut.turn]
            place += [] if cut.found is None else [f"{value:.1f}" for value in cut.found.corners.ravel()]
            lines.writerow([part, name, answer, *place])
    atomic.write_text(folder / NAME, text.getvalue())


def summary(locator: Any, cuts: dict[str, list[Cut]], seconds: float) -> dict:
    """Returns what metrics.json says of the locator."""
    counts = {
        part: {
            "sheet": sum(_cut(row.found) for row in rows),
            "whole": sum(row.found is not None and row.found.whole for row in rows),
            "none": sum(row.found is None for row in rows),
        }
        for part, rows in cuts.items()
    }
    return {**locator.describe(), **counts, "seconds": round(seconds, 2)}


def _cut(found: Found | None) -> bool:
    return found is not None and not found.whole


def _views(look: Callable, model: Any, dataset: Any, split: str, part: str) -> tuple[list, list]:
    numbers = range(len(dataset.item_names(split, part)))
    both = [look(dataset.image(split, part, i), model.image_size) for i in numbers]
    return [views for views, _ in both], [found for _, found in both]


def _embed(model: Any, crops: list[np.ndarray], device: torch.device) -> Tensor:
    parts = []
    for at in range(0, len(crops), _BATCH):
        batch = np.ascontiguousarray(np.stack(crops[at : at + _BATCH]).transpose(0, 3, 1, 2))
        parts.append(model(torch.from_numpy(batch).to(device)).cpu())
    return torch.cat(parts)
