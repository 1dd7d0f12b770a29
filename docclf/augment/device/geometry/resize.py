"""Resizing of batches as two matrix products, with OpenCV's weights for area averages and linear interpolation."""

import torch
from torch import Tensor


def to_bytes(images: Tensor) -> Tensor:
    """uint8: rounded and clipped to 0..255, as OpenCV stores results."""
    return images.round().clamp_(0.0, 255.0).to(torch.uint8)


def area_weights(source: int, target: Tensor, largest: int) -> Tensor:
    """float32 [n, largest, source]: each row averages its share of the source; rows past a sample's target are 0.

    Args:
        source: side of what is reduced, pixels.
        target: int64 [n], sides of the results, at most source.
        largest: of the targets, a number of the host's, so that no device has to be asked.
    """
    step = (source / target.double())[:, None, None]
    row = torch.arange(largest, device=target.device)[None, :, None]
    pixel = torch.arange(source, device=target.device)[None, None, :]
    overlap = torch.minimum((row + 1) * step, pixel + 1.0) - torch.maximum(row * step, pixel.double())
    return (overlap.clamp_(min=0.0) / step * (row < target[:, None, None])).float()


def linear_weights(source: Tensor, target: int, largest: int) -> Tensor:
    """float32 [n, target, largest]: each row mixes the two nearest pixels; the edge repeats outside.

    Args:
        source: int64 [n], sides of what is enlarged.
        target: side of the results, pixels.
        largest: of the sources; see area_weights.
    """
    side = source.double()[:, None, None]
    row = torch.arange(target, device=source.device)[None, :, None]
    pixel = torch.arange(largest, device=source.device)[None, None, :]
    place = ((row + 0.5) * side / target - 0.5).clamp(min=0.0)
    return (1.0 - (torch.minimum(place, side - 1.0) - pixel).abs()).clamp_(min=0.0).float()


def resize(images: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """float32 [n,C,h,w] = rows @ image @ columns^T.

    Args:
        images: float32 [n,C,H,W].
        rows: [n or 1, h, H].
        columns: [n or 1, w, W].
    """
    return rows[:, None] @ images @ columns[:, None].transpose(-1, -2)


def reduce(images: Tensor, height: int, width: int) -> Tensor:
    """uint8 [n,C,height,width], area averages of uint8 [n,C,H,W]; neither side may grow."""
    sides = zip(images.shape[-2:], (height, width), strict=True)
    rows, columns = (area_weights(old, _one(new, images), new) for old, new in sides)
    return to_bytes(resize(images.float(), rows, columns))


def enlarge(images: Tensor, size: int) -> Tensor:
    """float32 [n,C,S,S], linear, of float32 [n,C,H,W]."""
    rows, columns = (linear_weights(_one(old, images), size, old) for old in images.shape[-2:])
    return resize(images, rows, columns)


def squash(images: Tensor, size: int) -> Tensor:
    """uint8 [n,3,S,S]: `docclf.imaging.resize.squash` of uint8 [n,3,H,W]."""
    height, width = images.shape[-2:]
    if height > size or width > size:
        images = reduce(images, min(height, size), min(width, size))
    if height < size or width < size:
        images = to_bytes(enlarge(images.float(), size))
    return images


def shrink(images: Tensor, low: Tensor, largest: int) -> Tensor:
    """float32 [n,3,S,S] reduced by area to its own side and enlarged again; see `docclf.imaging.effect.blur.shrink`.

    Args:
        images: float32 [n,3,S,S].
        low: int64 [n], sides between, pixels.
        largest: of them; see area_weights.
    """
    size = images.shape[-1]
    down, up = area_weights(size, low, largest), linear_weights(low, size, largest)
    return resize(resize(images, down, down).round_(), up, up)


def _one(value: int, like: Tensor) -> Tensor:
    return torch.full((1,), value, device=like.device)
