"""Losses whose centres are given: numbers, gradients, that nothing moves them, and how runs go on."""

import pytest
import torch
from loss_reference import MARGINS, close, rounding, slow
from tiny_run import CLASSES, Killed, content, same, train

from docclf.errors import InputError
from docclf.loss.centres.fixed.ebv import Ebv
from docclf.loss.centres.fixed.hadamard import Hadamard
from docclf.loss.centres.fixed.orthoplex import Orthoplex
from docclf.loss.centres.fixed.random import Random
from docclf.loss.centres.fixed.simplex import Simplex
from docclf.loss.full import Full
from docclf.loss.optimizer.sgd import SGD
from docclf.loss.partial_fc import PartialFC
from docclf.training.callback import pictures as callbacks
from docclf.training.callback.imprint import imprint

RULES = {"random": Random, "hadamard": Hadamard, "simplex": Simplex, "orthoplex": Orthoplex,
         "ebv": lambda: Ebv(passes=3)}  # fmt: skip


def partial(rule, k, d, margin="cosface", **options):
    return PartialFC(k, d, MARGINS[margin](), SGD(), scale=16.0, centres=rule, **options)


def problem(b, k, d):
    generator = torch.Generator().manual_seed(b)
    return torch.randn(b, d, generator=generator) * 3, torch.randint(0, k, (b,), generator=generator)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("margin", MARGINS)
@pytest.mark.parametrize("rate, backend", [(0.3, "chunked"), (1.0, "chunked"), (0.3, "eager")])
@pytest.mark.parametrize("b, k, d", [(5, 15, 16), (2, 2, 4), (33, 60, 64)])
def test_value_and_gradient(name, margin, rate, backend, b, k, d):
    """Duplicate labels, odd shapes and B=2 against the float64 loop, to 1e-6 with float64 products."""
    head = partial(RULES[name](), k, d, margin, sample_rate=rate, backend=backend, products="float64")
    x, labels = problem(b, k, d)
    x.requires_grad_()
    value = head(x, labels)
    value.backward()
    head._draws -= 1
    rows = head._sample(labels)[0]
    classes = torch.arange(k) if rows is None else rows
    want, dx, _ = slow(x, head.centres[:], labels, classes, MARGINS[margin](), 16.0, True)
    close(value.detach(), want, 1e-6)
    close(x.grad, dx, 1e-6)


@pytest.mark.parametrize("name", RULES)
def test_float32_bfloat16_and_the_full_loss(name):
    x, labels = problem(6, 15, 16)
    for dtype, limit in ((torch.float32, rounding(16.0, 16)), (torch.bfloat16, 8e-3)):
        for build in (partial, lambda rule, k, d: Full(k, d, MARGINS["cosface"](), scale=16.0, centres=rule)):
            head, given = build(RULES[name](), 15, 16), x.to(dtype, copy=True).requires_grad_()
            value = head(given, labels)
            value.backward()
            want, dx, _ = slow(given, head.centres[:], labels, torch.arange(15), MARGINS["cosface"](), 16.0, True)
            close(value.detach(), want, rounding(16.0, 16))
            close(given.grad, dx, limit)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("smoothing", [0.1, 0.5])
def test_smoothing_is_that_of_torch(name, smoothing):
    x, labels = problem(7, 15, 16)
    for build in (partial, lambda rule, k, d, smoothing: Full(k, d, MARGINS["cosface"](), 16.0, centres=rule,
                                                              smoothing=smoothing)):  # fmt: skip
        head, given = build(RULES[name](), 15, 16, smoothing=smoothing), x.clone().requires_grad_()
        value = head(given, labels)
        value.backward()
        true = x.double().requires_grad_()
        unit = torch.nn.functional.normalize
        logits = 16.0 * MARGINS["cosface"]()(unit(true) @ unit(head.centres[:].double()).T, labels)
        want = torch.nn.functional.cross_entropy(logits, labels, label_smoothing=smoothing)
        want.backward()
        close(value.detach(), want.detach(), 1e-6)
        close(given.grad, true.grad, 2 * rounding(16.0, 16))


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("rate", [0.5, 1.0])
def test_nothing_moves_them(name, rate):
    head = partial(RULES[name](), 15, 16, sample_rate=rate, unsampled="dense", fused=False)
    before = head.rows.fingerprint()
    for step in range(3):
        x, labels = problem(4 + step, 15, 16)
        head(x, labels).backward()
        assert head.gradient_norm() == 0
        head.update()
    assert head.rows.fingerprint() == before and not head.fused
    assert head.outer_parameters() == [] and not list(head.parameters())
    assert {"scale", "margin", "genuine_mean"} <= set(head.health())
    with pytest.raises(InputError, match="cannot grow"):
        head.grow(20)
    with pytest.raises(InputError, match="imprint=true.*fixed"):
        imprint(torch.nn.Identity(), head, [], None, 8)


def test_one_class_and_no_class_but_the_target():
    for rule in (Random(), Simplex(), Ebv(passes=1)):
        head, x = partial(rule, 1, 4, sample_rate=0.5), torch.randn(3, 4, requires_grad=True)
        value = head(x, torch.zeros(3, dtype=torch.long))
        value.backward()
        assert value.item() == pytest.approx(0.0, abs=1e-12) and x.grad.isfinite().all()


def test_settings_that_do_not_go_together():
    with pytest.raises(InputError, match="triton"):
        partial(Random(), 5, 4, backend="triton")
    with pytest.raises(InputError, match="every learned centre"):
        PartialFC(5, 4, MARGINS["softmax"](), SGD(), smoothing=0.1)
    for smoothing in (-0.1, 1.0):
        with pytest.raises(InputError, match="0 to below 1"):
            partial(Random(), 5, 4, smoothing=smoothing)


@pytest.mark.parametrize("kind", ["random", "ebv"])
def test_a_run_goes_on_to_the_bit(tmp_path, kind, monkeypatch):
    monkeypatch.setattr(callbacks, "draw_curve", lambda rows, path: None)
    words = ["trainer.max_epochs=1"]

    def loss():
        return partial(RULES[kind](), CLASSES, 5, sample_rate=0.5)

    before = loss().rows.fingerprint()
    engine = train(tmp_path / "whole", *words, loss=loss)[1]
    assert engine.loss.rows.fingerprint() == before

    def kill(*_):
        raise Killed

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        patch.setattr(callbacks.Curve, "on_validation_end", kill)
        train(tmp_path / "parts", *words, loss=loss)
    assert not (tmp_path / "parts/last.centres").exists()
    train(tmp_path / "parts", *words, loss=loss)
    assert not same(content(tmp_path / "whole"), content(tmp_path / "parts"))


def test_the_table_of_a_checkpoint_counts():
    """Another machine may round the walk otherwise: the stored directions are taken, those of other classes refused."""
    head, other = (partial(Ebv(passes=passes), 9, 8) for passes in (2, 3))
    other.load_state_dict(head.state_dict())
    assert other.rows.fingerprint() == head.rows.fingerprint()
    with pytest.raises(InputError, match="9, 8.*fixed centres"):
        partial(Ebv(passes=1), 10, 8).load_state_dict(head.state_dict())
