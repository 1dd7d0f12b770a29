"""Head over the average of the feature map."""

from collections.abc import Callable

from torch import Tensor, nn

from docclf.head.projection import projection


class Gap(nn.Module):
    """Averages the map over its places (global average pooling) and projects it; layout is lost.

    Args:
        in_channels: channels C of the map.
        map_size: height and width (h, w) of the map; any size gives the same head.
        embed_dim: width D of the embedding.
        norm: makes the norm layer for a width.
    """

    def __init__(
        self, in_channels: int, map_size: tuple[int, int], embed_dim: int, norm: Callable[[int], nn.Module]
    ) -> None:
        super().__init__()
        self.project = projection(in_channels, embed_dim, norm)

    def forward(self, features: Tensor) -> Tensor:
        """Returns embeddings [B,D], not of unit length, from maps [B,C,h,w]."""
        return self.project(features.mean(dim=(2, 3)))
