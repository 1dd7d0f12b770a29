"""Numbers that show whether a loss head is well."""

import torch
from torch import Tensor

# rows looked at for the lengths of the centres: a spread sample is enough and costs nothing
SAMPLE = 4096


@torch.no_grad()
def summary(seen: dict[str, Tensor], weight: Tensor, steps: Tensor | None = None) -> dict[str, float]:
    """Returns genuine and hardest impostor cosines, lengths of centres and share never touched.

    Args:
        seen: ``genuine`` and ``impostor`` cosines [B] of the last batch; empty before the first.
        weight: centres [K,D]; what is no tensor has no lengths worth a look.
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
    if isinstance(weight, Tensor):
        lengths = weight[:: max(1, len(weight) // SAMPLE)].float().norm(dim=1)
        for name, value in zip(("p05", "p50", "p95"), lengths.quantile(levels), strict=True):
            numbers[f"centre_norm_{name}"] = value
    if steps is not None:
        numbers["never_touched"] = (steps == 0).float().mean()
    names = list(numbers)
    return dict(zip(names, torch.stack([numbers[n] for n in names]).tolist(), strict=True)) if names else {}
