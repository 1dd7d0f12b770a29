"""What compatible training asks of a term, and what it shows it."""

from dataclasses import dataclass

from torch import Tensor, nn

from docclf.errors import InputError


@dataclass
class Seen:
    """One batch as a term sees it; all rows of unit length, float32.

    Args:
        new: the first D_old numbers of the new embeddings, which stand beside the old ones [B,D_old].
        old: the old model's embeddings of the same images, clean, as they were registered [B,D_old].
        labels: int64 [B].
        turned: the new embeddings in the frame of the classifier [B,D'] (`docclf.compatible.compatible`).
        latest: embeddings of an independently trained new model [B,D_latest]; ``None`` unless one was given.
    """

    new: Tensor
    old: Tensor
    labels: Tensor
    turned: Tensor
    latest: Tensor | None


class Term(nn.Module):
    """A batch to a scalar, smaller where new embeddings can stand in for old ones.

    Args:
        name: of the term in the config, for errors.
        weight: factor of the term.

    Attributes:
        follows_latest: it needs `Seen.latest`.
    """

    follows_latest = False

    def __init__(self, name: str, weight: float) -> None:
        super().__init__()
        self.name, self.weight = name, positive(name, "weight", weight)

    def know(self, centres: Tensor) -> None:
        """Told the old centres of all classes, unit [K,D_old], before the first step; most have no use for them."""
        return None


def positive(term: str, name: str, value: float) -> float:
    """Returns a value that must be above 0 and finite."""
    if not 0 < value < float("inf"):
        raise InputError(f"compatible.terms.{term}.{name}={value}: want a finite number above 0.")
    return float(value)
