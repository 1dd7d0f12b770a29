"""A small embedded split, with and without what can be wrong with one."""

import numpy as np
import torch

from docclf.metric.all_pairs import AllPairs
from docclf.metric.register_query import RegisterQuery
from docclf.report.check.split import find
from docclf.report.inputs import Evaluation

TARGETS = [1e-1, 1e-2, 1e-4]


def picture(seed: int, side: int = 48) -> np.ndarray:
    """Returns a smooth coloured picture, another for each seed, uint8 [side, 2 side, 3]."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 4, 3)).astype(np.uint8)
    return np.kron(coarse, np.ones((side // 4, side // 2, 1), np.uint8))


def made(classes=7, queries=3, unregistered=2, noise=0.8, names=None, dim=12, seed=0) -> Evaluation:
    """Returns an evaluation of clustered embeddings whose last `unregistered` classes are not registered."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(classes, dim))
    known = classes - unregistered
    labels = np.arange(classes).repeat(queries)
    query = centres[labels] + noise * rng.normal(size=(len(labels), dim))
    names = names or [f"class-{i}" for i in range(classes)]
    seeds = {"register": range(known), "query": range(1000, 1000 + len(labels))}
    tiny = {part: np.stack([picture(s, 16)[:, ::2] for s in span]) for part, span in seeds.items()}
    return Evaluation(
        register=torch.from_numpy(centres[:known]).float(),
        register_labels=torch.arange(known),
        query=torch.from_numpy(query).float(),
        query_labels=torch.from_numpy(labels),
        class_names=names,
        register_names=[f"register/{names[i]}.jpg" for i in range(known)],
        query_names=[f"query/{names[label]}/{i}.jpg" for i, label in enumerate(labels)],
        image=lambda part, i: picture(seeds[part][i]),
        register_pictures=tiny["register"],
        query_pictures=tiny["query"],
    )


def measured(evaluation: Evaluation, protocol: str = "register_query", replicates: int = 30):
    """Returns the result of an evaluation, its findings filled in."""
    evaluation.findings = find(evaluation)
    metric = {"register_query": RegisterQuery, "all_pairs": AllPairs}[protocol](TARGETS, replicates=replicates)
    return metric(evaluation.register, evaluation.register_labels, evaluation.query, evaluation.query_labels)
