"""The loss over sampled classes, in float64 by plain autograd, and how far results may be from it."""

import math

import torch
from torch import Tensor

from docclf.margin.arcface import ArcFace
from docclf.margin.cosface import CosFace
from docclf.margin.softmax import Softmax

MARGINS = {"softmax": Softmax, "cosface": CosFace, "arcface": ArcFace}


def slow(embeddings: Tensor, weight: Tensor, labels: Tensor, classes: Tensor, margin, scale: float, logq: bool):
    """Returns loss, gradient of the embeddings and gradient of all centres."""
    x = embeddings.detach().double().requires_grad_()
    w = weight.detach().double().requires_grad_()
    total, held = 0.0, 0
    for b, label in enumerate(labels.tolist()):
        if label < 0:
            continue
        cosine = (x[b] / x[b].norm()) @ (w[classes] / w[classes].norm(dim=1, keepdim=True)).T
        target = classes == label
        logits = scale * torch.where(target, margin.psi(cosine), cosine)
        if logq and len(classes) > 1:
            logits = logits + torch.where(target, 0.0, math.log((len(weight) - 1) / (len(classes) - 1)))
        # ln(1 + sum of exp(other - own)): -ln softmax, which in float64 too would be 0 below 1e-16
        total = total + (logits[~target] - logits[target]).exp().sum().log1p()
        held += 1
    loss = total / held
    dx, dw = torch.autograd.grad(loss, (x, w))
    return loss.detach(), dx, dw


def rounding(scale: float, dimension: int) -> float:
    """Returns the relative error of an exponential of float32 cosines times a scale.

    Half an eps for each of D products and D sums, as many for the centre's length (half of them, under a root), its
    quotient and the scale; all times the scale in the exponent.
    """
    return scale * (1.5 * dimension + 5) * torch.finfo(torch.float32).eps / 2


def close(got: Tensor, want: Tensor, tolerance: float) -> None:
    """Fails when the norm of the error exceeds the tolerance times the norm of what is wanted."""
    error = (got.double() - want.double()).norm() / want.double().norm().clamp_min(1e-30)
    assert error < tolerance, f"relative error {error:.2e}, at most {tolerance:.1e} allowed"


def close_rows(got: Tensor, want: Tensor, tolerance: float) -> None:
    """Fails when the norm of a row's error exceeds the tolerance times the norm of that row; rows of zeros are exact.

    Rows that are rounding noise beside the others (below a millionth of the longest) count against that length.
    """
    length = want.double().norm(dim=1)
    error = (got.double() - want).norm(dim=1)
    assert not error[length == 0].any(), "a row that should have no gradient has one"
    worst = (error / length.clamp_min(1e-6 * length.max()).clamp_min(1e-30)).max()
    assert worst < tolerance, f"relative error {worst:.2e} in a row, at most {tolerance:.1e} allowed"
