"""What the target competes with: the seam between a margin and the large products."""

import torch
from torch import Tensor

from docclf.loss.guard import checks as guard
from docclf.ops import unit


class Others(torch.autograd.Function):
    """Log-sum-exp over the other classes, largest cosine among them, and cosine of the target, [B] each.

    Margins act on the target's cosine only, so everything about them happens outside, on B numbers: in float64, since
    that costs nothing and the difference of the first and the last, times the scale, decides. The target is left out
    of the sum inside: taking it out afterwards would cancel (docs/losshead.md).
    """

    @staticmethod
    def forward(ctx, x, head, rows, position, target, scale, dtype):
        """Runs the backend on unit embeddings x [B,D] of all ranks.

        Args:
            ctx: autograd's.
            x: unit embeddings, float64.
            head: has ``rows``, ``backend``, ``ranks``, ``fixed``, ``step``, ``emit`` and ``settle``.
            rows: places in this rank's table that take part, ascending; None for all.
            position: place of each target among them; -1 when another rank holds it.
            target: unit centres of the targets, [B,D] float64; zero where another rank holds them.
            scale: factor of the cosines.
            dtype: of the large products.
        """
        weight = head.rows.weight
        narrow = x.to(dtype)
        lse, top = head.backend.forward(narrow, weight, rows, position, scale)
        cosine = head.ranks.sum((x * target).sum(1))
        if head.ranks.size > 1:
            highest = head.ranks.max(lse.clone())
            lse = highest + head.ranks.sum((lse - highest).exp()).log()
            top = head.ranks.max(top)
        ctx.head, ctx.rows, ctx.scale = head, rows, scale
        ctx.save_for_backward(narrow, position, lse, target)
        ctx.mark_non_differentiable(top)
        return lse, top, cosine

    @staticmethod
    def backward(ctx, g_lse, _, g_cos):
        """Recomputes the cosines, passes gradients to the centres and returns that of x from this rank's classes."""
        x, position, lse, target = ctx.saved_tensors
        head: object = ctx.head
        incoming: dict[str, Tensor] = {"gradient that reaches the loss": g_lse + g_cos}
        guard.finite(incoming, head.step, head.ranks.rank, "A gradient scaler overflowed: train in bfloat16.")
        if head.fused:
            head.rows.begin()
        table = head.rows if head.fused else None
        with torch.autocast(x.device.type, enabled=False):
            emit = None if head.fixed else head.emit
            dx = head.backend.backward(
                x, head.rows.weight, ctx.rows, position, ctx.scale, lse, g_lse, g_cos, emit, table
            )
        head.settle(ctx.rows)
        return dx + g_cos[:, None] * target, None, None, None, None, None, None


def targets(x: Tensor, weight: Tensor, rows: Tensor | None, position: Tensor) -> Tensor:
    """Returns the unit centres of the targets, [B,D] like x; zero where another rank holds them.

    Args:
        x: embeddings [B,D], for width and type.
        weight: centres of this rank.
        rows: places that take part; None for all.
        position: place of each target among them, or -1.
    """
    out, held = torch.zeros_like(x), position >= 0
    place = position[held]
    out[held] = unit(weight[place if rows is None else rows[place]].detach().to(x.dtype))
    return out
