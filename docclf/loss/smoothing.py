"""Label smoothing of a softmax whose classes are summed up, not stored."""

import torch
from torch import Tensor


def smoothed(loss: Tensor, lse: Tensor, logit: Tensor, mean: Tensor, smoothing: float) -> Tensor:
    """Returns the cross entropy against 1 - e for the target and e / K for every class (arXiv:1512.00567), [B].

    Args:
        loss: cross entropy against the target alone, [B].
        lse: log-sum-exp of the other classes' logits, [B].
        logit: of the target, margin included, [B].
        mean: of all K logits, [B].
        smoothing: e.
    """
    return (1 - smoothing) * loss + smoothing * (torch.logaddexp(lse, logit) - mean)
