"""What a network asks of its head."""

from typing import Protocol, runtime_checkable

from torch import Tensor


@runtime_checkable
class Head(Protocol):
    """A torch module from a feature map to an embedding.

    It is built with `in_channels` (C), `map_size` (h, w), `embed_dim` (D) and `norm` (makes a norm layer for a width)
    besides what its yaml says; each head lists these four itself, so that a config is checked against its signature.
    """

    def __call__(self, features: Tensor) -> Tensor:
        """Returns embeddings [B,D], not of unit length, of maps [B,C,h,w]."""
