"""Blurs of batches: each sample's own kernel, median window or zoom."""

import torch
from torch import Tensor
from torch.nn import functional


def filter_kernels(images: Tensor, kernels: Tensor) -> Tensor:
    """float32 [n,3,S,S] correlated with each sample's kernel; mirrored outside, without repeating the edge.

    Args:
        images: float32 [n,3,S,S].
        kernels: float32 [n,k,k], k odd, below 2 S.
    """
    count, channels, height, width = images.shape
    side = kernels.shape[-1]
    padded = functional.pad(images, [side // 2] * 4, mode="reflect").reshape(1, count * channels, *_grown(images, side))
    weight = kernels.repeat_interleave(channels, dim=0)[:, None]
    return functional.conv2d(padded, weight, groups=count * channels).reshape(count, channels, height, width)


def _grown(images: Tensor, side: int) -> tuple[int, int]:
    return images.shape[-2] + side - 1, images.shape[-1] + side - 1


def median(images: Tensor, side: int) -> Tensor:
    """uint8 [n,C,S,S]: the median of each window, exactly; the edge repeats outside.

    The 8 bits of the result are found from the highest on: a bit stays when at least half of the window reaches the
    value with it. That reads each window 8 times, and sorts nothing.

    Args:
        images: uint8 [n,C,S,S].
        side: of the window, pixels, odd.
    """
    # Padding of bytes is not implemented everywhere.
    padded = functional.pad(images.float(), [side // 2] * 4, mode="replicate").to(torch.uint8)
    windows = padded.unfold(2, side, 1).unfold(3, side, 1)
    result = torch.zeros_like(images)
    for bit in range(7, -1, -1):
        trial = result | (1 << bit)
        reach = (windows >= trial[..., None, None]).sum(dim=(-2, -1), dtype=torch.int16)
        result = torch.where(reach > side * side // 2, trial, result)
    return result


def zoom_pass(images: Tensor, inverse: Tensor) -> Tensor:
    """float32 [n,3,S,S]: the mean of the image and its magnification about the centre, rounded as bytes are.

    Args:
        images: float32 [n,3,S,S], whole numbers.
        inverse: float32 [n], of the magnifications.
    """
    size = images.shape[-1]
    # In grid_sample's coordinates the centre is 0 and the rim 1.
    axis = (2.0 * torch.arange(size, device=images.device) + 1.0) / size - 1.0
    line = axis * inverse[:, None]
    grid = torch.stack([line[:, None, :].expand(-1, size, -1), line[:, :, None].expand(-1, -1, size)], dim=-1)
    zoomed = functional.grid_sample(images, grid, padding_mode="border", align_corners=False).round_()
    return images.add(zoomed).mul_(0.5).round_()
