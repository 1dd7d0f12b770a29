"""Sheets on grounds in batches; see `docclf.imaging.scene.sheet`."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from docclf.augment.device.geometry.frame import outlines, pixel_maps
from docclf.augment.device.geometry.resize import enlarge, reduce, to_bytes
from docclf.augment.device.send import send
from docclf.augment.draws.params import Values
from docclf.imaging.scene.sheet import CREASE, extent, grown, shifted
from docclf.imaging.warp import reduced_sides


def on_ground(images: Tensor, params: Values, size: int, pictures: Tensor | None) -> Tensor:
    """uint8 [n,3,S,S]: sheets on their grounds.

    Args:
        images: uint8 [n,3,H,W].
        params: of the n samples.
        size: S, pixels.
        pictures: uint8 [k,g,g,3] of the grounds; None where all are plain.
    """
    back = _surrounded(_grounds(images, params, size, pictures), params, images)
    out = torch.empty_like(back)
    for detail in np.unique(params["detail"]).tolist():
        chosen = np.flatnonzero(params["detail"] == detail)
        rows = send(chosen, images)
        own = {name: values[chosen] for name, values in params.items()}
        out[rows] = _laid(images[rows], own, back[rows], int(detail))
    return to_bytes(out)


def _laid(images: Tensor, params: Values, back: Tensor, detail: int) -> Tensor:
    size = back.shape[-1]
    sides = reduced_sides(*images.shape[-2:], size)
    if detail:
        sides = tuple(min(n, max(8, round(1.25 * size) >> detail)) for n in images.shape[-2:])
    if sides != tuple(images.shape[-2:]):
        images = reduce(images, *sides)
    u, v = _places(params["warp"], size, images)
    edge, gain, bend = cover(params["warp"], size, images), torch.ones_like(u), send(params["bend"], images)
    rows = send(np.flatnonzero(params["bend"].any(axis=1)), images)
    if len(rows):
        u[rows], v[rows], gain[rows] = _bent(u[rows], v[rows], bend[rows][:, :, None, None])
        wide = send(np.array([extent(warp) for warp in params["warp"]]) * size, images)[rows][:, :, None, None]
        inside = torch.minimum(torch.minimum(u, 1 - u)[rows] * wide[:, 0], torch.minimum(v, 1 - v)[rows] * wide[:, 1])
        edge[rows] = (inside + 0.5).clamp(0.0, 1.0)[:, None]
    grid = torch.stack([2.0 * u - 1.0, 2.0 * v - 1.0], dim=-1)
    sheet = functional.grid_sample(images.float(), grid, padding_mode="border", align_corners=False).round_()
    return torch.lerp(back, (sheet * gain[:, None]).round_().clamp_(0.0, 255.0), edge)


def _places(warps: np.ndarray, size: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """float32 [n,S,S] each: source coordinates, 0 to 1, of each pixel."""
    axis = torch.arange(size, dtype=torch.float32, device=like.device)
    maps = pixel_maps(warps, size, 1, 1)
    maps[:, :2] += 0.5 * maps[:, 2:]  # they count from the centre of a pixel
    a, b, c = send(maps, like)[..., None, None].unbind(dim=2)
    u, v, w = (a * axis + b * axis[:, None] + c).unbind(dim=1)
    return u / w, v / w


def _bent(u: Tensor, v: Tensor, bend: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """float32 [n,S,S] each; see `docclf.imaging.scene.sheet.bent`."""
    along, across, place, depth = bend.unbind(dim=1)
    x, y = u.clamp(0.0, 1.0), v.clamp(0.0, 1.0)
    gain = 1.0 + 3.0 * along * (y - 0.5) * (1.0 - 0.5 * x) + 3.0 * across * (x - 0.5) * (1.0 - 0.5 * y)
    far = (x - place).abs()
    folded = gain * (1.0 + depth * torch.where(x < place, 0.5, -0.5) * (1.0 - far))
    folded = folded + depth.abs() * (1.0 - far / CREASE).clamp(min=0.0)
    bow_u, bow_v = (4.0 * v * (1.0 - v)).clamp(-1.0, 1.0), (4.0 * u * (1.0 - u)).clamp(-1.0, 1.0)
    return u + along * bow_u, v + across * bow_v, torch.where(place > 0.0, folded, gain)


def cover(warps: np.ndarray, size: int, like: Tensor, soft: np.ndarray | None = None) -> Tensor:
    """float32 [n,1,S,S]: about the share of each pixel that the source covers; see docclf.imaging.warp.coverage.

    Args:
        warps: [n,3,3].
        size: S, pixels.
        like: a tensor on the device.
        soft: [n] widths of the edges, pixels; None for sharp ones.
    """
    lines = outlines(warps, size)
    if soft is not None:
        lines = (lines - [0.0, 0.0, 0.5]) / soft[:, None, None] + [0.0, 0.0, 0.5]
    axis = torch.arange(size, dtype=torch.float32, device=like.device)
    a, b, c = send(lines, like)[..., None, None].unbind(dim=2)
    return (a * axis + b * axis[:, None] + c).amin(dim=1, keepdim=True).clamp_(0.0, 1.0)


def _grounds(images: Tensor, params: Values, size: int, pictures: Tensor | None) -> Tensor:
    """float32 [n,3,S,S]: a part of the picture that was picked, or uneven tones."""
    back = enlarge(send(np.rint(params["backdrop"]).transpose(0, 3, 1, 2), images), size).round_()
    chosen = np.flatnonzero(params["pick"] >= 0)
    if len(chosen):
        rows, view = send(chosen, images), send(params["view"][chosen], images)
        axis = (torch.arange(size, device=images.device) + 0.5) / size
        x, y = view[:, :1] + view[:, 2:3] * axis, view[:, 1:2] + view[:, 3:] * axis
        grid = torch.stack([x[:, None].expand(-1, size, -1), y[:, :, None].expand(-1, -1, size)], dim=-1) * 2.0 - 1.0
        seen = pictures[send(params["pick"][chosen], images)].permute(0, 3, 1, 2).float()
        back[rows] = functional.grid_sample(seen, grid, padding_mode="border", align_corners=False).round_()
    return back


def _surrounded(back: Tensor, params: Values, like: Tensor) -> Tensor:
    size, rims, drops = back.shape[-1], params["rim"], params["drop"]
    plates = [grown(w, *r[:3]) if r[0] > 0 else w for w, r in zip(params["warp"], rims, strict=True)]
    moved = np.stack([shifted(plate, *drop[:2]) for plate, drop in zip(plates, drops, strict=True)])
    dark = send(drops[:, 3], like)[:, None, None, None]
    soft = np.where(drops[:, 3] > 0.0, 2.0 * size * drops[:, 2], 1.0)
    back = (back * (1.0 - dark * cover(moved, size, like, soft))).round_()
    chosen = np.flatnonzero(rims[:, 0] > 0)
    if len(chosen):
        rows, flat = send(chosen, like), send(np.floor(rims[chosen, 3:]), like)[:, :, None, None]
        edge = cover(np.stack(plates)[chosen], size, like)
        back[rows] = torch.lerp(back[rows], flat.expand_as(back[rows]), edge).round_()
    return back
