"""Clipping by the norm over the encoder and the centres of all ranks."""

import torch
from torch import Tensor, nn

from docclf.errors import InputError
from docclf.loss.base import Held


def clip(parameters: list[nn.Parameter], loss: nn.Module, limit: float) -> Tensor:
    """Scales all gradients down so that their common norm is at most ``limit``; returns the norm before.

    Encoder gradients are the same on every rank by now; those of the centres, each of them on one rank, enter by the
    sum of their squares over the ranks. So the factor is the same everywhere, and copies of the encoder stay equal.
    Centres that were updated during the backward pass (``loss.fused=true``) have no gradient left and do not count.

    Args:
        parameters: of encoder and loss.
        loss: `docclf.loss.base.Held` when it holds gradients of centres outside parameters.
        limit: largest norm.

    Raises:
        InputError: a gradient is NaN or infinite.
    """
    grads = [p.grad for p in parameters if p.grad is not None]
    own = torch.nn.utils.get_total_norm(grads).double()
    held = isinstance(loss, Held) and not loss.fused
    norm = torch.hypot(own, own.new_tensor(loss.gradient_norm())) if held else own
    if not torch.isfinite(norm):
        raise InputError(f"the norm of the gradients of the encoder is {own.item()}, with the centres {norm.item()}.")
    factor = limit / (norm.item() + 1e-6)
    if factor < 1:
        torch._foreach_mul_(grads, factor)
        if held:
            loss.scale_gradient(factor)
    return norm
