"""Implementations of the loss head against the eager one, and what they choose."""

import logging
import math

import pytest
import torch
from loss_reference import close, rounding

from docclf.errors import InputError
from docclf.loss.backend import choose as backend
from docclf.loss.backend.chunked import Chunked
from docclf.loss.backend.eager import Eager
from docclf.loss.backend.product import Product

CPU = torch.device("cpu")


def run(implementation, x, weight, rows, position, scale, g_lse, g_cos):
    """Returns lse, top, dX and dW of all classes."""
    lse, top = implementation.forward(x, weight, rows, position, scale)
    dw = torch.zeros_like(weight)
    seen = torch.zeros(len(weight), dtype=torch.int)

    def emit(index, grad, raw):
        assert torch.equal(raw, weight[index])
        dw[index] = grad
        seen[index] += 1

    dx = implementation.backward(x, weight, rows, position, scale, lse, g_lse, g_cos, emit)
    assert torch.equal(seen, torch.ones_like(seen) if rows is None else torch.zeros_like(seen).index_fill(0, rows, 1))
    return lse, top, dx, dw


def problem(b, k, d, sampled, dtype=torch.float32):
    generator = torch.Generator().manual_seed(b * k + d)
    x = torch.nn.functional.normalize(torch.randn(b, d, generator=generator, dtype=dtype), dim=1)
    weight = torch.randn(k, d, generator=generator, dtype=dtype) * torch.rand(k, 1, generator=generator, dtype=dtype)
    rows = (torch.rand(k, generator=generator) < 0.3).nonzero().squeeze(1) if sampled else None
    count = k if rows is None else len(rows)
    position = torch.randint(-1, count, (b,), generator=generator)
    g_lse, g_cos = torch.rand(b, generator=generator, dtype=dtype), torch.randn(b, generator=generator, dtype=dtype)
    return x, weight, rows, position, g_lse, g_cos


@pytest.mark.isa
@pytest.mark.parametrize("shape", [(1, 300, 3), (5, 257, 33), (67, 1031, 13)])
@pytest.mark.parametrize("sampled", [True, False])
@pytest.mark.parametrize("scale", [16.0, 64.0, 90.0])
def test_chunked_equals_eager_in_float64(shape, sampled, scale):
    x, weight, rows, position, g_lse, g_cos = problem(*shape, sampled)
    wide = [t.double() if t is not None and t.is_floating_point() else t for t in (x, weight, rows, position)]
    want = run(Eager(Product()), *wide, scale, g_lse.double(), g_cos.double())
    got = run(Chunked(Product(), entries=1000), x, weight, rows, position, scale, g_lse, g_cos)
    for a, b in zip(got, want, strict=True):
        close(a, b, rounding(scale, shape[2]))


@pytest.mark.parametrize("scale", [16.0, 64.0, 90.0])
@pytest.mark.parametrize("sampled", [True, False])
def test_kept_exponentials_change_no_bit(sampled, scale):
    x, *given = problem(67, 1031, 13, sampled)
    given.insert(3, scale)
    want = run(Chunked(Product(), entries=8000), x, *given)
    for keep in (5, 80_000, 1 << 30):
        for a, b in zip(run(Chunked(Product(), entries=8000, keep=keep), x, *given), want, strict=True):
            assert torch.equal(a, b)


def test_kept_exponentials_are_those_of_the_same_batch():
    """Two batches forward, then both backward: what is kept of the second must not serve the first."""
    (x, *given), (other, *rest) = problem(67, 1031, 13, True), problem(67, 1030, 13, True)
    weight, rows, position, g_lse, g_cos = given
    chunked, want = Chunked(Product(), keep=1 << 30), run(Chunked(Product()), x, *given[:3], 16.0, g_lse, g_cos)
    lse, _ = chunked.forward(x, weight, rows, position, 16.0)
    chunked.forward(other, *rest[:3], 16.0)
    dx = chunked.backward(x, weight, rows, position, 16.0, lse, g_lse, g_cos, lambda *_: None)
    assert torch.equal(dx, want[2])


@pytest.mark.parametrize("scale", [16.0, 64.0])
def test_centres_collapsed_onto_the_embeddings(scale):
    """Sums near their largest and, with a vanishing gradient, quotients that would be subnormal."""
    x, weight, rows, position, g_lse, g_cos = problem(5, 257, 33, False)
    x[1:] = x[0]
    weight = x[:1] * torch.linspace(0.5, 2, 257)[:, None] + 1e-3 * weight
    g_lse = g_lse * 1e-9
    want = run(Eager(Product()), x.double(), weight.double(), rows, position, scale, g_lse.double(), g_cos.double())
    for a, b in zip(run(Chunked(Product()), x, weight, rows, position, scale, g_lse, g_cos), want, strict=True):
        close(a, b, 1e-4)  # what is left across a centre is a thousandth of what is along it


@pytest.mark.parametrize("sampled", [True, False])
def test_bfloat16_products(sampled):
    x, weight, rows, position, g_lse, g_cos = problem(67, 1031, 65, sampled)
    wide = [t.double() if t is not None and t.is_floating_point() else t for t in (x, weight, rows, position)]
    want = run(Eager(Product()), *wide, 32.0, g_lse.double(), g_cos.double())
    got = run(Chunked(Product("bfloat16"), 1000), x, weight, rows, position, 32.0, g_lse, g_cos)
    exact = run(Chunked(Product(), 1000), x, weight, rows, position, 32.0, g_lse, g_cos)
    for a, b, tolerance in zip(got, want, (5e-3, 5e-3, 1e-2, 1e-2), strict=True):
        close(a, b, tolerance)
    assert not torch.equal(got[2], exact[2]), "bfloat16 products changed nothing"


def test_far_away_classes_do_not_underflow():
    x = torch.nn.functional.normalize(torch.ones(3, 5), dim=1)
    weight = -x[:1].repeat(400, 1)
    weight[7] = torch.tensor([1.0, 0, 0, 0, 0])
    position = torch.tensor([7, 7, 7])
    lse, top = Chunked(Product(), 100).forward(x, weight, None, position, 64.0)
    torch.testing.assert_close(lse, torch.full((3,), -64.0 + math.log(399), dtype=torch.float64))
    torch.testing.assert_close(top, torch.full((3,), -1.0))


@pytest.mark.parametrize("implementation", [Eager, Chunked])
def test_no_other_class(implementation):
    x, weight, position = torch.eye(3)[:2], torch.eye(3)[:1], torch.tensor([0, 0])
    lse, _, dx, dw = run(implementation(Product()), x, weight, None, position, 64.0, torch.ones(2), torch.ones(2))
    assert lse.isfinite().all() and (lse < -1e30).all() and (dx == 0).all() and dw.isfinite().all()


def test_no_class_at_all():
    x, weight = torch.eye(3)[:2], torch.eye(3)
    rows, position = torch.zeros(0, dtype=torch.long), torch.tensor([-1, -1])
    for implementation in (Eager(Product()), Chunked(Product())):
        lse, *_ = run(implementation, x, weight, rows, position, 64.0, torch.ones(2), torch.ones(2))
        assert (lse < -1e30).all() and lse.isfinite().all()


def test_choice_is_logged_and_can_be_forced(caplog):
    caplog.set_level(logging.INFO)
    assert backend.choose("auto", Product(), CPU).name == "chunked"
    assert "chunked implementation on cpu, float32 products" in caplog.text
    assert backend.choose("eager", Product(), CPU).name == "eager"
    with pytest.raises(InputError, match="choose one of"):
        backend.choose("fast", Product(), CPU)
    with pytest.raises(InputError, match="loss.products"):
        Product("float8")


@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
def test_bfloat16_products_round_their_operands_on_every_cpu(kind):
    """With bfloat16 units or without: where a library ignores the setting the operands are rounded by hand."""
    product, odd = Product("bfloat16"), torch.full((32, 48), 1 + 2**-8, dtype=kind)
    with product.ready(CPU):
        total = torch.zeros(32, 32, dtype=kind)
        product.add(total, odd, odd.T)
        for result in (product(odd, odd.T), total):
            rounded = result == 48 * (1 + 2**-8) ** 2
            assert rounded.all() if kind == torch.float64 else not rounded.any()


def test_product_leaves_the_global_setting_as_it_was():
    before = torch.backends.mkldnn.matmul.fp32_precision
    with Product("bfloat16").ready(CPU):
        pass
    assert torch.backends.mkldnn.matmul.fp32_precision == before


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("products, tolerance", [("float32", 1e-5), ("tf32", 5e-3), ("bfloat16", 2e-2)])
def test_chunked_on_cuda(products, tolerance):
    x, weight, rows, position, g_lse, g_cos = problem(67, 1031, 65, True)
    want = run(Eager(Product()), x.double(), weight.double(), rows, position, 32.0, g_lse.double(), g_cos.double())
    moved = [t.cuda() for t in (x, weight, rows, position)]
    got = run(Chunked(Product(products), 1000), *moved, 32.0, g_lse.cuda(), g_cos.cuda())
    for a, b in zip(got, want, strict=True):
        close(a.cpu(), b, tolerance)
