"""Folds norms into the layers beside them: the same function with fewer operations, for export."""

import copy

import torch
from torch import nn

from docclf.head.norm import LayerBatchNorm


def folded(network: nn.Module) -> nn.Module:
    """Returns a copy in eval mode with LayerNorm + BatchNorm as one LayerNorm, and Linear + BatchNorm as one Linear.

    In eval mode BatchNorm is y = a x + c per channel with a = weight / sqrt(var + eps), c = bias - a mean. After a
    LayerNorm with affine g, b that is a LayerNorm with affine a g, a b + c; after a Linear W, b it is a Linear with
    diag(a) W, a b + c. Products are formed in float64 and rounded once, so only rounding differs.
    """
    network = copy.deepcopy(network).eval()
    _fold(network)
    return network


def _fold(module: nn.Module) -> None:
    for name, child in list(module.named_children()):
        if isinstance(child, LayerBatchNorm):
            setattr(module, name, _layer_norm(child.layer, child.batch))
        else:
            _fold(child)
    if isinstance(module, nn.Sequential):
        _fold_sequence(module)


def _fold_sequence(sequence: nn.Sequential) -> None:
    for at in range(len(sequence) - 1):
        linear, norm = sequence[at], sequence[at + 1]
        if isinstance(linear, nn.Linear) and isinstance(norm, nn.BatchNorm1d) and norm.running_var is not None:
            sequence[at], sequence[at + 1] = _linear(linear, norm), nn.Identity()


def _scale_and_shift(norm: nn.BatchNorm1d) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns a and c in float64."""
    scale = (norm.running_var.double() + norm.eps).rsqrt()
    shift = torch.zeros_like(scale)
    if norm.affine:
        scale, shift = scale * norm.weight.double(), norm.bias.double()
    return scale, shift - scale * norm.running_mean.double()


def _layer_norm(layer: nn.LayerNorm, norm: nn.BatchNorm1d) -> nn.LayerNorm:
    scale, shift = _scale_and_shift(norm)
    new = nn.LayerNorm(layer.normalized_shape, eps=layer.eps)
    new.weight = _parameter(scale * layer.weight.double(), layer.weight)
    new.bias = _parameter(scale * layer.bias.double() + shift, layer.bias)
    return new.eval()


def _linear(linear: nn.Linear, norm: nn.BatchNorm1d) -> nn.Linear:
    scale, shift = _scale_and_shift(norm)
    new = nn.Linear(linear.in_features, linear.out_features)
    new.weight = _parameter(scale[:, None] * linear.weight.double(), linear.weight)
    bias = shift if linear.bias is None else scale * linear.bias.double() + shift
    new.bias = _parameter(bias, linear.weight)
    return new.eval()


def _parameter(value: torch.Tensor, like: torch.Tensor) -> nn.Parameter:
    return nn.Parameter(value.detach().to(like.dtype), requires_grad=False)
