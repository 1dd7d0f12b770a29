"""Stops a run at a setting, a label or a number that is none, before it reaches the centres."""

import torch
from torch import Tensor

from docclf.errors import InputError

UNSAMPLED = ("frozen", "dense")


def sampling(sample_rate: float, unsampled: str, keep_mib: int) -> None:
    """Raises InputError for a setting of sampled classes outside its range."""
    if not 0 < sample_rate <= 1:
        raise InputError(f"loss.sample_rate={sample_rate}: want a share of the classes above 0 to 1, such as 0.1")
    if unsampled not in UNSAMPLED:
        raise InputError(f"loss.unsampled={unsampled!r}: choose one of {', '.join(UNSAMPLED)}")
    if not keep_mib >= 0:
        raise InputError(f"loss.keep_mib={keep_mib}: want 0 MiB or more")


def fixed(centres: bool, smoothing: float, backend: str) -> None:
    """Raises InputError for settings that do not go with learned, or not with fixed, centres."""
    if centres and backend == "triton":
        raise InputError("loss.backend=triton moves centres, and these are fixed; take loss.backend=auto")
    if smoothing and not centres:
        raise InputError(
            f"loss.smoothing={smoothing} would move every learned centre in every step; take fixed centres "
            "(loss/centres=random), or all logits (loss=softmax)"
        )


def finite(named: dict[str, Tensor], step: int, rank: int, hint: str) -> None:
    """Raises InputError naming step, rank and quantity when a tensor holds NaN or infinity.

    Args:
        named: quantity to tensor, causes before consequences.
        step: number of the step.
        rank: of this process.
        hint: settings to look at.
    """
    checks = torch.stack([torch.isfinite(value.detach()).all() for value in named.values()]).tolist()
    for (name, value), good in zip(named.items(), checks, strict=True):
        if not good:
            bad = (~torch.isfinite(value.detach())).sum().item()
            raise InputError(
                f"loss head, step {step}, rank {rank}: {bad} of {value.numel()} numbers of the {name} are NaN or "
                f"infinite; the centres are as they were before this step. {hint}"
            )


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
