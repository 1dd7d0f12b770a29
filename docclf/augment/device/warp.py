"""The one resample of a batch, with each sample's own homography and border."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from docclf.augment.device.frame import covered, limits, outlines, pixel_maps
from docclf.augment.device.resize import enlarge, reduce, squash, to_bytes
from docclf.augment.draws.params import BORDERS
from docclf.imaging.warp import reduced_sides

_FAR = 2.0  # pixels outside the image, where a constant border has taken over


def send(values: np.ndarray, like: Tensor) -> Tensor:
    """The values on the device of `like`, real numbers as float32, without waiting for that device."""
    tensor = torch.from_numpy(np.ascontiguousarray(values))
    tensor = tensor.float() if tensor.dtype == torch.float64 else tensor
    return tensor.pin_memory().to(like.device, non_blocking=True) if like.is_cuda else tensor.to(like.device)


def warp(images: Tensor, params: dict[str, np.ndarray], size: int) -> Tensor:
    """uint8 [B,3,S,S], a new tensor.

    Args:
        images: uint8 [B,3,H,W].
        params: of the B samples, as `Recipe.params_batch` gives them.
        size: S, pixels.
    """
    plain = (params["warp"] == np.eye(3)).all(axis=(1, 2))
    out = torch.empty((len(images), 3, size, size), dtype=torch.uint8, device=images.device)
    if plain.any():
        rows = send(np.flatnonzero(plain), images)
        out[rows] = squash(images[rows], size)
    if not plain.all():
        rows = np.flatnonzero(~plain)
        own = {name: params[name][rows] for name in ("warp", "border", "fill", "backdrop")}
        rows = send(rows, images)
        out[rows] = _warp(images[rows], own, size)
    return out


def _warp(images: Tensor, params: dict[str, np.ndarray], size: int) -> Tensor:
    sides = reduced_sides(*images.shape[-2:], size)
    if sides != tuple(images.shape[-2:]):
        images = reduce(images, *sides)
    height, width = sides
    border, warps = params["border"], params["warp"]
    constant = border == BORDERS.index("constant")
    bounds = send(limits(warps, constant, *sides, _FAR), images)[:, :, None, None]
    mirrored = send(border == BORDERS.index("reflect"), images)[:, None, None]
    maps = send(pixel_maps(warps, size, *sides), images)
    axis = torch.arange(size, dtype=torch.float32, device=images.device)
    a, b, c = maps[..., None, None].unbind(dim=2)
    u, v, w = (a * axis + b * axis[:, None] + c).unbind(dim=1)
    x = _place(u / w, mirrored, bounds[:, 0], bounds[:, 2], width)
    y = _place(v / w, mirrored, bounds[:, 1], bounds[:, 3], height)
    grid = torch.stack([(2.0 * x + 1.0) / width - 1.0, (2.0 * y + 1.0) / height - 1.0], dim=-1)
    # Outside is 0 after the fill has been taken away, so a constant border mixes with the fill as its pixels do. The
    # others are never read outside.
    fill = send(params["fill"] * constant[:, None], images)[:, :, None, None]
    out = functional.grid_sample(images.float() - fill, grid, padding_mode="zeros", align_corners=False) + fill
    out = to_bytes(out)
    shown = np.flatnonzero((border == BORDERS.index("backdrop")) & ~covered(warps))
    if len(shown):
        rows = send(shown, images)
        cells = send(np.rint(params["backdrop"][shown]).transpose(0, 3, 1, 2), images)
        back, cover = enlarge(cells, size).round_(), _cover(send(outlines(warps[shown], size), images), axis)
        out[rows] = to_bytes(torch.lerp(back, out[rows].float(), cover))
    return out


def _place(at: Tensor, mirrored: Tensor, low: Tensor, high: Tensor, side: int) -> Tensor:
    """Source pixel index that is read for index `at`."""
    turn = torch.remainder(at + 0.5, 2.0 * side)
    at = torch.where(mirrored, torch.minimum(turn, 2.0 * side - turn) - 0.5, at)
    return torch.minimum(torch.maximum(at, low), high)


def _cover(sides: Tensor, axis: Tensor) -> Tensor:
    """float32 [n,1,S,S]: about the share of each pixel that the source covers; see docclf.imaging.warp.coverage."""
    a, b, c = sides[..., None, None].unbind(dim=2)
    return (a * axis + b * axis[:, None] + c).amin(dim=1, keepdim=True).clamp_(0.0, 1.0)
