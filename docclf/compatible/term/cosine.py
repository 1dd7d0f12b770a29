"""One minus the cosine to an earlier or an independent model."""

from torch import Tensor

from docclf.compatible.base import Seen, Term


class Old(Term):
    """1 - <x, o>, mean over the batch: the first D_old numbers point where the old embedding does.

    Args:
        weight: factor of the term (BT2's lambda_3, arXiv:2211.03989).
    """

    def __init__(self, weight: float = 1.0) -> None:
        super().__init__("old", weight)

    def forward(self, seen: Seen) -> Tensor:
        """Returns 1 less the mean cosine to the old embeddings."""
        return 1 - (seen.new * seen.old).sum(1).mean()


class Latest(Term):
    """1 - <z, n>, with z in the frame of the classifier and n the embedding of an independently trained new model.

    Args:
        weight: factor of the term (BT2's lambda_1, arXiv:2211.03989).
    """

    follows_latest = True

    def __init__(self, weight: float = 1.0) -> None:
        super().__init__("latest", weight)

    def forward(self, seen: Seen) -> Tensor:
        """Returns 1 less the mean cosine to the new model's embeddings."""
        return 1 - (seen.turned * seen.latest).sum(1).mean()
