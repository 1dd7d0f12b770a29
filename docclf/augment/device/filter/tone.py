"""Light, colour and gamma of batches; see `docclf.imaging.effect.light` and `docclf.imaging.effect.colour`."""

import torch
from torch import Tensor

from docclf.augment.device.geometry.resize import enlarge

_CELLS = 24  # grid points per side, as docclf.imaging.effect.light has them


def light(images: Tensor, gradient: Tensor, vignette: Tensor, shadow: Tensor, glare: Tensor) -> Tensor:
    """float32 [n,3,S,S] = image * gain * (1 - glare) + 255 * glare, the fields enlarged from 24 x 24.

    Args:
        images: float32 [n,3,S,S].
        gradient: [n,3,2]; see docclf.augment.draws.params, as for the others.
        vignette: [n].
        shadow: [n,5].
        glare: [n,k,6].
    """
    size = images.shape[-1]
    axis = (torch.arange(_CELLS, device=images.device) + 0.5) / _CELLS - 0.5
    x, y = axis[None, :], axis[:, None]
    white = sum(_glare(spot[:, :, None, None], x, y) for spot in glare.unbind(dim=1)).clamp(max=1.0)
    gain = _gain(gradient[..., None, None], vignette[:, None, None, None], shadow[:, :, None, None], x, y)
    return images * enlarge(gain * (1.0 - white), size) + enlarge(255.0 * white, size)


def _gain(gradient: Tensor, vignette: Tensor, shadow: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """float32 [n,3,24,24]."""
    direction, offset, soft, dark, band = shadow.split(1, dim=1)
    soft = torch.where(dark > 0.0, 2.0 * soft, 1.0)
    distance = x * direction.cos() + y * direction.sin() - offset
    inside = (0.5 + distance / soft).clamp(0.0, 1.0) * (0.5 + (band - distance) / soft).clamp(0.0, 1.0)
    shade = (1.0 - vignette * 2.0 * (x * x + y * y)) * (1.0 - dark * inside * inside * (3.0 - 2.0 * inside))
    slope = 1.0 + 2.0 * (x * gradient[:, :, 0] + y * gradient[:, :, 1])
    return (slope * shade).clamp(min=0.0)


def _glare(glare: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """float32 [n,1,24,24], share of white."""
    x0, y0, rx, ry, angle, strength = glare.split(1, dim=1)
    rx, ry = (torch.where(strength > 0.0, radius, 1.0) for radius in (rx, ry))
    x, y = x + 0.5 - x0, y + 0.5 - y0
    along, across = (x * angle.cos() + y * angle.sin()) / rx, (y * angle.cos() - x * angle.sin()) / ry
    return strength * torch.exp(-0.5 * (along**2 + across**2))


def matrix(images: Tensor, colour: Tensor, pivot: Tensor) -> Tensor:
    """float32 [n,3,S,S] = colour[:, :3] @ RGB + colour[:, 3] + pivot @ (mean RGB of the image).

    Args:
        images: float32 [n,3,S,S].
        colour: [n,3,4].
        pivot: [n,3,3].
    """
    pixels = images.flatten(2)
    offset = colour[..., 3:] + pivot @ pixels.mean(dim=2, keepdim=True)
    return torch.baddbmm(offset, colour[..., :3], pixels).view_as(images)


def gamma(images: Tensor, exponent: Tensor) -> Tensor:
    """float32 [n,3,S,S] = 255 * (image / 255) ** exponent, exponent [n]."""
    return 255.0 * (images / 255.0) ** exponent[:, None, None, None]
