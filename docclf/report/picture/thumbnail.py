"""Small pictures for a page, as text."""

import base64

import cv2
import numpy as np

from docclf.report.inputs import Evaluation, Place

_QUALITY = 78


class Thumbnails:
    """Data URIs of the images of an evaluation, made when asked for and made once.

    Args:
        evaluation: where the images come from.
    """

    def __init__(self, evaluation: Evaluation):
        self._evaluation = evaluation
        self._made: dict[tuple[Place, int], str | None] = {}

    def uri(self, place: Place, side: int = 120) -> str | None:
        """Returns a JPEG with a longest side of `side` pixels, or None when the image cannot be read any more."""
        key = (place, side)
        if key not in self._made:
            try:
                self._made[key] = data_uri(self._evaluation.image(*place), side)
            except (ValueError, OSError):
                self._made[key] = None
        return self._made[key]


def data_uri(image: np.ndarray, side: int) -> str:
    """Returns an image uint8 [H,W,3] shrunk to a longest side of `side` pixels as a JPEG data URI."""
    height, width = image.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    done, data = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise ValueError("the picture cannot be written as a JPEG")
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}"
