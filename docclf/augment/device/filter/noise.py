"""Noise of batches, from the same bank and with the same numbers as on the CPU; see `docclf.imaging.effect.noise`."""

import torch
from torch import Tensor


def gather(bank: Tensor, at: Tensor, channels: int, size: int, last: bool) -> Tensor:
    """float32 [n,channels,S,S] numbers in a row from each sample's place.

    Args:
        bank: float32, the noise bank.
        at: int64 [n], places in it.
        channels: per pixel.
        size: S, pixels.
        last: the bank's numbers are read as [S,S,channels], else as [channels,S,S].
    """
    numbers = bank[at[:, None] + torch.arange(channels * size * size, device=at.device)]
    if last:
        return numbers.view(-1, size, size, channels).permute(0, 3, 1, 2)
    return numbers.view(-1, channels, size, size)


def gaussian(images: Tensor, amount: Tensor, field: Tensor) -> Tensor:
    """float32 [n,3,S,S] = image + sigma * normal; amount [n,2] holds sigma."""
    return images + amount[:, 0, None, None, None] * field


def multiplicative(images: Tensor, amount: Tensor, field: Tensor) -> Tensor:
    """float32 [n,3,S,S] = image * (low + (high - low) * uniform); amount [n,2] holds low and high."""
    low, high = amount[:, :, None, None, None].unbind(dim=1)
    return images * (field * (high - low) + low)


def sensor(images: Tensor, amount: Tensor, field: Tensor) -> Tensor:
    """float32 [n,3,S,S] = image + normal * sqrt(read^2 + shot * image); amount [n,2] holds read and shot."""
    read, shot = amount[:, :, None, None, None].unbind(dim=1)
    return images + field * (read * read + shot * images).sqrt()


def iso(images: Tensor, amount: Tensor, field: Tensor, turn: Tensor) -> Tensor:
    """float32 [n,3,S,S] with lightness noise towards white and hue noise; see `docclf.imaging.effect.noise.iso`.

    Args:
        images: float32 [n,3,S,S].
        amount: [n,2], hue (radians) and intensity.
        field: float32 [n,2,S,S].
        turn: float32 [3,3], `docclf.imaging.effect.noise.HUE`.
    """
    hue, intensity = amount[:, :, None, None, None].unbind(dim=1)
    lightness = ((images.amax(dim=1, keepdim=True) + images.amin(dim=1, keepdim=True)) / 2.0).round()
    mean = intensity * lightness.std(dim=(2, 3), correction=0, keepdim=True)
    z0, z1 = field.split(1, dim=1)
    more = (z0 * mean.sqrt() + mean).clamp(min=0.0) / 255.0
    turned = (turn @ images.flatten(2)).view_as(images)
    return images + (255.0 - images) * more + z1 * (hue * intensity) * turned
