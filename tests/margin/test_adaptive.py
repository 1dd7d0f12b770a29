"""Margins that follow the batch, inside the losses that tell them about it."""

import math

import pytest
import torch
from loss_reference import close, slow
from torch.nn.functional import normalize

from docclf.errors import InputError
from docclf.loss.base import Adaptive
from docclf.loss.centres.fixed.random import Random
from docclf.loss.full import Full
from docclf.loss.optimizer.sgd import SGD
from docclf.loss.partial_fc import PartialFC
from docclf.margin.adaface import AdaFace
from docclf.margin.cosface import CosFace
from docclf.margin.mada import Mada


def problem(b, k, d, near):
    generator = torch.Generator().manual_seed(b)
    labels = torch.randint(0, k, (b,), generator=generator)
    return labels, lambda centres: near * normalize(centres[labels].float(), dim=1) + torch.randn(
        b, d, generator=generator
    ) / d**0.5  # fmt: skip


def heads(margin, k, d, scale=16.0):
    yield Full(k, d, margin, scale=scale)
    yield Full(k, d, margin, scale=scale, centres=Random())
    yield PartialFC(k, d, margin, SGD(), scale=scale, products="float64")
    yield PartialFC(k, d, margin, SGD(), scale=scale, sample_rate=0.4, centres=Random(), products="float64")


@pytest.mark.parametrize("a", [0.02, 0.3])
@pytest.mark.parametrize("b, k, d", [(2, 5, 16), (9, 60, 64), (32, 300, 32)])
def test_the_median_sample_has_the_probability_a(a, b, k, d):
    for head in heads(Mada(a=a), k, d):
        labels, near = problem(b, k, d, 2.0)
        x = near(head.centres[:]).detach()
        head(x, labels)
        s, m = head.settings()["scale"], head.settings()["margin"]
        assert m > 0
        w = normalize(head.centres[:].double(), dim=1)
        cosines = (normalize(x.double(), dim=1) @ w.T).detach()
        own = cosines.gather(1, labels[:, None]).squeeze(1)
        b_med = int(own.median(0).indices)
        others = torch.ones(k, dtype=torch.bool)
        others[labels[b_med]] = False
        correction = 1.0
        if isinstance(head, PartialFC) and head.sample_rate < 1:
            head._draws -= 1
            rows, _, count = head._sample(labels)
            drawn = torch.zeros(k, dtype=torch.bool)
            drawn[rows] = True
            others, correction = others & drawn, (k - 1) / (count - 1)
        negatives = (s * cosines[b_med][others]).exp().sum() * correction
        target = math.exp(s * (own[b_med] - m))
        assert target / (target + negatives) == pytest.approx(a, abs=1e-5)
        assert s == pytest.approx(max(16.0, math.log(9999999 * (1 - a) / a) / (1 - own[b_med].item())), rel=1e-5)
        assert head.health()["margin"] == m and head.health()["scale"] == s


def test_no_margin_far_from_the_centres_floor_and_ceiling():
    labels = torch.tensor([0, 1, 2])
    head = Full(50, 8, Mada(floor=100.0, ceiling=150.0), scale=16.0, centres=Random())
    head(-head.centres[:][labels], labels)
    assert head.settings() == {"scale": 100.0, "margin": 0.0}
    head(head.centres[:][labels] * 2.0, labels)
    assert head.settings()["scale"] == 150.0
    for margin in ({"a": 0.0}, {"a": 1.0}, {"floor": 0.0}, {"floor": 600.0}):
        with pytest.raises(InputError, match="margin a="):
            Mada(**margin)


def test_gradients_are_those_of_a_fixed_margin():
    """Scale and margin are constants to the gradient; the value is cosface's with them."""
    for head in heads(Mada(), 30, 16):
        labels, near = problem(6, 30, 16, 2.0)
        centres = head.centres[:].detach().clone()  # some move in the backward pass
        x = near(centres).requires_grad_()
        value = head(x, labels)
        dx = torch.autograd.grad(value, x)[0]
        s, m = head.settings().values()
        plain = CosFace(m)
        if isinstance(head, PartialFC):
            head._draws -= 1
            rows = head._sample(labels)[0]
            classes = torch.arange(30) if rows is None else rows
        else:
            classes = torch.arange(30)
        want, want_dx, _ = slow(x, centres, labels, classes, plain, s, True)
        close(value.detach(), want, 2e-5)
        close(dx, want_dx, 2e-5)


@pytest.mark.parametrize("ramp", [1.0, 0.5])
def test_adaface_is_its_formula(ramp):
    margin = AdaFace(m=0.4, h=0.333, memory=1.0)
    margin.ramp = ramp
    c, lengths = torch.linspace(-0.9, 0.9, 7).double(), torch.tensor([1.0, 5, 8, 9, 11, 15, 30]).double()
    assert margin.observe(c, lengths, 16.0, True) == 16.0
    m = 0.4 * ramp
    for b in range(7):
        z = (lengths[b] - lengths.mean()) / (lengths.std() + 1e-3) * 0.333
        z = min(1.0, max(-1.0, z.item()))
        want = math.cos(math.acos(c[b]) - m * z) - m * (z + 1)
        assert margin.psi(c)[b].item() == pytest.approx(want, abs=2e-6)


def test_adaface_remembers_in_training_alone_and_in_checkpoints():
    for head in heads(AdaFace(memory=0.5), 10, 16):
        fresh = head.margin.running.clone()
        labels = torch.tensor([0, 3, 3])
        head.eval()
        head(torch.randn(3, 16), labels)
        assert torch.equal(head.margin.running, fresh)
        head.train()
        x = torch.randn(3, 16, requires_grad=True)
        head(x, labels).backward()
        assert not torch.equal(head.margin.running, fresh) and x.grad.isfinite().all()
        stored = head.state_dict()["margin.running"].clone()
        head.margin.running.copy_(fresh)
        head.load_state_dict({**head.state_dict(), "margin.running": stored})
        assert torch.equal(head.margin.running, stored)
        head.margin.running.copy_(fresh)
    for values in ({"m": 2.0}, {"h": 0.0}, {"memory": 0.0}):
        with pytest.raises(InputError, match="margin m="):
            AdaFace(**values)


def test_they_follow_the_protocol():
    assert isinstance(Mada(), Adaptive) and isinstance(AdaFace(), Adaptive)
