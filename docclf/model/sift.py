"""The baseline of local features: SIFT, matched and fitted pair by pair, without learning."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from docclf.imaging.feature.local import fitted, points
from docclf.model.base import Pairwise


class Sift(Pairwise):
    """Scores pairs of images; it has no embeddings, so a query costs a fit with every registered image.

    RootSIFT points, mutual nearest neighbours that pass the ratio test, a homography (`docclf.imaging.feature.local`).
    The score is the number of matches it explains, as a share of `points`.

    Args:
        side: longest side of an image, pixels.
        points: of an image, at most.
        ratio: of the distances to the nearest and the second nearest point.
        tolerance: of a match, pixels of the registered image.
    """

    image_size = 64  # of the small copies that the checks of an evaluation look at

    def __init__(self, side: int = 320, points: int = 400, ratio: float = 0.75, tolerance: float = 3.0) -> None:
        self.side, self.points, self.ratio, self.tolerance = side, points, ratio, tolerance
        self.preprocessing = {
            "reading": "turned by EXIF, transparency on white, RGB, 8 bit",
            "size": f"longest side at most {side} pixels, area averaging",
        }

    def describe(self) -> dict:
        """Returns the settings."""
        return {"side": self.side, "points": self.points, "ratio": self.ratio, "tolerance": self.tolerance}

    def compare(self, register: Iterable[np.ndarray], query: Iterable[np.ndarray]) -> Tensor:
        """Returns float32 scores [Q,R] of images uint8 [H,W,3] of any size."""
        known = [points(image, self.side, self.points) for image in register]
        rows = []
        for image in tqdm(query, desc="pairs", unit="query", leave=False, disable=None):
            asked = points(image, self.side, self.points)
            rows.append([fitted(asked, one, self.ratio, self.tolerance).count / self.points for one in known])
        return torch.tensor(rows, dtype=torch.float32)
