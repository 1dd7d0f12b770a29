"""Stops a run at the first number that is none, before it reaches the centres."""

import torch
from torch import Tensor

from docclf.errors import InputError


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
