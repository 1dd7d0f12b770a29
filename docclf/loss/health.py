"""Numbers that show whether a loss head is well."""

import torch
from torch import Tensor

# rows looked at for the lengths of the centres: a spread sample is enough and costs nothing
SAMPLE = 4096


@torch.no_grad()
def summary(seen: dict[str, Tensor], weight: Tensor, margin: object, steps: Tensor | None = None) -> dict[str, float]:
    """Returns genuine and hardest impostor cosines, lengths of centres, share never touched and effective margin.

    Args:
        seen: ``genuine`` and ``impostor`` cosines [B] of the last batch; empty before the first.
        weight: centres [K,D].
        margin: rule with ``ramp`` and, unless it has none, ``m``.
        steps: number of steps of each centre [K], when counted.
    """
    numbers = {}
    levels = torch.tensor([0.05, 0.5, 0.95], device=weight.device)
    if len(seen.get("genuine", ())):
        genuine = seen["genuine"].float()
        numbers["genuine_mean"] = genuine.mean()
        for name, value in zip(("p05", "p50", "p95"), genuine.quantile(levels), strict=True):
            numbers[f"genuine_{name}"] = value
        numbers["impostor_max"] = seen["impostor"].float().max()
        numbers["impostor_mean"] = seen["impostor"].float().mean()
    lengths = weight[:: max(1, len(weight) // SAMPLE)].float().norm(dim=1)
    for name, value in zip(("p05", "p50", "p95"), lengths.quantile(levels), strict=True):
        numbers[f"centre_norm_{name}"] = value
    if steps is not None:
        numbers["never_touched"] = (steps == 0).float().mean()
    names = list(numbers)
    out = dict(zip(names, torch.stack([numbers[n] for n in names]).tolist(), strict=True))
    return out | {"margin": in_force(0.0, margin)["margin"]}


def in_force(scale: float, margin: object) -> dict[str, float]:
    """Returns scale and effective margin, by name."""
    return {"scale": float(scale), "margin": float(margin.m * margin.ramp)}
