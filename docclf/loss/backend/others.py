"""What the target competes with: the seam between a margin and the large products."""

import torch
from torch import Tensor

from docclf.loss import checks as guard
from docclf.ops import unit


class Others(torch.autograd.Function):
    """Log-sum-exp over the other classes, largest cosine among them, and cosine of the target, [B] each.

    Margins act on the target's cosine only, so everything about them happens outside, on B numbers: in float64, since
    that costs nothing and the difference of the first and the last, times the scale, decides. The target is left out
    of the sum inside: taking it out afterwards would cancel (docs/losshead.md).
    """

    @staticmethod
    def forward(ctx, x, head, rows, position, dtype):
        """Runs the backend on unit embeddings x [B,D] of all ranks.

        Args:
            ctx: autograd's.
            x: unit embeddings, float64.
            head: has ``rows``, ``backend``, ``ranks``, ``scale``, ``emit`` and ``settle``.
            rows: places in this rank's table that take part, ascending; None for all.
            position: place of each target among them; -1 when another rank holds it.
            dtype: of the large products.
        """
        weight = head.rows.weight
        narrow = x.to(dtype)
        lse, top = head.backend.forward(narrow, weight, rows, position, head.scale)
        target = torch.zeros_like(x)
        held = position >= 0
        place = position[held]
        target[held] = unit(weight[place if rows is None else rows[place]].double())
        cosine = head.ranks.sum((x * target).sum(1))
        if head.ranks.size > 1:
            highest = head.ranks.max(lse.clone())
            lse = highest + head.ranks.sum((lse - highest).exp()).log()
            top = head.ranks.max(top)
        ctx.head, ctx.rows = head, rows
        ctx.save_for_backward(narrow, position, lse, target)
        ctx.mark_non_differentiable(top)
        return lse, top, cosine

    @staticmethod
    def backward(ctx, g_lse, _, g_cos):
        """Recomputes the cosines, passes gradients to the centres and returns that of x from this rank's classes."""
        x, position, lse, target = ctx.saved_tensors
        head: object = ctx.head
        incoming: dict[str, Tensor] = {"gradient that reaches the loss": g_lse + g_cos}
        guard.finite(incoming, head.rows.clock, head.ranks.rank, "A gradient scaler overflowed: train in bfloat16.")
        if head.fused:
            head.rows.begin()
        table = head.rows if head.fused else None
        with torch.autocast(x.device.type, enabled=False):
            dx = head.backend.backward(
                x, head.rows.weight, ctx.rows, position, head.scale, lse, g_lse, g_cos, head.emit, table
            )
        head.settle(ctx.rows)
        return dx + g_cos[:, None] * target, None, None, None, None
