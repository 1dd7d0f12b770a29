"""The part all heads share: two linear maps, each followed by a norm."""

from collections.abc import Callable

from torch import nn


def projection(in_features: int, embed_dim: int, norm: Callable[[int], nn.Module]) -> nn.Sequential:
    """Returns Linear, norm, Linear, norm without biases: [B,in_features] to [B,D], as in DocClassifier's heads."""
    return nn.Sequential(
        nn.Linear(in_features, embed_dim, bias=False),
        norm(embed_dim),
        nn.Linear(embed_dim, embed_dim, bias=False),
        norm(embed_dim),
    )
