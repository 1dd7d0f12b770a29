"""What a loss checks of its labels."""

import torch
from torch import Tensor

from docclf.errors import InputError


def kept(embeddings: Tensor, labels: Tensor, num_classes: int) -> tuple[Tensor, Tensor]:
    """Returns embeddings [B,D] and labels [B] without the samples of label -1.

    Raises:
        InputError: labels are no integers, are as many as the embeddings are not, or lie outside -1 to K - 1.
    """
    if labels.dtype.is_floating_point or labels.dtype == torch.bool:
        raise InputError(f"labels have type {labels.dtype}; a loss takes integers, 0 to {num_classes - 1} or -1")
    if embeddings.ndim != 2 or labels.shape != embeddings.shape[:1]:
        raise InputError(
            f"embeddings of shape {list(embeddings.shape)} and labels of shape {list(labels.shape)} do not fit: "
            "want [B,D] and [B]"
        )
    labels = labels.long()
    if not len(labels):
        return embeddings, labels
    low, high = torch.stack(torch.aminmax(labels)).tolist()
    if low < -1 or high >= num_classes:
        raise InputError(
            f"labels run from {low} to {high}, but there are {num_classes} classes (0 to {num_classes - 1}, -1 leaves "
            "a sample out); the class count and the data come from different indexes"
        )
    if low == -1:
        held = labels >= 0
        embeddings, labels = embeddings[held], labels[held]
    return embeddings, labels
