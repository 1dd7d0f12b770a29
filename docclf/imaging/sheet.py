"""A grid of images as one picture, and an atomic PNG."""

import os
from pathlib import Path

import cv2
import numpy as np

from docclf.errors import InputError
from docclf.utils import atomic

_GAP = 4  # pixels between images
_PAPER = 255


def grid(images: list[np.ndarray], columns: int) -> np.ndarray:
    """uint8 [H,W,3]: the images in rows, in order, each in the top left of a cell as large as the largest of them.

    Args:
        images: uint8 [h,w,3] each, sizes may differ; at least one.
        columns: images per row.

    Raises:
        InputError: there is no image, or columns is below 1.
    """
    if not images or columns < 1:
        raise InputError(
            f"a grid of {len(images)} images in {columns} columns cannot be drawn; give at least one of each."
        )
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    height, width = max(i.shape[0] for i in images) + _GAP, max(i.shape[1] for i in images) + _GAP
    sheet = np.full((rows * height + _GAP, columns * width + _GAP, 3), _PAPER, dtype=np.uint8)
    for number, image in enumerate(images):
        top, left = _GAP + number // columns * height, _GAP + number % columns * width
        sheet[top : top + image.shape[0], left : left + image.shape[1]] = image
    return sheet


def sample_card() -> np.ndarray:
    """uint8 [270,428,3]: a generated card with a photograph's place, text lines and colours, to try things on."""
    card = np.empty((270, 428, 3), dtype=np.uint8)
    card[:] = np.linspace((214, 232, 240), (240, 224, 206), 428)[None].astype(np.uint8)
    cv2.rectangle(card, (0, 0), (427, 44), (28, 84, 140), -1)
    cv2.putText(card, "TEST CARD 0123", (16, 31), cv2.FONT_HERSHEY_DUPLEX, 0.8, (255, 255, 255), 1, cv2.LINE_AA)
    cv2.rectangle(card, (20, 70), (130, 210), (176, 150, 130), -1)
    cv2.circle(card, (75, 122), 30, (224, 190, 160), -1, cv2.LINE_AA)
    cv2.ellipse(card, (75, 210), (46, 48), 0, 180, 360, (60, 70, 90), -1, cv2.LINE_AA)
    for line in range(5):
        text = f"Field {line}: {'ABCDEFGHIJKLMNO'[line : line + 9]}"
        cv2.putText(card, text, (150, 90 + 30 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (40, 40, 50), 1, cv2.LINE_AA)
    for bar, colour in enumerate([(200, 40, 40), (40, 160, 60), (40, 60, 190), (230, 190, 30)]):
        cv2.rectangle(card, (20 + 30 * bar, 228), (44 + 30 * bar, 254), colour, -1)
    return card


def write_png(path: str | os.PathLike, image: np.ndarray) -> None:
    """Writes uint8 [H,W,3] RGB to path as PNG; the file appears whole or not at all.

    Raises:
        InputError: the folder does not exist, or cannot be written.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise InputError(f"{path} cannot be written: there is no folder {path.parent}; create it first.")
    data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1]
    atomic.write_bytes(path, data.tobytes())
