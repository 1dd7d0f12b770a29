"""Triplets of places in the feature map."""

import torch
from torch import Tensor

from docclf.errors import InputError
from docclf.ops import unit
from docclf.pair.base import Pair, mean, share, twins


class LocalTriplet(Pair):
    """max(0, margin - s(a, p) + s(a, n)) over places that two views find in each other (CFCD, arXiv:2308.04008).

    A place a of the first view matches the place p of the second where each is the other's nearest and p is nearer than
    ``ratio`` times the second nearest; n is the place nearest to a in the sample of another class whose embedding is
    closest. s is the cosine of the map's channels.

    Args:
        margin: of cosines, above 0.
        ratio: of distances, above 0 to 1.
        weight, ramp: see `docclf.pair.base.Pair`.
    """

    local = True

    def __init__(
        self, margin: float = 0.1, ratio: float = 0.9, weight: float = 1.0, ramp: tuple[float, float] = (0.0, 0.0)
    ) -> None:
        if not margin > 0 or not 0 < ratio <= 1:
            raise InputError(f"pair.local_triplet margin={margin}, ratio={ratio}: want a margin above 0, a ratio to 1")
        self.margin, self.ratio, self.weight, self.ramp = margin, ratio, weight, ramp

    def term(self, x: Tensor, labels: Tensor, maps: Tensor | None) -> tuple[Tensor, Tensor]:
        """Returns the mean over matches, and the share of matches within the margin."""
        first, second = twins(labels)
        places = unit(maps.double().flatten(2).transpose(1, 2))  # [B,L,C]
        with torch.no_grad():
            closeness = (unit(x) @ unit(x).T).masked_fill(labels[:, None] == labels, -torch.inf)[first]
            known = closeness.max(1).values > -torch.inf if len(first) else first > 0
            negative = closeness.argmax(1) if len(first) else first
        first, second, negative = first[known], second[known], negative[known]
        a = places[first]
        cosines = a @ places[second].transpose(1, 2)  # [n,L,L]
        matched, place = matches(cosines.detach(), self.ratio)
        genuine = cosines.gather(2, place[:, :, None]).squeeze(2)
        impostor = (a @ places[negative].transpose(1, 2)).amax(2)
        losses = (self.margin - genuine + impostor).clamp_min(0)
        return mean(losses, matched, maps.double()), share(matched & (losses > 0), matched.sum())


def matches(cosines: Tensor, ratio: float) -> tuple[Tensor, Tensor]:
    """Returns whether each place of the first views is matched [n,L], and its nearest place in the second views [n,L].

    Args:
        cosines: of the places of first and second views, [n,L,L].
        ratio: most that the distance to the nearest may be of that to the second nearest; a map of one place has none.
    """
    forth, back = cosines.argmax(2), cosines.argmax(1)
    mutual = back.gather(1, forth) == torch.arange(cosines.shape[1], device=cosines.device)
    if cosines.shape[2] > 1:
        d = (2 - 2 * cosines.topk(2, dim=2).values).clamp_min(0).sqrt()
        mutual &= d[:, :, 0] < ratio * d[:, :, 1]
    return mutual, forth
