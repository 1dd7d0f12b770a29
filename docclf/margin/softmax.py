"""No margin."""

from torch import Tensor

from docclf.margin.base import Margin
from docclf.ops import real


class Softmax(Margin):
    """The rule that changes nothing: normalised softmax (NormFace, arXiv 1704.06369)."""

    def __init__(self) -> None:
        """Takes nothing."""

    def psi(self, cosine: Tensor) -> Tensor:
        """Returns the target's logit over scale, [B], for its cosine [B]."""
        return real(cosine)

    def __call__(self, cosines: Tensor, targets: Tensor) -> Tensor:
        """Returns logits over scale, [B,K], for cosines [B,K] and targets [B]."""
        return real(cosines)
