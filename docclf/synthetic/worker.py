"""Draws rows of an array file in a process of its own: `python -m docclf.synthetic.worker < job.json`.

A fresh interpreter instead of a fork or a pool: it needs no guard in the caller's script, and threads that the caller
runs cannot leave it with a held lock.
"""

import json
import sys
from typing import NamedTuple

import numpy as np
from PIL import Image

from docclf.synthetic.capture import capture
from docclf.synthetic.draw import draw

_REPORT_EVERY = 8


class Row(NamedTuple):
    """One picture: the design, the copy, and whether it is photographed."""

    design: int
    fill: int
    captured: bool


def picture(row: Row, seed: int, strength: float) -> np.ndarray:
    """Returns the drawing or its capture, uint8 [H,W,3]."""
    document = draw(row.design, row.fill, seed)
    return capture(document, (seed, row.design, row.fill), strength=strength) if row.captured else document


def square(image: np.ndarray, side: int) -> np.ndarray:
    """Returns the picture squashed to a square with Pillow's fixed-point filter, the same on every machine."""
    return np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BILINEAR))


def work(job: dict) -> None:
    """Writes pictures into a raw uint8 [n,side,side,3] file and prints how many after every few.

    Args:
        job: file, side, seed, strength and rows: [position in the file, design, fill, captured] each.
    """
    side = job["side"]
    with open(job["file"], "r+b", buffering=0) as file:
        for done, (position, design, fill, captured) in enumerate(job["rows"], 1):
            pixels = square(picture(Row(design, fill, bool(captured)), job["seed"], job["strength"]), side)
            file.seek(position * side * side * 3)
            file.write(pixels.tobytes())
            if done % _REPORT_EVERY == 0 or done == len(job["rows"]):
                print((done - 1) % _REPORT_EVERY + 1, flush=True)


if __name__ == "__main__":
    work(json.load(sys.stdin))
