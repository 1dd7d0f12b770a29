"""The loss over sampled classes, in float64 by plain autograd, and how far results may be from it."""

import math

import torch
from torch import Tensor, nn

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
        total = total - nn.functional.log_softmax(logits, 0)[target].sum()
        held += 1
    loss = total / held
    dx, dw = torch.autograd.grad(loss, (x, w))
    return loss.detach(), dx, dw


def close(got: Tensor, want: Tensor, tolerance: float) -> None:
    """Fails when an entry differs by more than the tolerance times the largest entry."""
    error = (got.double() - want).abs().max() / want.abs().max().clamp_min(1e-30)
    assert error < tolerance, f"relative error {error:.2e}, at most {tolerance:.0e} allowed"
