"""Head over a map with fewer channels."""

from collections.abc import Callable

from torch import Tensor, nn

from docclf.errors import InputError
from docclf.head.projection import projection


class Squeeze(nn.Module):
    """Reduces the channels by a 1x1 convolution, then flattens and projects: keeps layout, costs less than flatten.

    Args:
        in_channels: channels C of the map.
        map_size: height and width (h, w) of the map.
        embed_dim: width D of the embedding.
        norm: makes the norm layer for a width.
        ratio: C is divided by it (DocClassifier: 4, 256 channels to 64).
    """

    def __init__(
        self,
        in_channels: int,
        map_size: tuple[int, int],
        embed_dim: int,
        norm: Callable[[int], nn.Module],
        ratio: int = 4,
    ) -> None:
        super().__init__()
        if ratio < 1 or in_channels // ratio < 1:
            raise InputError(
                f"head.ratio={ratio}: want 1 to {in_channels} (the backbone gives {in_channels} channels)."
            )
        channels = in_channels // ratio
        self.squeeze = nn.Conv2d(in_channels, channels, kernel_size=1, bias=False)
        self.project = projection(channels * map_size[0] * map_size[1], embed_dim, norm)

    def forward(self, features: Tensor) -> Tensor:
        """Returns embeddings [B,D], not of unit length, from maps [B,C,h,w]."""
        return self.project(self.squeeze(features).flatten(1))
