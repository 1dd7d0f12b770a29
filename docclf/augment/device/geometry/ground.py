"""A plain ground in batches; see `docclf.imaging.effect.ground`."""

import torch
from torch import Tensor


def on_ground(images: Tensor, ground: Tensor) -> Tensor:
    """float32 [n,3,S,S] = image * kept + colour * (1 - kept).

    Args:
        images: float32 [n,3,S,S].
        ground: [n,9]; see docclf.augment.draws.params.
    """
    size = images.shape[-1]
    axis = (torch.arange(size, device=images.device) + 0.5) / size
    x0, y0, rx, ry, exponent, angle = ground[:, :6, None, None].split(1, dim=1)
    x, y = axis[None, :] - x0, axis[:, None] - y0
    along, across = (x * angle.cos() + y * angle.sin()).abs() / rx, (y * angle.cos() - x * angle.sin()).abs() / ry
    distance = (along**exponent + across**exponent) ** (1.0 / exponent)
    share = ((1.0 - distance) * torch.minimum(rx, ry) * size + 0.5).clamp(0.0, 1.0)
    return images * share + ground[:, 6:, None, None] * (1.0 - share)
