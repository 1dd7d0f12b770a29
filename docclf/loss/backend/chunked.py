"""Log-sum-exp over the other classes in blocks of classes: of the logits, no more exists than a stated budget."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from docclf.loss.backend.eager import LOWEST
from docclf.loss.backend.product import Product
from docclf.loss.backend.scratch import Work

# entries of a block of logits or of centres: 1 MiB in float32, which stays in cache between the passes over it
ENTRIES = 1 << 18
# 2^x of float32 has no result below its normal numbers, nor a sum above its largest, while |x| stays below this
LARGEST_POWER = 126.0
LOG2E = math.log2(math.e)


class Block(NamedTuple):
    """Some consecutive classes of a step: raw centres, unit centres [n,D], lengths [n,1], samples that belong here."""

    first: int
    index: Tensor | slice
    raw: Tensor
    unit: Tensor
    length: Tensor
    hit: Tensor
    place: Tensor


class Chunked:
    """Blocks of classes; exponentials of logits are kept for the backward pass up to a budget, else computed again.

    The contract is that of ``Eager``. Logits are powers of two, not of e: torch's exp is thirty times slower where the
    result is subnormal, its exp2 is not. While scale and number of classes allow it (up to a scale of about 70), the
    sum needs no shift: with |cosine| <= 1 nothing can overflow or vanish in float32.

    Args:
        product: matrix product.
        entries: size of a block of logits.
        keep: bytes of exponentials kept between the passes; 0 computes all of them twice.
    """

    name = "chunked"

    def __init__(self, product: Product, entries: int = ENTRIES, keep: int = 0) -> None:
        self.product, self.entries, self.keep = product, entries, keep
        self.work = Work()
        self._kept: tuple[Tensor, int, Tensor | None, list[Tensor]] | None = None

    def forward(self, x, weight, rows, position, scale) -> tuple[Tensor, Tensor]:
        """Returns log-sum-exp [B] and largest cosine [B] of the other classes; see ``Eager.forward``."""
        with self.product.ready(x.device):
            if self._direct(weight, rows, scale):
                total, top = self._sums(x, weight, rows, position, scale)
            else:
                return self._online(x, weight, rows, position, scale)
        return total.log().clamp_min(LOWEST), (top.log2() / (scale * LOG2E)).clamp(LOWEST, 1.0)

    def _direct(self, weight: Tensor, rows: Tensor | None, scale: float) -> bool:
        count = len(weight) if rows is None else len(rows)
        return scale * LOG2E + math.log2(max(2, count)) < LARGEST_POWER

    def _sums(self, x, weight, rows, position, scale) -> tuple[Tensor, Tensor]:
        """Returns sum and maximum of exp(scale * cosine), [B] each; keeps the first blocks of exponentials."""
        total, top = x.new_zeros(len(x), dtype=torch.float64), x.new_zeros(len(x))
        power, held, left = scale * LOG2E * x, [], self.keep // x.element_size()
        count = len(weight) if rows is None else len(rows)
        store = self.work("kept", (min(left, len(x) * count),), x.dtype, x.device)
        for block in self._blocks(x, weight, rows, position):
            size = len(x) * len(block.unit)
            space = None
            if size <= len(store):
                space, store = store[:size].view(len(x), -1), store[size:]
                held.append(space)
            terms = self._terms(power, block, None, space)
            total += terms.sum(1)
            torch.maximum(top, terms.amax(1), out=top)
        self._kept = (x, x._version, rows, held)
        return total, top

    def _online(self, x, weight, rows, position, scale) -> tuple[Tensor, Tensor]:
        """Returns what ``forward`` does, by a running maximum (arXiv 1805.02867)."""
        total, top = x.new_zeros(len(x), dtype=torch.float64), x.new_full((len(x),), LOWEST)
        power = scale * LOG2E * x
        for block in self._blocks(x, weight, rows, position):
            logits = self.product(power, block.unit.T)
            logits[block.hit, block.place] = -torch.inf
            higher = torch.maximum(top, logits.amax(1))
            total = total * (top - higher).exp2() + logits.sub_(higher[:, None]).exp2_().sum(1)
            top = higher
        return ((top + total.log2()) / LOG2E).clamp_min(LOWEST), top / (scale * LOG2E)

    def backward(self, x, weight, rows, position, scale, lse, g_lse, g_cos, emit, table=None) -> Tensor:
        """Returns the gradient of x; passes that of the centres on, block by block; see ``Eager.backward``."""
        # no class but the target's: LOWEST, whose exponential would be infinite
        lse = lse.double().clamp_min(-scale - 1)
        if self._direct(weight, rows, scale):
            divisor, shift, held = lse, None, self._recall(x, rows)
        else:
            divisor, shift, held = torch.zeros_like(lse), (lse * LOG2E).to(x.dtype)[:, None], []
        # where the sums are so large that quotients by them would be subnormal, they are taken up by a common factor
        lift = (torch.minimum(divisor.max(), divisor.min() + 64) - 40).clamp_min(0)
        weighted = (scale * g_lse * (lift - divisor).exp()).to(x.dtype)[:, None] * x
        pull = (g_cos * lift.exp()).to(x.dtype)[:, None] * x
        dx, power = torch.zeros_like(x), scale * LOG2E * x
        with self.product.ready(x.device):
            for number, block in enumerate(self._blocks(x, weight, rows, position)):
                terms = held[number] if number < len(held) else self._terms(power, block, shift)
                self.product.add(dx, terms, block.unit)
                if emit is None:
                    continue
                dw = self.product(terms.T, weighted, self._like("dw", block.unit))
                dw.index_add_(0, block.place, pull[block.hit])
                along = torch.mul(dw, block.unit, out=self._like("along", dw)).sum(1, keepdim=True)
                dw.addcmul_(block.unit, along, value=-1).mul_((-lift).exp() / block.length)
                emit(block.index, dw, block.raw)
        return dx.mul_((-divisor).exp().to(x.dtype)[:, None]).mul_((scale * g_lse).to(x.dtype)[:, None])

    def _terms(self, power: Tensor, block: Block, shift: Tensor | None, out: Tensor | None = None) -> Tensor:
        """Returns 2^(power . centres - shift) of a block, [B,n], zero at the targets."""
        if out is None:
            out = self.work("terms", (len(power), len(block.unit)), power.dtype, power.device)
        terms = self.product(power, block.unit.T, out)
        if terms is not out:
            terms = out.copy_(terms)
        if shift is not None:
            terms.sub_(shift)
        terms.exp2_()
        terms[block.hit, block.place] = 0.0
        return terms

    def _recall(self, x: Tensor, rows: Tensor | None) -> list[Tensor]:
        """Returns what the forward pass of the same embeddings kept, once: the pass that asks changes the centres."""
        kept, self._kept = self._kept, None
        fits = kept is not None and kept[0] is x and kept[1] == x._version and kept[2] is rows
        return kept[3] if fits else []

    def _like(self, name: str, other: Tensor) -> Tensor:
        return self.work(name, tuple(other.shape), other.dtype, other.device)

    def _blocks(self, x, weight, rows, position) -> Iterator[Block]:
        """Yields the classes of a step; the tensors of a block last until the next one is asked for."""
        count = len(weight) if rows is None else len(rows)
        size = max(64, self.entries // max(1, *x.shape))
        edges = [*range(0, count, size), count]
        ranked, order = position.sort()
        cuts = torch.searchsorted(ranked, torch.tensor(edges, device=ranked.device)).tolist()
        for number, (first, last) in enumerate(zip(edges, edges[1:], strict=False)):
            mine = slice(cuts[number], cuts[number + 1])
            if rows is None:
                index = slice(first, last)
                raw = weight[index] if isinstance(weight, Tensor) else None
            else:
                index = rows[first:last]
            if not isinstance(weight, Tensor):
                raw = weight[index]
            elif rows is not None:
                raw = self.work("raw", (last - first, weight.shape[1]), weight.dtype, weight.device)
                torch.index_select(weight, 0, index, out=raw)
            length = torch.linalg.vector_norm(raw, dim=1, keepdim=True, dtype=x.dtype).clamp_min_(1e-12)
            unit = torch.div(raw, length, out=self.work("unit", tuple(raw.shape), x.dtype, x.device))
            yield Block(first, index, raw, unit, length, order[mine], ranked[mine] - first)
