"""Margins against formulas in float64 loops."""

import math

import pytest
import torch

from docclf.errors import InputError
from docclf.margin.arcface import ArcFace
from docclf.margin.cosface import CosFace
from docclf.margin.softmax import Softmax

MARGINS = [Softmax(), CosFace(0.35), ArcFace(0.5), ArcFace(1.2)]


def slow(margin, c: float) -> float:
    m = getattr(margin, "m", 0.0)
    if isinstance(margin, CosFace):
        return c - m
    if isinstance(margin, ArcFace):
        angle = math.acos(c)
        return math.cos(angle + m) if angle + m < math.pi else c - m * math.sin(m)
    return c


@pytest.mark.parametrize("margin", MARGINS, ids=lambda x: f"{type(x).__name__}{getattr(x, 'm', '')}")
@pytest.mark.parametrize("dtype, tolerance", [(torch.float64, 1e-12), (torch.float32, 2e-6), (torch.bfloat16, 2e-6)])
def test_matches_the_formula_at_the_target_only(margin, dtype, tolerance):
    torch.manual_seed(0)
    cosines = (torch.rand(5, 7) * 1.98 - 0.99).to(dtype)
    targets = torch.tensor([0, 6, 3, -1, 3])
    got = margin(cosines, targets)
    assert got.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    for b in range(5):
        for k in range(7):
            c = cosines[b, k].item()
            assert got[b, k].item() == pytest.approx(slow(margin, c) if k == targets[b] else c, abs=tolerance)


@pytest.mark.parametrize("margin", MARGINS, ids=lambda x: f"{type(x).__name__}{getattr(x, 'm', '')}")
def test_gradient(margin):
    cosines = torch.rand(5, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) * 1.9 - 0.95
    targets = torch.tensor([0, 6, 3, -1, 3])
    assert torch.autograd.gradcheck(lambda c: margin(c, targets), cosines.requires_grad_())


@pytest.mark.parametrize("m", [0.1, 0.5, 1.5])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_arcface_at_the_ends(m, dtype):
    beyond = torch.tensor([1.0, 1 + 1e-6, -1.0, -1 - 1e-6], dtype=dtype, requires_grad=True)
    value = ArcFace(m).psi(beyond)
    (slope,) = torch.autograd.grad(value.sum(), beyond)
    expected = [math.cos(m), math.cos(m), -1 - m * math.sin(m), -1 - m * math.sin(m)]
    assert value.tolist() == pytest.approx(expected, abs=2e-3)
    assert slope.tolist() == pytest.approx([math.cos(m), math.cos(m), 1.0, 1.0], abs=1e-6)


def test_arcface_slope_is_the_derivative_close_to_one():
    angle = torch.tensor([0.01, 0.1, 1.0, 2.0], dtype=torch.float64)
    cosine = angle.cos().requires_grad_()
    (slope,) = torch.autograd.grad(ArcFace(0.5).psi(cosine).sum(), cosine)
    torch.testing.assert_close(slope, (angle + 0.5).sin() / angle.sin(), rtol=1e-9, atol=0)


@pytest.mark.parametrize("margin", [CosFace(0.4), ArcFace(0.5)], ids=["cosface", "arcface"])
def test_ramp_scales_the_margin(margin):
    c = torch.linspace(-0.8, 0.9, 11, dtype=torch.float64)
    margin.ramp = 0.0
    torch.testing.assert_close(margin.psi(c), c)
    margin.ramp = 0.5
    torch.testing.assert_close(margin.psi(c), type(margin)(margin.m / 2).psi(c))
    margin.ramp = 1.0


@pytest.mark.parametrize("build", [lambda: CosFace(-0.1), lambda: CosFace(28.6), lambda: ArcFace(28.6)])
def test_refuses_other_units(build):
    with pytest.raises(InputError, match="such as"):
        build()
