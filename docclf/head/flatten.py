"""Head over the whole feature map."""

from collections.abc import Callable

from torch import Tensor, nn

from docclf.head.projection import projection


class Flatten(nn.Module):
    """Flattens the map, so that the place of a pattern on the document counts, and projects it.

    Args:
        in_channels: channels C of the map.
        map_size: height and width (h, w) of the map.
        embed_dim: width D of the embedding.
        norm: makes the norm layer for a width.
    """

    def __init__(
        self, in_channels: int, map_size: tuple[int, int], embed_dim: int, norm: Callable[[int], nn.Module]
    ) -> None:
        super().__init__()
        self.project = projection(in_channels * map_size[0] * map_size[1], embed_dim, norm)

    def forward(self, features: Tensor) -> Tensor:
        """Returns embeddings [B,D], not of unit length, from maps [B,C,h,w]."""
        return self.project(features.flatten(1))
