"""Log-sum-exp over the other classes, the plain way: the reference of the other implementations."""

from collections.abc import Callable

import torch
from torch import Tensor

# the maximum of no class at all: finite, so that differences of it are no NaN
LOWEST = -3e38


def forward(x: Tensor, weight: Tensor, rows: Tensor | None, position: Tensor, scale: float) -> Tensor:
    """Returns the log-sum-exp of scale * cosine over all classes but the target, [B].

    Args:
        x: unit embeddings [B,D], float32 or float64.
        weight: centres [K,D] of any length.
        rows: classes that take part, ascending, [k]; None for all.
        position: place of each target among them, [B]; -1 when it is not there.
        scale: factor of the cosines.
    """
    _, logits = _logits(x, weight, rows, position, scale)
    return torch.logsumexp(logits, dim=1).clamp_min(LOWEST)


def backward(
    x: Tensor,
    weight: Tensor,
    rows: Tensor | None,
    position: Tensor,
    scale: float,
    lse: Tensor,
    g_lse: Tensor,
    g_cos: Tensor,
    emit: Callable[[Tensor | slice, Tensor], None],
) -> Tensor:
    """Returns the gradient of x [B,D]; passes that of the centres to ``emit(rows or slice, [n,D])``.

    Args:
        x: as in ``forward``.
        weight: as in ``forward``.
        rows: as in ``forward``.
        position: as in ``forward``.
        scale: as in ``forward``.
        lse: over all shards, [B].
        g_lse: gradient of lse, [B].
        g_cos: gradient of the target's cosine, [B].
        emit: takes the gradient of rows; each row comes once.
    """
    centres, logits = _logits(x, weight, rows, position, scale)
    g = (logits - lse[:, None]).exp_().mul_((scale * g_lse)[:, None])
    held = (position >= 0).nonzero().squeeze(1)
    g[held, position[held]] = g_cos[held]
    chosen = weight if rows is None else weight[rows]
    length = chosen.to(x.dtype).norm(dim=1, keepdim=True).clamp_min(1e-12)
    dx, dw = g @ centres, g.T @ x
    dw = (dw - centres * (dw * centres).sum(1, keepdim=True)) / length
    emit(slice(None) if rows is None else rows, dw)
    return dx


def _logits(x, weight, rows, position, scale) -> tuple[Tensor, Tensor]:
    centres = (weight if rows is None else weight[rows]).to(x.dtype)
    centres = centres / centres.norm(dim=1, keepdim=True).clamp_min(1e-12)
    logits = scale * (x @ centres.T)
    held = (position >= 0).nonzero().squeeze(1)
    logits[held, position[held]] = -torch.inf
    return centres, logits
