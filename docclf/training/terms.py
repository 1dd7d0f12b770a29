"""What is added to the loss of a batch: the terms of teacher, old model and pairs."""

from typing import Any

from torch import Tensor

from docclf.batch import Batch


def added(engine: Any, embeddings: Tensor, maps: Tensor, batch: Batch) -> dict[str, Tensor]:
    """Returns each term, weighted, by the name that it is logged by.

    Args:
        engine: has ``teacher``, ``compatible`` and ``pair``, each ``None`` where there is none.
        embeddings: of the batch [B,D].
        maps: the feature maps they were made of [B,C,h,w].
        batch: the batch.
    """
    made = {}
    if engine.teacher is not None:
        engine.teacher.set_progress(engine.progress)
        made["teacher"] = engine.teacher(embeddings, batch, engine.encoder)
    if engine.compatible is not None:
        made["compatible"] = engine.compatible(embeddings, batch)
    if engine.pair is not None:
        engine.pair.set_progress(engine.progress)
        made["pair"] = engine.pair(embeddings, batch.labels, maps)
    return {f"{group}/{name}": term for group, terms in made.items() for name, term in terms.items()}
