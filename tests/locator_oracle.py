"""A model that needs no training: what is white is a sheet, each piece of it a sheet of its own."""

import cv2
import numpy as np

from docclf.locator import quad as quads
from docclf.locator.training.targets import places

SIDE = 128


class White:
    """Stands in for docclf.locator.model.Model."""

    side = SIDE
    sha256 = "white"
    calls = 0

    def __call__(self, images):
        self.calls += len(images)
        maps = [self._maps(image) for image in images]
        return tuple(np.stack(part) for part in zip(*maps, strict=True))

    def _maps(self, image):
        white = (cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) > 127).astype(np.uint8)
        share = cv2.resize(white.astype(np.float32), (SIDE // 4, SIDE // 4), interpolation=cv2.INTER_AREA)
        votes = np.zeros((8, SIDE // 8, SIDE // 8), np.float32)
        count, labels = cv2.connectedComponents(white)
        coarse = labels.reshape(SIDE // 8, 8, SIDE // 8, 8).max(axis=(1, 3))
        for label in range(1, count):
            outline = cv2.findContours((labels == label).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
            corners = quads.upright(cv2.boxPoints(cv2.minAreaRect(outline[0])) / SIDE)
            votes[:, coarse == label] = corners.reshape(8, 1)
        centres = places(SIDE // 8, SIDE // 8).numpy()
        return np.clip(share, 0.01, 0.99).astype(np.float32) * 10 - 5, np.where(votes != 0, votes - centres, 0)


def photo(height, width, *sheets):
    """uint8 [height,width,3], black with white quadrangles [4,2] in pixels."""
    image = np.zeros((height, width, 3), np.uint8)
    for corners in sheets:
        cv2.fillConvexPoly(image, np.round((np.asarray(corners) - 0.5) * 16).astype(np.int32), (255,) * 3, 8, 4)
    return image
