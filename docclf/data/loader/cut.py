"""Batched pixels on any device: cut from a resident pack, turned and halved, squashed."""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from docclf.data.pixels.views import FOLD


def cut(pixels: Tensor, indices: Tensor, expand: int = 1) -> Tensor:
    """Returns the samples uint8 [B,3,s,s] of resident images uint8 [N,s,s,3]; halves are stretched to the square.

    Args:
        pixels: all images.
        indices: numbers of the samples, int64 [B], on the same device.
        expand: 1, or 8 or 24 for the views of docclf/data/pixels/views.py.
    """
    if expand == 1:
        return pixels.index_select(0, indices).permute(0, 3, 1, 2)
    images = pixels.index_select(0, indices // expand).permute(0, 3, 1, 2)
    return views(images, indices % expand * (FOLD // expand))


def views(images: Tensor, numbers: Tensor) -> Tensor:
    """Returns view `numbers[b]` of image b; see docclf.data.pixels.views.view. No step waits for the device.

    Args:
        images: uint8 [B,3,s,s].
        numbers: int64 [B], 0 to 23.
    """
    side = images.shape[-1]
    places = torch.arange(side, device=images.device)
    orientation, part = numbers // 3, numbers % 3
    # A view is out[y, x] = image[i, j]: quarter turns exchange and flip (i, j), and a flip upside down turns y around.
    rows = torch.where((orientation >= 4)[:, None], side - 1 - places, places)
    turn = orientation % 4
    exchanged = (turn % 2 == 1)[:, None, None]
    y, x = rows[:, :, None], places[None, None, :].expand(len(images), 1, side)
    i = torch.where(exchanged, torch.where((turn == 3)[:, None, None], side - 1 - x, x), y)
    i = torch.where((turn == 2)[:, None, None], side - 1 - y, i)
    j = torch.where(exchanged, torch.where((turn == 1)[:, None, None], side - 1 - y, y), x)
    j = torch.where((turn == 2)[:, None, None], side - 1 - x, j)
    turned = images.reshape(len(images), 3, -1).gather(2, (i * side + j).reshape(len(images), 1, -1).expand(-1, 3, -1))
    turned = turned.reshape(images.shape)
    middle = max(1, side // 2)
    halves = torch.stack([_part(side, 0, side), _part(side, 0, middle), _part(side, middle, side)])
    return _rounded(halves.to(images.device)[part][:, None] @ turned.float())


def squash_batch(images: Tensor, side: int) -> Tensor:
    """Returns uint8 [B,3,H,W] stretched to [B,3,side,side]: area average where it shrinks, linear where it grows.

    Equal to docclf.imaging.resize.squash but for the rounding: the two differ by 1 at most.
    """
    height, width = images.shape[-2:]
    if (height, width) == (side, side):
        return images
    down, across = (torch.from_numpy(weights(n, side)).to(images.device) for n in (height, width))
    return _rounded(down @ images.float() @ across.T)


@lru_cache(maxsize=64)
def weights(source: int, side: int) -> np.ndarray:
    """Returns float32 [side,source]: what each source pixel adds to each target pixel of one axis."""
    if source == side:
        return np.eye(side, dtype=np.float32)
    scale = source / side
    table = np.zeros((side, source), np.float64)
    for target in range(side):
        if source > side:
            start, stop = target * scale, (target + 1) * scale
            for pixel in range(int(start), min(source, int(np.ceil(stop)))):
                table[target, pixel] = (min(stop, pixel + 1) - max(start, pixel)) / scale
        else:
            middle = min(max((target + 0.5) * scale - 0.5, 0.0), source - 1.0)
            left = min(int(middle), source - 1)
            table[target, left] += 1 - (middle - left)
            table[target, min(left + 1, source - 1)] += middle - left
    return table.astype(np.float32)


@lru_cache(maxsize=64)
def _part(side: int, start: int, stop: int) -> Tensor:
    table = torch.zeros(side, side)
    table[:, start:stop] = torch.from_numpy(weights(stop - start, side))
    return table


def _rounded(values: Tensor) -> Tensor:
    return values.round_().clamp_(0, 255).to(torch.uint8)
