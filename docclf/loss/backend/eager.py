"""Log-sum-exp over the other classes, the plain way: the reference of the other implementations."""

from collections.abc import Callable

import torch
from torch import Tensor

from docclf.loss.backend.product import Product

# the maximum of no class at all: finite, so that differences of it are no NaN
LOWEST = -3e38


class Eager:
    """All logits at once, [B,k]: for tests and small class counts.

    Args:
        product: matrix product.
    """

    name = "eager"

    def __init__(self, product: Product) -> None:
        self.product = product

    def forward(
        self, x: Tensor, weight: Tensor, rows: Tensor | None, position: Tensor, scale: float
    ) -> tuple[Tensor, Tensor]:
        """Returns the log-sum-exp of scale * cosine and the largest cosine over all classes but the target.

        Both are [B], the first in float64.

        Args:
            x: unit embeddings [B,D], float32 or float64.
            weight: centres [K,D] of any length: a tensor, or what gives rows as one does.
            rows: classes that take part, ascending, [k]; None for all.
            position: place of each target among them, [B]; -1 when it is not there.
            scale: factor of the cosines.
        """
        _, _, logits = self._logits(x, weight, rows, position, scale)
        if not logits.shape[1]:
            return x.new_full((len(x),), LOWEST).double(), x.new_full((len(x),), LOWEST)
        return torch.logsumexp(logits, dim=1).clamp_min(LOWEST).double(), logits.amax(1) / scale

    def backward(
        self,
        x: Tensor,
        weight: Tensor,
        rows: Tensor | None,
        position: Tensor,
        scale: float,
        lse: Tensor,
        g_lse: Tensor,
        g_cos: Tensor,
        emit: Callable[[Tensor | slice, Tensor, Tensor], None] | None,
        table: object | None = None,
    ) -> Tensor:
        """Returns the gradient that x [B,D] gets from the other classes; passes that of the centres to ``emit``.

        Args:
            x: as in ``forward``.
            weight: as in ``forward``.
            rows: as in ``forward``.
            position: as in ``forward``.
            scale: as in ``forward``.
            lse: log-sum-exp over the classes of all shards, [B], float64.
            g_lse: its gradient, [B].
            g_cos: gradient of the target's cosine, [B].
            emit: takes index, gradient [n,D] and centres [n,D] of some rows, each row once; they are its own to change
                until it returns, and no longer. None: the centres are fixed, and their gradient is not computed.
            table: the ``Rows`` of the centres when their update belongs to this pass; an implementation that
                updates them itself does not call ``emit``. This one does.
        """
        raw, centres, logits = self._logits(x, weight, rows, position, scale)
        share = (logits - lse[:, None]).to(x.dtype).exp_()
        factor = (scale * g_lse).to(x.dtype)[:, None]
        dx = factor * self.product(share, centres)
        if emit is None:
            return dx
        weighted = factor * x
        dw = self.product(share.T, weighted)
        held = (position >= 0).nonzero().squeeze(1)
        dw.index_add_(0, position[held], (g_cos.to(x.dtype)[:, None] * x)[held])
        length = raw.to(x.dtype).norm(dim=1, keepdim=True).clamp_min(1e-12)
        dw = (dw - centres * (dw * centres).sum(1, keepdim=True)) / length
        emit(slice(None) if rows is None else rows, dw, raw)
        return dx

    def _logits(self, x, weight, rows, position, scale) -> tuple[Tensor, Tensor, Tensor]:
        raw = weight[slice(None) if rows is None else rows]
        centres = raw.to(x.dtype) / raw.to(x.dtype).norm(dim=1, keepdim=True).clamp_min(1e-12)
        logits = scale * self.product(x, centres.T)
        held = (position >= 0).nonzero().squeeze(1)
        logits[held, position[held]] = -torch.inf
        return raw, centres, logits
