"""Scores of codes in place of cosines, so that a threshold is measured on what a gallery keeps."""

import torch

from docclf.errors import InputError
from docclf.evaluation.embed import Embedded
from docclf.gallery.embedder import unit
from docclf.search.code.choose import make
from docclf.search.vectors import read_vectors


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
