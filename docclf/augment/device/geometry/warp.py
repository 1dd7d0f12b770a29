"""The one resample of a batch, with each sample's own homography and border."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from docclf.augment.device.geometry.frame import covered, limits, pixel_maps
from docclf.augment.device.geometry.resize import enlarge, reduce, squash, to_bytes
from docclf.augment.device.geometry.scene import cover, on_ground
from docclf.augment.device.send import send
from docclf.augment.draws.params import BORDERS, Values
from docclf.imaging.warp import reduced_sides

_FIELDS = ("warp", "border", "fill", "backdrop", "detail", "bend", "pick", "view", "rim", "drop")
_FAR = 2.0  # pixels outside the image, where a constant border has taken over


def warp(images: Tensor, params: Values, size: int, pictures: Tensor | None = None) -> Tensor:
    """uint8 [B,3,S,S], a new tensor.

    Args:
        images: uint8 [B,3,H,W].
        params: of the B samples, as `Recipe.plan` gives them.
        size: S, pixels.
        pictures: uint8 [n,g,g,3] of ground borders.
    """
    plain = (params["warp"] == np.eye(3)).all(axis=(1, 2))
    scenes = params["border"] == BORDERS.index("ground")
    out = torch.empty((len(images), 3, size, size), dtype=torch.uint8, device=images.device)
    for chosen, how in ((plain & ~scenes, None), (~plain & ~scenes, _warp), (scenes, on_ground)):
        if chosen.any():
            rows = np.flatnonzero(chosen)
            own, rows = {name: params[name][rows] for name in _FIELDS}, send(rows, images)
            more = (pictures,) if how is on_ground else ()
            out[rows] = squash(images[rows], size) if how is None else how(images[rows], own, size, *more)
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
        out[rows] = to_bytes(
            torch.lerp(enlarge(cells, size).round_(), out[rows].float(), cover(warps[shown], size, images))
        )
    return out


def _place(at: Tensor, mirrored: Tensor, low: Tensor, high: Tensor, side: int) -> Tensor:
    """Source pixel index that is read for index `at`."""
    turn = torch.remainder(at + 0.5, 2.0 * side)
    at = torch.where(mirrored, torch.minimum(turn, 2.0 * side - turn) - 0.5, at)
    return torch.minimum(torch.maximum(at, low), high)
