"""PartialFC against a float64 loop: value, gradients, sampling."""

import pytest
import torch
from loss_reference import MARGINS, close, close_rows, rounding, slow

from docclf.errors import InputError
from docclf.loss.full import Full
from docclf.loss.optimizer.sgd import SGD
from docclf.loss.partial_fc import PartialFC

ODD = {"K": 37, "D": 13, "B": 5}


class Keep:
    """Optimizer rule that keeps the gradient instead of applying it."""

    moments = ()
    weight_decay = 0.0

    def __init__(self):
        self.curve = SGD().curve

    def step(self, weight, grad, moments, steps, lr):
        weight.copy_(grad)


def gradients(embeddings, labels, weight, **options):
    """Returns loss, dX and dW of a PartialFC whose centres are ``weight``, and the classes it used."""
    loss = PartialFC(len(weight), weight.shape[1], optimizer=Keep(), **options)
    loss.rows.weight.copy_(weight)
    x = embeddings.clone().requires_grad_()
    value = loss(x, labels)
    value.backward()
    touched = loss.rows.steps > 0
    dw = torch.where(touched[:, None], loss.rows.weight, 0.0)
    return value.detach(), x.grad, dw, touched.nonzero().squeeze(1)


def problem(b=ODD["B"], k=ODD["K"], d=ODD["D"], seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(b, d, generator=generator) * 3
    labels = torch.randint(0, k, (b,), generator=generator)
    weight = torch.randn(k, d, generator=generator) * 0.3
    weight[labels] += 0.2 * x
    return x, labels, weight


@pytest.mark.parametrize("name", MARGINS)
@pytest.mark.parametrize("rate", [0.1, 0.3, 1.0])
@pytest.mark.parametrize(
    "scale, logq, products",
    [(16.0, True, "float32"), (16.0, False, "float32"), (64.0, True, "float32"), (64.0, True, "float64")],
)
@pytest.mark.parametrize("backend", ["chunked", "eager"])
@pytest.mark.parametrize("shape", [(5, 37, 13), (1, 2, 3), (33, 129, 31), (96, 41, 7)])
def test_value_and_gradients(name, rate, scale, logq, products, backend, shape):
    """Products in float64 have no rounding of their own: with them every result is right to 1e-6 at any scale."""
    x, labels, weight = problem(*shape)
    margin, how = MARGINS[name](), {"products": products, "backend": backend}
    value, dx, dw, classes = gradients(
        x, labels, weight, margin=margin, sample_rate=rate, logq=logq, scale=scale, **how
    )
    assert value.dtype == dx.dtype == dw.dtype == torch.float32
    assert set(labels.tolist()) <= set(classes.tolist())
    want, want_dx, want_dw = slow(x, weight, labels, classes, margin, scale, logq)
    limit = rounding(scale, shape[2]) if products == "float32" else 1e-6
    close(value, want, limit)
    for got, true in ((dx, want_dx), (dw, want_dw)):
        close(got, true, limit)
        close_rows(got, true, 4 * limit)


@pytest.mark.parametrize("name", MARGINS)
def test_bfloat16_embeddings_are_taken_up_to_float32(name):
    x, labels, weight = problem()
    x = x.bfloat16()
    margin = MARGINS[name]()
    value, dx, dw, classes = gradients(x, labels, weight, margin=margin, sample_rate=0.3, scale=16.0)
    want, want_dx, want_dw = slow(x, weight, labels, classes, margin, 16.0, True)
    assert value.dtype == torch.float32 and dx.dtype == torch.bfloat16
    limit = rounding(16.0, x.shape[1])
    close(value, want, limit)
    close(dx, want_dx, 4e-3)  # it is rounded to bfloat16, 8 bits
    close(dw, want_dw, limit)


@pytest.mark.parametrize("name", MARGINS)
def test_rate_one_is_the_full_softmax(name):
    x, labels, weight = problem(33, 129, 31)
    full = Full(129, 31, MARGINS[name](), scale=16.0)
    full.weight.data.copy_(weight)
    xf = x.clone().requires_grad_()
    want = full(xf, labels)
    want.backward()
    value, dx, dw, _ = gradients(x, labels, weight, margin=MARGINS[name](), sample_rate=1.0, scale=16.0)
    limit = 2 * rounding(16.0, 31)
    close(value, want, limit)
    close(dx, xf.grad, limit)
    close(dw, full.weight.grad, limit)  # the plain softmax has an error of its own


def test_duplicate_labels_ignored_labels_and_all_positives():
    x, _, weight = problem(9, 37, 13)
    for labels in ([4] * 9, [4, 4, 7, -1, 7, 4, 36, 0, -1], [-1] * 8 + [3]):
        labels = torch.tensor(labels)
        margin = MARGINS["cosface"]()
        value, dx, dw, classes = gradients(x, labels, weight, margin=margin, sample_rate=0.02, scale=16.0)
        want, want_dx, want_dw = slow(x, weight, labels, classes, margin, 16.0, True)
        for got, true in ((value, want), (dx, want_dx), (dw, want_dw)):
            close(got, true, rounding(16.0, 13))


def test_all_ignored_gives_zero_and_a_gradient():
    x = torch.randn(3, 13, requires_grad=True)
    loss = PartialFC(37, 13, MARGINS["cosface"](), SGD())(x, torch.tensor([-1, -1, -1]))
    loss.backward()
    assert loss.item() == 0 and x.grad.abs().sum() == 0


@pytest.mark.parametrize("gap", [10, 16, 22, 28])
def test_no_cancellation_at_large_gaps(gap):
    """The target's logit without margin exceeds the others by gap nats; taking the margin afterwards would give 0."""
    d, scale = 8, 64.0
    weight = torch.eye(d)
    x = torch.zeros(1, d)
    x[0, 0], x[0, 1] = 1.0, 1.0 - gap / scale
    margin = MARGINS["cosface"]()
    value, dx, dw, classes = gradients(x, torch.tensor([0]), weight, margin=margin, scale=scale)
    want, want_dx, want_dw = slow(x, weight, torch.tensor([0]), classes, margin, scale, True)
    close(value, want, rounding(scale, x.shape[1]))
    close(dx, want_dx, rounding(scale, x.shape[1]))


def test_loss_has_no_cap_and_parallel_vectors_are_finite():
    weight = torch.eye(4)
    value, dx, _, _ = gradients(-weight[:1], torch.tensor([0]), weight, margin=MARGINS["cosface"](), scale=64.0)
    assert value > 69.1
    for name in MARGINS:
        value, dx, dw, _ = gradients(weight, torch.arange(4), weight, margin=MARGINS[name](), scale=64.0)
        assert value.isfinite() and dx.isfinite().all() and dw.isfinite().all()


@pytest.mark.parametrize("labels", [[0, 37], [-2, 0], [0.0, 1.0]])
def test_labels_are_checked(labels):
    loss = PartialFC(37, 13, MARGINS["cosface"](), SGD())
    with pytest.raises(InputError, match="label"):
        loss(torch.randn(2, 13), torch.tensor(labels))


@pytest.mark.parametrize("options", [{"sample_rate": 0.0}, {"sample_rate": 1.5}, {"unsampled": "thawed"}])
def test_options_are_checked(options):
    with pytest.raises(InputError, match=next(iter(options))):
        PartialFC(37, 13, MARGINS["cosface"](), SGD(), **options)
