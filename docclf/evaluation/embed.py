"""Embeds a register/query split and scores it: the one path that training and evaluate.py share."""

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from docclf.errors import InputError
from docclf.gallery.embedder import unit
from docclf.metric.base import OfScores
from docclf.metric.sub_labels import parents
from docclf.report.check.split import tiny
from docclf.search.code.choose import make
from docclf.search.vectors import read_vectors
from docclf.utils.fixed_batches import FixedBatches


@dataclass
class Embedded:
    """One embedded split.

    Args:
        register: embeddings float32 [R,D] of the registered images, on the CPU.
        register_labels: int64 [R].
        query: embeddings [Q,D].
        query_labels: int64 [Q].
        register_pictures: tiny copies of the registered images, uint8 [R,16,16,3].
        query_pictures: tiny copies of the queries [Q,16,16,3].
        seconds: what reading and embedding took.
        scores: float32 [Q,R] where a model scores pairs, or verification rates them; measured in place of cosines.
        located: what a locator found (`docclf.evaluation.located.replace`), where one was asked.
        across: what `docclf.evaluation.across.replace` says, where the register is another model's.
        verified: `docclf.evaluation.verified.Verified`, where candidates were checked.
        rated: the rule of the scores (`docclf.evaluation.decision.rated.rate`), where one was asked.
    """

    register: Tensor
    register_labels: Tensor
    query: Tensor
    query_labels: Tensor
    register_pictures: np.ndarray | None
    query_pictures: np.ndarray | None
    seconds: float
    scores: Tensor | None = None
    located: dict | None = None
    across: dict | None = None
    verified: Any = None
    rated: dict | None = None


def device_of(name: str) -> torch.device:
    """Returns the device that ``auto``, ``cpu`` or ``cuda`` names."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise InputError(f"device={name!r}: want auto, cpu, cuda or cuda:N.") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise InputError(f"device={name!r}: this torch sees no CUDA device; use device=cpu.")
    return device


def embed(model: Any, loader: Any, device: torch.device, title: str) -> tuple[Tensor, Tensor, np.ndarray]:
    """Returns embeddings [N,D] float32, labels [N] and tiny copies uint8 [N,16,16,3] of a loader, on the CPU."""
    batches = FixedBatches(lambda images: model(images.to(device)))
    labels, pictures = [], []
    for images, numbers, _ in tqdm(loader, desc=title, unit="batch", leave=False):
        batches.add(images)
        labels.append(numbers)
        pictures.append(tiny(images))
    if not labels:
        raise InputError(f"{title}: there is not a single image; check data.root and the split.")
    return batches.rows(), torch.cat(labels), np.concatenate(pictures)


def embedded(model: Any, dataset: Any, split: str, device: torch.device) -> Embedded:
    """Returns what a model makes of the registered images and the queries of a split."""
    start = perf_counter()
    model = model.to(device)
    register, labels, pictures = embed(model, dataset.register_loader(split), device, f"{split} register")
    query, asked, seen = embed(model, dataset.query_loader(split), device, f"{split} queries")
    return Embedded(register, labels, query, asked, pictures, seen, perf_counter() - start)


def compared(model: Any, dataset: Any, split: str) -> Embedded:
    """Returns the scores of a model that compares images in pairs (`compare`) and has no embeddings."""
    start, sides = perf_counter(), []
    for loader in (dataset.register_loader(split), dataset.query_loader(split)):
        found = [(numbers, tiny(images)) for images, numbers, _ in loader]
        sides.append((torch.cat([numbers for numbers, _ in found]), np.concatenate([small for _, small in found])))
    (labels, pictures), (asked, seen) = sides

    def images(part: str, count: int) -> Iterator[np.ndarray]:
        return (dataset.image(split, part, i) for i in range(count))

    scores = model.compare(images("register", len(labels)), images("query", len(asked)))
    none = torch.zeros(len(labels), 0), torch.zeros(len(asked), 0)
    return Embedded(none[0], labels, none[1], asked, pictures, seen, perf_counter() - start, scores)


def score(found: Embedded, metric: Any, class_names: list[str]) -> Any:
    """Returns the metric's Result of an embedded split.

    Raises:
        InputError: scores of pairs, and a metric that cannot take them.
    """
    names = parents(class_names)
    if found.scores is None:
        parts = found.register, found.register_labels, found.query, found.query_labels
        return metric(*parts, parents=names)
    if not isinstance(metric, OfScores):
        raise InputError("metric=all_pairs compares embeddings; scores of pairs need metric=register_query.")
    return metric.of_scores(found.scores, found.register_labels, found.query_labels, parents=names)


def code_scores(found: Embedded, name: str, fit: str | None) -> str:
    """Gives an embedded split the scores of a code; returns its `docclf.search.code.base.Code.id`.

    Args:
        found: the split; its ``scores`` are replaced.
        name: of `docclf.search.code.choose.make`.
        fit: vectors that a fitted code is fitted to (`docclf.search.vectors.read_vectors`).

    Raises:
        InputError: a split that has no embeddings or was verified, or a code that cannot be made.
    """
    if found.scores is not None:
        raise InputError(f"code={name}: a code keeps embeddings, and these scores are of pairs or of verification.")
    code = make(name, found.register.shape[1], read_vectors(fit) if fit else None)
    scores = code.scores(unit(found.query.numpy()), unit(found.register.numpy()))
    found.scores = torch.from_numpy(scores).clamp(-1, 1)
    return code.id
