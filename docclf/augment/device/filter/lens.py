"""Capsules, stripes, part focus and polish of batches; see `docclf.imaging.scene.lens`."""

import math

import torch
from torch import Tensor

from docclf.augment.device.filter.blur import filter_kernels


def capsule(images: Tensor, thing: Tensor) -> Tensor:
    """float32 [n,3,S,S] with a rod over each; thing [n,8]."""
    size = images.shape[-1]
    ends, colour = thing[:, :5, None, None] * size, thing[:, 5:, None, None]
    x0, y0, x1, y1, radius = ends.unbind(dim=1)
    axis = torch.arange(size, device=images.device) + 0.5
    x, y, dx, dy = axis - x0, axis[:, None] - y0, x1 - x0, y1 - y0
    share = ((x * dx + y * dy) / (dx * dx + dy * dy + 1e-6)).clamp(0.0, 1.0)
    distance = torch.hypot(x - share * dx, y - share * dy)
    cover = (radius + 0.5 - distance).clamp(0.0, 1.0)[:, None]
    tone = 1.0 - 0.45 * (distance / radius.clamp(min=1e-3)).clamp(max=1.0) ** 2
    return images * (1.0 - cover) + (tone[:, None] * colour).clamp(0.0, 255.0) * cover


def stripes(images: Tensor, screen: Tensor) -> Tensor:
    """float32 [n,3,S,S] with the moire of a screen; screen [n,5]."""
    fx, fy, phase, shift, depth = screen[:, :, None, None, None].unbind(dim=1)
    axis = (torch.arange(images.shape[-1], device=images.device) + 0.5) * (2.0 * math.pi / images.shape[-1])
    channel = torch.arange(3, device=images.device)[:, None, None]
    angle = fy * axis[:, None] + fx * axis + phase + channel * shift
    return images * (1.0 + depth * angle.sin())


def focused(images: Tensor, kernels: Tensor, focus: Tensor) -> Tensor:
    """float32 [n,3,S,S] filtered with each kernel [n,k,k], all over or on one side only; focus [n,3]."""
    blurred = filter_kernels(images, kernels).round().clamp(0.0, 255.0)
    direction, offset, soft = focus[:, :, None, None].unbind(dim=1)
    axis = (torch.arange(images.shape[-1], device=images.device) + 0.5) / images.shape[-1] - 0.5
    along = axis[:, None] * direction.sin() + axis * direction.cos()
    soft, everywhere = torch.where(soft > 0.0, soft, 1.0), (soft == 0.0).float()
    share = (0.5 + (along - offset) / (2.0 * soft) + everywhere * 9.0).clamp(0.0, 1.0)
    return torch.lerp(images, blurred, share[:, None])


def polish(images: Tensor, values: Tensor, reach: int) -> Tensor:
    """float32 [n,3,S,S] smoothed and sharpened.

    Args:
        images: float32 [n,3,S,S].
        values: [n,2] sigma and sharpening.
        reach: half width of the smoothing, pixels.
    """
    sigma, sharpen = values[:, 0], values[:, 1, None, None, None]
    smooth = filter_kernels(images, _gaussian(sigma, reach)).round().clamp(0.0, 255.0)
    wide = filter_kernels(smooth, _gaussian(2.0 * sigma, 2 * reach)).round()
    return smooth * (1.0 + sharpen) - wide * sharpen


def _gaussian(sigma: Tensor, reach: int) -> Tensor:
    """float32 [n,k,k]."""
    axis = torch.arange(-reach, reach + 1, device=sigma.device)
    line = torch.exp(-0.5 * (axis / sigma[:, None]) ** 2)
    line = line / line.sum(dim=1, keepdim=True)
    return line[:, :, None] * line[:, None, :]
