"""Tensor helpers shared by the component folders."""

import hashlib
from collections.abc import Callable

import torch
from torch import Tensor, nn


def real(x: Tensor) -> Tensor:
    """Returns x in float32, or unchanged when it is float64: the two types in which losses are computed."""
    return x if x.dtype == torch.float64 else x.float()


def unit(x: Tensor, eps: float = 1e-12) -> Tensor:
    """Returns x [..., D] with rows of length one, in float32 (float64 stays); a row of zeros stays zero."""
    x = real(x)
    return x / x.norm(dim=-1, keepdim=True).clamp_min(eps)


def at_targets(cosines: Tensor, targets: Tensor, rule: Callable[[Tensor], Tensor]) -> Tensor:
    """Returns cosines [B,K] with rule put through rule at each row's target [B]; rows of target -1 stay."""
    cosines = real(cosines)
    held = targets >= 0
    index = targets.clamp_min(0).unsqueeze(1)
    before = cosines.gather(1, index).squeeze(1)
    after = torch.where(held, rule(before), before)
    return cosines.scatter(1, index, after.unsqueeze(1))


def fingerprint(network: nn.Module) -> str:
    """Returns the sha256 of names, types and values of all weights and buffers."""
    digest = hashlib.sha256()
    for name, value in sorted(network.state_dict().items()):
        digest.update(f"{name}\0{value.dtype}\0{tuple(value.shape)}\n".encode())
        digest.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()
