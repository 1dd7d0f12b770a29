"""Contrastive term in the distance of signal and noise."""

from torch import Tensor

from docclf.errors import InputError
from docclf.pair.base import Pair, mean, share


class Snr(Pair):
    """Contrastive term with d(a, b) = var(a - b) / var(a) over channels (arXiv:1904.02616, equations 4, 10 and 11).

    Positives further than ``near`` and negatives closer than ``far`` count, each by its mean; added is ``zero_mean``
    times the mean |sum of channels|. It looks at embeddings as they are: on unit vectors of zero mean d is the squared
    distance, and the term an ordinary contrastive one.

    Args:
        near: distance up to which positives are left alone.
        far: distance from which on negatives are.
        zero_mean: weight of the zero-mean term.
        weight, ramp: see `docclf.pair.base.Pair`.
    """

    def __init__(
        self,
        near: float = 0.0,
        far: float = 1.0,
        zero_mean: float = 0.005,
        weight: float = 1.0,
        ramp: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        if not 0 <= near < far or not zero_mean >= 0:
            raise InputError(f"pair.snr near={near}, far={far}, zero_mean={zero_mean}: want 0 <= near < far, 0 or more")
        self.near, self.far, self.zero_mean, self.weight, self.ramp = near, far, zero_mean, weight, ramp

    def term(self, x: Tensor, labels: Tensor, maps: Tensor | None) -> tuple[Tensor, Tensor]:
        """Returns the two means and the zero-mean term, and the share of pairs that count."""
        d = distances(x)
        same = labels[:, None] == labels
        positive, negative = same.clone().fill_diagonal_(False), ~same
        pull, push = positive & (d > self.near), negative & (d < self.far)
        value = mean(d - self.near, pull, x) + mean(self.far - d, push, x)
        value = value + self.zero_mean * x.sum(1).abs().mean()
        return value, share(pull | push, (positive | negative).sum())


def distances(x: Tensor) -> Tensor:
    """Returns var(a - b) / var(a), [B,B], row a, column b; 0 between equal samples."""
    centred = x - x.mean(1, keepdim=True)
    power = centred.square().sum(1)
    apart = (power[:, None] + power - 2 * centred @ centred.T).clamp_min(0)
    return apart / power[:, None].clamp_min(1e-12)
