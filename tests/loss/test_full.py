"""Full softmax against a float64 loop."""

import pytest
import torch
from loss_reference import MARGINS, close, rounding, slow

from docclf.loss.full import Full
from docclf.loss.optimizer.adamw import AdamW
from docclf.loss.optimizer.sgd import SGD


@pytest.mark.isa
@pytest.mark.parametrize("name", MARGINS)
@pytest.mark.parametrize("dtype, tolerance", [(torch.float32, rounding(16.0, 33)), (torch.bfloat16, 8e-3)])
def test_value_and_gradients(name, dtype, tolerance):
    torch.manual_seed(0)
    x = (torch.randn(5, 33) * 3).to(dtype).requires_grad_()
    labels = torch.tensor([6, 0, 6, -1, 3])
    loss = Full(7, 33, MARGINS[name](), scale=16.0, seed=3)
    value = loss(x, labels)
    value.backward()
    want, dx, dw = slow(x, loss.weight, labels, torch.arange(7), MARGINS[name](), 16.0, False)
    close(value.detach(), want, rounding(16.0, 33))
    close(x.grad, dx, tolerance)
    close(loss.weight.grad, dw, rounding(16.0, 33))


@pytest.mark.parametrize("name", ["cosface", "arcface"])
def test_margin_zero_is_plain_softmax(name):
    torch.manual_seed(0)
    x, labels = torch.randn(5, 33), torch.tensor([6, 0, 6, 2, 3])
    values = [Full(7, 33, margin, scale=16.0)(x, labels) for margin in (MARGINS[name](m=0.0), MARGINS["softmax"]())]
    torch.testing.assert_close(*values)


def test_margin_ramp():
    loss = Full(7, 33, MARGINS["cosface"](0.4), margin_ramp=[0.2, 0.6])
    for progress, margin in [(0.0, 0.0), (0.2, 0.0), (0.4, 0.2), (0.6, 0.4), (1.0, 0.4)]:
        loss.set_progress(progress)
        assert loss.health()["margin"] == pytest.approx(margin)


def test_who_owns_the_centres():
    assert [p.shape for p in Full(7, 33, MARGINS["cosface"]()).outer_parameters()] == [(7, 33)]
    assert Full(7, 33, MARGINS["cosface"](), optimizer=SGD()).outer_parameters() == []


@pytest.mark.parametrize("rule", [SGD(lr=0.1), AdamW(lr=0.01)], ids=["sgd", "adamw"])
def test_own_optimizer_moves_the_centres_and_is_saved(rule):
    torch.manual_seed(0)
    x, labels = torch.randn(5, 33), torch.tensor([6, 0, 6, 2, 3])
    loss = Full(7, 33, MARGINS["cosface"](), optimizer=rule)
    first = loss(x, labels)
    for _ in range(5):
        loss(x, labels).backward()
        loss.update()
    assert loss(x, labels) < first
    other = Full(7, 33, MARGINS["cosface"](), optimizer=rule, seed=5)
    other.load_state_dict(loss.state_dict())
    for each in (loss, other):
        each(x, labels).backward()
        each.update()
    assert torch.equal(loss.centres, other.centres) and loss.rows.clock == other.rows.clock == 6
