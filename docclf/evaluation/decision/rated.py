"""The scores of an embedded split by a rule: the very bits that a gallery of its register compares."""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from docclf.calibrate.simulate import COHORT, cohort, each_of, simulate
from docclf.calibrate.thresholds import fitted
from docclf.errors import InputError
from docclf.evaluation.embed import Embedded
from docclf.gallery.decision.scores import rated
from docclf.gallery.embedder import Embedder, unit
from docclf.score.rule import Score
from docclf.search.cosines import cosines


def rate(found: Embedded, score: Score, model: Any, dataset: Any, split: str) -> tuple[Tensor, dict[str, Any]]:
    """Returns the scores float32 [Q,R] of a split, and what is noted of the rule.

    An adapter is fitted on simulated photographs of the registered images; no query is looked at.

    Args:
        found: the embedded split.
        score: the rule.
        model: uint8 images [B,3,S,S] to embeddings, with ``image_size``.
        dataset: where the images come from.
        split: val or test.

    Raises:
        InputError: verified scores, which `verify=homography` makes.
    """
    if score.kind == "verified":
        raise InputError("score=verified is what verify=homography scores; give verify=homography.")
    vectors, queries = unit(found.register.numpy()), unit(found.query.numpy())
    groups, against, noted = found.register_labels.numpy(), None, {}
    if score.cohort:
        embed = Embedder(model, "")
        fit = score.kind == "adapter" and score.weights is None
        images = [dataset.image(split, "register", i) for i in range(len(vectors))] if fit else []
        against, noted = embed(cohort(COHORT))[::2], {"cohort": f"drawn/{COHORT}/0"}
        if fit:
            with tqdm(total=len(images) * each_of(len(images)) + COHORT, desc="photographing", disable=None) as bar:
                taken = simulate(embed, images, progress=bar.update)
            score = fitted(taken.scores(vectors, [f"{label:09}" for label in groups]), score)
    rows = [
        rated(score, query, cosines(query, vectors), vectors, groups, against)
        for query in tqdm(queries, desc="scores", unit="query", leave=False, disable=None)
    ]
    return torch.from_numpy(np.stack(rows)), {"rule": score.plain(), **noted}
