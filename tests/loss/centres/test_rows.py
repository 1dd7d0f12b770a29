"""The row-wise optimizers against torch.optim on dense gradients."""

import pytest
import torch

from docclf.errors import InputError
from docclf.loss.centres.rows import Rows, draw
from docclf.loss.optimizer.adamw import AdamW
from docclf.loss.optimizer.sgd import SGD

K, D = 23, 7


def pair(name, **options):
    """Returns a row-wise rule and a torch optimizer factory of the same settings."""
    if name == "sgd":
        return SGD(lr=0.1, momentum=0.9, weight_decay=0.01, project=False, **options), lambda p: torch.optim.SGD(
            [p], lr=0.1, momentum=0.9, weight_decay=0.01
        )
    return AdamW(lr=0.01, weight_decay=0.1, **options), lambda p: torch.optim.AdamW([p], lr=0.01, weight_decay=0.1)


def gradients(steps, seed=0):
    return torch.randn(steps, K, D, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", ["sgd", "adamw"])
def test_all_rows_every_step_equals_torch(name):
    rule, build = pair(name)
    rows = Rows(0, K, D, rule, seed=0)
    p = rows.weight.clone().double().requires_grad_()
    optimizer = build(p)
    for grad in gradients(20):
        p.grad = grad.double()
        optimizer.step()
        rows.begin()
        for first in range(0, K, 5):
            rows.apply(slice(first, min(first + 5, K)), grad[first : first + 5].clone())
    torch.testing.assert_close(rows.weight.double(), p.detach(), rtol=1e-5, atol=1e-6)
    assert (rows.steps == 20).all()


@pytest.mark.parametrize("name", ["sgd", "adamw"])
def test_dense_equals_torch_with_zero_gradients(name):
    rule, build = pair(name)
    rows = Rows(0, K, D, rule, seed=0)
    p = rows.weight.clone().double().requires_grad_()
    optimizer = build(p)
    for step, grad in enumerate(gradients(20)):
        index = torch.arange(step % 4, K, 4)
        p.grad = torch.zeros_like(p)
        p.grad[index] = grad[index].double()
        optimizer.step()
        rows.begin()
        rows.apply(index, grad[index])
        rows.coast(index)
    torch.testing.assert_close(rows.weight.double(), p.detach(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["sgd", "adamw"])
def test_frozen_rows_see_their_own_steps_and_catch_up_on_decay(name):
    """A row touched in some steps equals a torch optimizer that lives in those steps, plus the decay of the others."""
    rule, build = pair(name)
    rows = Rows(0, K, D, rule, seed=0)
    touched = [0, 3, 4, 9]
    p = rows.weight[5:6].clone().double().requires_grad_()
    optimizer = build(p)
    untouched = rows.weight[6].clone()
    lr, decay = (0.1, 0.01) if name == "sgd" else (0.01, 0.1)
    missed = 0
    for step, grad in enumerate(gradients(10)):
        rows.begin()
        if step not in touched:
            missed += 1
            continue
        p.data.mul_((1 - lr * decay) ** missed)
        missed = 0
        p.grad = grad[5:6].double()
        optimizer.step()
        rows.apply(torch.tensor([2, 5]), grad[[2, 5]])
    torch.testing.assert_close(rows.weight[5:6].double(), p.detach(), rtol=1e-5, atol=1e-6)
    assert torch.equal(rows.weight[6], untouched) and rows.steps[6] == 0 and rows.steps[5] == 4


def test_projected_rows_have_length_one():
    rows = Rows(0, K, D, SGD(lr=1.0), seed=0)
    for grad in gradients(3):
        rows.begin()
        rows.apply(torch.arange(0, K, 2), grad[::2].clone())
    torch.testing.assert_close(rows.weight.norm(dim=1), torch.ones(K))


def test_bfloat16_moments_do_not_stick():
    """Rounding to nearest would keep a second moment forever: one step changes it by 0.1 %, half a bit by 0.2 %."""
    torch.manual_seed(0)
    rule = AdamW(lr=0.0, moment_dtype="bfloat16")
    rows = Rows(0, 512, 64, rule, seed=0)
    assert rows.square.dtype == torch.bfloat16 and rows.weight.dtype == torch.float32
    rows.square.fill_(1.0)
    for _ in range(300):
        rows.begin()
        rows.apply(slice(0, 512), torch.zeros(512, 64))
    assert rows.square.float().mean().item() == pytest.approx(0.999**300, rel=2e-2)


@pytest.mark.parametrize("name", ["sgd", "adamw"])
def test_bfloat16_moments_train_like_float32(name):
    torch.manual_seed(0)
    wide, narrow = (Rows(0, K, D, pair(name, moment_dtype=kind)[0], seed=0) for kind in ("float32", "bfloat16"))
    for grad in gradients(20):
        for rows in (wide, narrow):
            rows.begin()
            rows.apply(torch.arange(K), grad.clone())
    moved = (wide.weight - draw(0, K, D, 0)).norm()
    assert (wide.weight - narrow.weight).norm() < 0.02 * moved


def test_initial_rows_do_not_depend_on_the_split():
    whole = draw(0, 10_000, 3, seed=5)
    assert torch.equal(torch.cat([draw(a, b, 3, seed=5) for a, b in ((0, 1), (1, 5000), (5000, 10_000))]), whole)
    assert not torch.equal(draw(0, 5, 3, seed=6), whole[:5])
    torch.testing.assert_close(whole.norm(dim=1), torch.ones(10_000))
    assert whole.mean().abs() < 0.02


def test_grown_table_keeps_old_rows_and_equals_a_larger_one_in_the_new():
    rows = Rows(0, K, D, AdamW(), seed=0)
    rows.begin()
    rows.apply(slice(None), gradients(1)[0])
    old = {name: getattr(rows, name).clone() for name in rows.names}
    rows.grow(K + 9)
    for name in rows.names:
        assert torch.equal(getattr(rows, name)[:K], old[name])
    assert torch.equal(rows.weight[K:], draw(K, K + 9, D, 0)) and rows.mean[K:].abs().sum() == 0


def test_other_classes_are_refused():
    state = Rows(0, K, D, SGD(), seed=0).state_dict()
    with pytest.raises((InputError, RuntimeError), match="classes|checkpoint"):
        Rows(0, K + 1, D, SGD(), seed=0).load_state_dict(state)
    with pytest.raises(RuntimeError, match="mean"):
        Rows(0, K, D, AdamW(), seed=0).load_state_dict(state)


@pytest.mark.parametrize("options", [{"lr": -1.0}, {"decay": "linear"}, {"warmup": 1.0}, {"moment_dtype": "float16"}])
def test_settings_are_checked(options):
    for rule in (SGD, AdamW):
        with pytest.raises(InputError, match=next(iter(options))):
            rule(**options)


def test_rate_over_a_run():
    rule = SGD(lr=2.0, warmup=0.1, decay="polynomial", power=2.0)
    assert rule.curve.lr == 2.0
    for progress, want in [(0.05, 1.0), (0.1, 2.0), (0.55, 0.5), (1.0, 0.0)]:
        rule.curve.set_progress(progress)
        assert rule.curve.lr == pytest.approx(want)
