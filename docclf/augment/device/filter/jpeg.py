"""JPEG compression and back on batches: what libjpeg does to the pixels at 4:2:0, without the bits.

Colour conversion, tables and their scaling follow ITU-T T.81 (annex K) and JFIF 1.02; the rounding in chroma reduction
and enlargement, and how a picture is filled up to whole blocks, follow libjpeg's documented behaviour.
"""

import functools
import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from docclf.augment.device.geometry.resize import enlarge

# T.81, tables K.1 and K.2.
_LUMA = """16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62
18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99"""
_CHROMA = """17 18 24 47 99 99 99 99 18 21 26 66 99 99 99 99 24 26 56 99 99 99 99 99 47 66 99 99 99 99 99 99
99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99"""
_TIE = 1e-3  # what float32 may be short of a number halfway between two whole ones
_ROOT = math.sqrt(8.0)


@functools.cache
def tables() -> np.ndarray:
    """float32 [101,2,8,8]: quantisation steps of luma and chroma at each quality."""
    base = np.array([[int(v) for v in text.split()] for text in (_LUMA, _CHROMA)]).reshape(2, 8, 8)
    scales = [5000 // max(quality, 1) if quality < 50 else 200 - 2 * quality for quality in range(101)]
    return np.stack([np.clip((base * scale + 50) // 100, 1, 255) for scale in scales]).astype(np.float32)


@functools.cache
def cosines() -> np.ndarray:
    """float32 [8,8], the orthonormal cosine transform."""
    rows = [[math.cos((2 * x + 1) * u * math.pi / 16) for x in range(8)] for u in range(8)]
    return (np.array(rows) * np.where(np.arange(8) == 0, 8**-0.5, 0.5)[:, None]).astype(np.float32)


def jpeg(images: Tensor, steps: Tensor, transform: Tensor) -> Tensor:
    """float32 [n,3,H,W] of whole numbers 0..255.

    Args:
        images: float32 [n,3,H,W], whole numbers.
        steps: float32 [n,2,8,8], of `tables`, one per sample.
        transform: float32 [8,8], of `cosines`.
    """
    height, width = images.shape[-2:]
    red, green, blue = images.split(1, dim=1)
    luma = torch.floor(0.299 * red + 0.587 * green + 0.114 * blue + 0.5)
    half = 128.0 + 0.49998  # a little less than 1/2 in libjpeg too, so that 256 does not occur
    cb = torch.floor(-0.168735892 * red - 0.331264108 * green + 0.5 * blue + half)
    cr = torch.floor(0.5 * red - 0.418687589 * green - 0.081312411 * blue + half)
    luma = _code(_fill(luma, 8, 8), steps[:, :1], transform)[..., :height, :width]
    chroma = _code(_fill(_halve(torch.cat([cb, cr], dim=1)), 8, 8), steps[:, 1:], transform)
    chroma = chroma[..., : (height + 1) // 2, : (width + 1) // 2]
    cb, cr = (_double(chroma)[..., :height, :width] - 128.0).split(1, dim=1)
    red = luma + torch.floor(1.402 * cr + 0.5)
    green = luma + torch.floor(-0.344136286 * cb - 0.714136286 * cr + 0.5)
    blue = luma + torch.floor(1.772 * cb + 0.5)
    return torch.cat([red, green, blue], dim=1).clamp_(0.0, 255.0)


def _fill(planes: Tensor, rows: int, columns: int) -> Tensor:
    """The planes with their last row and column repeated up to whole multiples."""
    height, width = planes.shape[-2:]
    return functional.pad(planes, [0, -width % columns, 0, -height % rows], mode="replicate")


def _code(planes: Tensor, steps: Tensor, transform: Tensor) -> Tensor:
    """The planes [n,c,H,W] after quantisation of their 8 x 8 blocks with steps [n,1,8,8]."""
    count, channels, height, width = planes.shape
    blocks = (planes - 128.0).view(count, channels, height // 8, 8, width // 8, 8).transpose(3, 4)
    steps = steps[:, :, None, None]
    # libjpeg keeps whole numbers: quarters between the two passes, eighths after both, each times 8^(1/2).
    rows = _whole(blocks @ transform.T * (4.0 * _ROOT))
    levels = _whole(transform @ rows * (_ROOT / 4.0))
    levels = torch.floor((levels.abs() + 4.0 * steps + _TIE) / (8.0 * steps)) * levels.sign() * steps
    columns = _whole(transform.T @ levels * (4.0 * _ROOT))
    blocks = _whole(columns @ transform / (4.0 * _ROOT)) + 128.0
    return blocks.transpose(3, 4).reshape(planes.shape).clamp_(0.0, 255.0)


def _whole(values: Tensor) -> Tensor:
    """Rounded, halves upwards, also those that float32 puts a little below."""
    return torch.floor(values + (0.5 + _TIE))


def _halve(planes: Tensor) -> Tensor:
    """Means of 2 x 2 pixels; halves are rounded down and up in turn from column to column."""
    planes = _fill(planes, 2, 16)  # columns are filled up before the mean, rows after it
    total = planes[..., ::2, ::2] + planes[..., 1::2, ::2] + planes[..., ::2, 1::2] + planes[..., 1::2, 1::2]
    bias = 1.0 + torch.arange(total.shape[-1], device=planes.device) % 2
    return torch.floor((total + bias) / 4.0)


def _double(planes: Tensor) -> Tensor:
    """[n,c,2H,2W]: each pixel 9/16 of the nearest, 3/16 of the two next, 1/16 of the diagonal one."""
    near = functional.pad(planes, [1, 1, 1, 1], mode="replicate")
    middle = 3.0 * near[..., 1:-1, :]
    rows = torch.stack([middle + near[..., :-2, :], middle + near[..., 2:, :]], dim=3).flatten(2, 3)
    middle = 3.0 * rows[..., 1:-1]
    left, right = middle + rows[..., :-2] + 8.0, middle + rows[..., 2:] + 7.0
    return torch.floor(torch.stack([left, right], dim=4).flatten(3) / 16.0)


def at_twice_the_size(images: Tensor, steps: Tensor, transform: Tensor) -> Tensor:
    """float32 [n,3,S,S] after JPEG at twice the size; see `docclf.imaging.effect.jpeg.at_twice_the_size`."""
    size = images.shape[-1]
    large = jpeg(enlarge(images, 2 * size).round_(), steps, transform).round_().clamp_(0.0, 255.0)
    return large.reshape(len(images), 3, size, 2, size, 2).mean(dim=(3, 5))
