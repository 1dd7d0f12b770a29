"""Norm layers that torch lacks."""

from torch import Tensor, nn


class LayerBatchNorm(nn.Module):
    """LayerNorm followed by BatchNorm1d: DocClassifier's last step, 85.9 % to 90.3 % in its table.

    Args:
        dim: width D of the vectors.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.layer = nn.LayerNorm(dim)
        self.batch = nn.BatchNorm1d(dim)

    def forward(self, x: Tensor) -> Tensor:
        """Returns vectors [B,D] normalised per sample, then per channel over the batch."""
        return self.batch(self.layer(x))
