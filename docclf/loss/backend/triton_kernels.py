"""Triton kernels of the loss head: sums over the other classes, gradient of the embeddings, update of the centres.

None of them has been run on a GPU yet; Triton's interpreter runs them on the CPU in the tests. Names: x unit
embeddings [B,D], w centres [K,D], rows the classes that take part [k], pos the place of each target among them [B].
BM, BN, BD are tile sizes along B, k and D; BD holds all of D.
"""

import triton
import triton.language as tl


@triton.jit
def product(a, b, acc, BF16: tl.constexpr, PRECISION: tl.constexpr):
    """Returns acc + a @ b, added up in float32; BF16 is 0, 1, or 2 for operands rounded but multiplied as float32."""
    if BF16 == 1:
        out = tl.dot(a.to(tl.bfloat16), b.to(tl.bfloat16), acc)
    else:
        if BF16 == 2:
            a = a.to(tl.bfloat16).to(tl.float32)
            b = b.to(tl.bfloat16).to(tl.float32)
        out = tl.dot(a, b, acc, input_precision=PRECISION)
    return out


@triton.jit
def centres(w, rows, first, count, D: tl.constexpr, BN: tl.constexpr, BD: tl.constexpr, SAMPLED: tl.constexpr):
    """Returns places, offsets, mask, rows and their lengths of one tile of classes."""
    n = first + tl.arange(0, BN)
    d = tl.arange(0, BD)
    inside = n < count
    row = n.to(tl.int64)
    if SAMPLED:
        row = tl.load(rows + n, mask=inside, other=0)
    offset = row[:, None] * D + d[None, :]
    mask = inside[:, None] & (d < D)[None, :]
    tile = tl.load(w + offset, mask=mask, other=0.0)
    length = tl.maximum(tl.sqrt(tl.sum(tile * tile, 1)), 1e-12)
    return n, offset, mask, tile, length


@triton.jit
def queries(x, pos, first, B, D: tl.constexpr, BM: tl.constexpr, BD: tl.constexpr):
    """Returns samples, embeddings and target places of one tile of the batch."""
    b = first + tl.arange(0, BM)
    d = tl.arange(0, BD)
    tile = tl.load(x + b[:, None] * D + d[None, :], mask=(b < B)[:, None] & (d < D)[None, :], other=0.0)
    return b, tile, tl.load(pos + b, mask=b < B, other=-1)


@triton.jit
def sums_kernel(
    x, w, rows, pos, tops, totals, B, count, share, scale,
    D: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr, BD: tl.constexpr,
    SAMPLED: tl.constexpr, BF16: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    """Writes maximum and sum of the logits of one share of the classes for one tile of the batch."""
    split = tl.program_id(0)
    b, q, place = queries(x, pos, tl.program_id(1) * BM, B, D, BM, BD)
    top = tl.full([BM], -3e38, tl.float32)
    total = tl.zeros([BM], tl.float32)
    for first in range(split * share, tl.minimum(split * share + share, count), BN):
        n, _, _, tile, length = centres(w, rows, first, count, D, BN, BD, SAMPLED)
        logits = product(q, tl.trans(tile / length[:, None]), tl.zeros([BM, BN], tl.float32), BF16, PRECISION) * scale
        logits = tl.where((n < count)[None, :] & (n[None, :] != place[:, None]), logits, float("-inf"))
        higher = tl.maximum(top, tl.max(logits, 1))
        total = total * tl.exp(top - higher) + tl.sum(tl.exp(logits - higher[:, None]), 1)
        top = higher
    tl.store(tops + split * B + b, top, mask=b < B)
    tl.store(totals + split * B + b, total, mask=b < B)


@triton.jit
def embeddings_kernel(
    x, w, rows, pos, lse, parts, B, count, share, scale,
    D: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr, BD: tl.constexpr,
    SAMPLED: tl.constexpr, BF16: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    """Writes the mean centre under the softmax of one share of the classes for one tile of the batch."""
    split = tl.program_id(0)
    b, q, place = queries(x, pos, tl.program_id(1) * BM, B, D, BM, BD)
    d = tl.arange(0, BD)
    shift = tl.load(lse + b, mask=b < B, other=0.0)
    out = tl.zeros([BM, BD], tl.float32)
    for first in range(split * share, tl.minimum(split * share + share, count), BN):
        n, _, _, tile, length = centres(w, rows, first, count, D, BN, BD, SAMPLED)
        tile = tile / length[:, None]
        logits = product(q, tl.trans(tile), tl.zeros([BM, BN], tl.float32), BF16, PRECISION) * scale
        used = (n < count)[None, :] & (n[None, :] != place[:, None])
        p = tl.where(used, tl.exp(logits - shift[:, None]), 0.0)
        out = product(p, tile, out, BF16, PRECISION)
    address = parts + (split * B + b)[:, None] * D + d[None, :]
    tl.store(address, out, mask=(b < B)[:, None] & (d < D)[None, :])


@triton.jit
def rounded(value, seed, offset, NARROW: tl.constexpr):
    """Returns value, rounded up or down by chance to what bfloat16 holds when NARROW."""
    if NARROW:
        noise = tl.randint(seed, offset.to(tl.int32)).to(tl.uint32) & 0xFFFF
        value = ((value.to(tl.uint32, bitcast=True) + noise) & 0xFFFF0000).to(tl.float32, bitcast=True)
    return value


@triton.jit
def centres_kernel(
    x, w, rows, pos, lse, g_lse, g_cos, out, first_moment, second_moment, missed, rate, root, B, count, scale, seed,
    decay, momentum, beta2, eps,
    D: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr, BD: tl.constexpr,
    SAMPLED: tl.constexpr, BF16: tl.constexpr, PRECISION: tl.constexpr,
    RULE: tl.constexpr, PROJECT: tl.constexpr, NARROW: tl.constexpr,
):  # fmt: skip
    """Forms the gradient of one tile of classes; writes it to ``out`` (RULE "none") or updates the rows with it."""
    n, offset, mask, raw, length = centres(w, rows, tl.program_id(0) * BN, count, D, BN, BD, SAMPLED)
    tile = raw / length[:, None]
    grad = tl.zeros([BN, BD], tl.float32)
    for first in range(0, B, BM):
        b, q, place = queries(x, pos, first, B, D, BM, BD)
        logits = product(tile, tl.trans(q), tl.zeros([BN, BM], tl.float32), BF16, PRECISION) * scale
        p = tl.exp(logits - tl.load(lse + b, mask=b < B, other=3e38)[None, :])
        p = p * (scale * tl.load(g_lse + b, mask=b < B, other=0.0))[None, :]
        own = tl.load(g_cos + b, mask=b < B, other=0.0)[None, :]
        p = tl.where(n[:, None] == place[None, :], own, p)
        grad = product(p, q, grad, BF16, PRECISION)
    grad = (grad - tile * tl.sum(grad * tile, 1)[:, None]) / length[:, None]
    if RULE == "none":
        d = tl.arange(0, BD)
        tl.store(out + n.to(tl.int64)[:, None] * D + d[None, :], grad, mask=mask)
    else:
        speed = tl.load(rate + n, mask=n < count, other=0.0)[:, None]
        raw = raw * tl.load(missed + n, mask=n < count, other=1.0)[:, None]
        one = tl.load(first_moment + offset, mask=mask, other=0.0).to(tl.float32)
        if RULE == "sgd":
            one = one * momentum + grad + decay * raw
            raw = raw - speed * one
        else:
            two = tl.load(second_moment + offset, mask=mask, other=0.0).to(tl.float32)
            one = one + (grad - one) * (1 - momentum)
            two = two * beta2 + grad * grad * (1 - beta2)
            slow = tl.sqrt(two) * tl.load(root + n, mask=n < count, other=0.0)[:, None] + eps
            raw = raw * (1 - decay) - speed * one / slow
            tl.store(second_moment + offset, rounded(two, seed + 1, offset, NARROW), mask=mask)
        if PROJECT:
            raw = raw / tl.maximum(tl.sqrt(tl.sum(raw * raw, 1)), 1e-12)[:, None]
        tl.store(first_moment + offset, rounded(one, seed, offset, NARROW), mask=mask)
        tl.store(w + offset, raw, mask=mask)
