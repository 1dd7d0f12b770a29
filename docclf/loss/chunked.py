"""Log-sum-exp over the other classes in blocks of classes: no more of the logits exists than one block."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from docclf.loss.eager import LOWEST
from docclf.loss.product import Product

# entries of a block of logits: 2 MiB in float32, which stays in cache between the passes over it
ENTRIES = 1 << 19
# with one shift for all, exp(scale * (cosine - 1)) must not vanish: 64 leaves room down to a cosine of -0.3, and the
# sum is checked
LARGEST_FIXED_SCALE = 64.0
SMALLEST_FIXED_SUM = 1e-30


class Chunked:
    """Blocks of classes; a block of logits is computed once in each pass and never kept.

    The contract is that of ``Eager``.

    Args:
        product: matrix product.
        entries: size of a block of logits.
    """

    name = "chunked"

    def __init__(self, product: Product, entries: int = ENTRIES) -> None:
        self.product, self.entries = product, entries

    def forward(
        self, x: Tensor, weight: Tensor, rows: Tensor | None, position: Tensor, scale: float
    ) -> tuple[Tensor, Tensor]:
        """Returns log-sum-exp [B] and largest cosine [B] of the other classes; see ``Eager.forward``."""
        with self.product.ready(x.device):
            if scale <= LARGEST_FIXED_SCALE:
                total, top = self._sums(x, weight, rows, position, scale)
                if (total > SMALLEST_FIXED_SUM).all():
                    return scale + total.log(), 1 + top.log() / scale
            return self._online(x, weight, rows, position, scale)

    def _sums(self, x, weight, rows, position, scale) -> tuple[Tensor, Tensor]:
        """Returns sum and maximum of exp(scale * (cosine - 1)), [B] each."""
        total, top = x.new_zeros(len(x)), x.new_zeros(len(x))
        scaled = scale * x
        for first, _, _, centres, _ in self._blocks(x, weight, rows):
            terms = self.product(scaled, centres.T).sub_(scale).exp_()
            _mask(terms, position, first, 0.0)
            total += terms.sum(1)
            torch.maximum(top, terms.amax(1), out=top)
        return total, top

    def _online(self, x, weight, rows, position, scale) -> tuple[Tensor, Tensor]:
        """Returns what ``forward`` does, by a running maximum (arXiv 1805.02867)."""
        total, top = x.new_zeros(len(x)), x.new_full((len(x),), LOWEST)
        scaled = scale * x
        for first, _, _, centres, _ in self._blocks(x, weight, rows):
            logits = self.product(scaled, centres.T)
            _mask(logits, position, first, -torch.inf)
            higher = torch.maximum(top, logits.amax(1))
            total = total * (top - higher).exp() + logits.sub_(higher[:, None]).exp_().sum(1)
            top = higher
        return (top + total.log()).clamp_min(LOWEST), top / scale

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
        emit: Callable[[Tensor | slice, Tensor, Tensor], None],
        table: object | None = None,
    ) -> Tensor:
        """Returns the gradient of x; passes that of the centres on, block by block; see ``Eager.backward``."""
        dx = torch.zeros_like(x)
        scaled, shift = scale * x, lse[:, None]
        weighted, pull = g_lse[:, None] * scaled, g_cos[:, None] * x
        with self.product.ready(x.device):
            for first, index, raw, centres, length in self._blocks(x, weight, rows):
                share = self.product(scaled, centres.T).sub_(shift).exp_()
                hit, place = _mask(share, position, first, 0.0)
                dx += self.product(share, centres)
                dw = self.product(share.T, weighted)
                if len(hit):
                    dw.index_add_(0, place, pull[hit])
                dw.addcmul_(centres, (dw * centres).sum(1, keepdim=True), value=-1).div_(length)
                emit(index, dw, raw)
        return dx.mul_((scale * g_lse)[:, None])

    def _blocks(self, x, weight, rows) -> Iterator[tuple[int, Tensor | slice, Tensor, Tensor, Tensor]]:
        """Yields first place, index, centres, unit centres [n,D] and lengths [n,1] of each block of classes."""
        count = len(weight) if rows is None else len(rows)
        size = max(64, self.entries // max(1, len(x)))
        for first in range(0, count, size):
            last = min(first + size, count)
            index = slice(first, last) if rows is None else rows[first:last]
            raw = weight[index] if rows is None else weight.index_select(0, index)
            length = torch.linalg.vector_norm(raw, dim=1, keepdim=True, dtype=x.dtype).clamp_min_(1e-12)
            yield first, index, raw, raw / length, length


def _mask(block: Tensor, position: Tensor, first: int, value: float) -> tuple[Tensor, Tensor]:
    """Sets each sample's own class to value; returns the samples whose class is in the block, and its place there."""
    inside = (position >= first) & (position < first + block.shape[1])
    hit = inside.nonzero().squeeze(1)
    place = position[hit] - first
    block[hit, place] = value
    return hit, place
