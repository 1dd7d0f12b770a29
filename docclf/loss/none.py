"""No loss over classes: for runs that learn from pairs alone."""

from torch import Tensor, nn

from docclf.ops import real


class Nothing(nn.Module):
    """Zero, with a gradient of zeros; pair terms do the work (`pair=`).

    Args:
        num_classes: K, not used.
        embed_dim: D, not used.
        seed: not used.
    """

    def __init__(self, num_classes: int, embed_dim: int, seed: int = 0) -> None:
        super().__init__()

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """Returns 0 for embeddings [B,D]."""
        return real(embeddings).sum() * 0.0

    def set_progress(self, progress: float) -> None:
        """Does nothing."""

    def outer_parameters(self) -> list[nn.Parameter]:
        """Returns none."""
        return []

    def update(self) -> None:
        """Does nothing."""

    def health(self) -> dict[str, float]:
        """Returns nothing."""
        return {}
