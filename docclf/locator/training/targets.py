"""What the network is to say of a scene, and how far it is from it."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from docclf.imaging.warp import coverage
from docclf.locator import quad as quads
from docclf.locator.network import MASK, VOTE

COVERED = 0.25  # weight of a sheet that another may cover: where its corners are is partly a guess


def maps(sheets: list[np.ndarray], side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns what the network is to say of a scene.

    It is the share of each place that a sheet covers, float32 [side/4,side/4]; the corners of the topmost sheet at each
    place of the votes, float32 [side/8,side/8,8]; and its number there, 0 where none lies, int64 [side/8,side/8].

    Args:
        sheets: convex corners [4,2] in frames, the topmost last.
        side: of the image, pixels.
    """
    share = np.zeros((side // MASK, side // MASK), np.float32)
    number, table = np.zeros((side // VOTE, side // VOTE), np.int64), np.zeros((len(sheets) + 1, 8), np.float32)
    for k, corners in enumerate(sheets, 1):
        table[k] = np.ravel(corners)
        warp = quads.homography(corners, quads.SQUARE)
        share = np.maximum(share, coverage(warp, side // MASK))
        number[coverage(warp, side // VOTE) > 0.5] = k
    return share, table[number], number


def places(rows: int, columns: int) -> Tensor:
    """Returns the middle of each place as (x, y) four times over, [8,rows,columns], in frames."""
    y, x = torch.meshgrid((torch.arange(rows) + 0.5) / rows, (torch.arange(columns) + 0.5) / columns, indexing="ij")
    return torch.stack([x, y] * 4)


def loss(logits: Tensor, votes: Tensor, share: Tensor, corners: Tensor, number: Tensor) -> tuple[Tensor, Tensor]:
    """Returns how wrong the mask is (cross entropy and Dice) and how wrong the votes are.

    A vote may begin with any corner: the nearest of the four orders counts. Its error is measured in sides of the
    sheet, and a sheet weighs the same however small it is.

    Args:
        logits: [B,h,w].
        votes: [B,8,h/2,w/2].
        share: [B,h,w], 0 to 1.
        corners: [B,h/2,w/2,8], frames.
        number: int64 [B,h/2,w/2]; 0 where no sheet lies.
    """
    chance = logits.sigmoid()
    overlap = 1 - (2 * (chance * share).sum((1, 2)) + 1) / (chance.sum((1, 2)) + share.sum((1, 2)) + 1)
    mask = F.binary_cross_entropy_with_logits(logits, share) + 0.5 * overlap.mean()
    inside = number > 0
    if not inside.any():
        return mask, votes.sum() * 0
    said = (votes + places(*votes.shape[2:]).to(votes)).permute(0, 2, 3, 1)[inside].view(-1, 4, 2)
    true = corners[inside].view(-1, 4, 2)
    size = _area(true).sqrt()[:, None, None]
    wrong = [F.smooth_l1_loss(said / size, true.roll(k, 1) / size, beta=0.05, reduction="none") for k in range(4)]
    wrong = torch.stack([part.mean((1, 2)) for part in wrong]).amin(0)
    image = torch.arange(len(number), device=number.device)[:, None, None].expand_as(number)[inside]
    sheet = 16 * image + number[inside]
    top = number.amax((1, 2))[image] == number[inside]
    weight = torch.where(top, 1.0, COVERED) / torch.bincount(sheet)[sheet]
    return mask, (wrong * weight).sum() / weight.sum()


def _area(corners: Tensor) -> Tensor:
    x, y = corners.unbind(2)
    return 0.5 * (x * y.roll(-1, 1) - x.roll(-1, 1) * y).sum(1).abs()
