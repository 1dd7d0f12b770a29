"""Draws a fictional document from its numbers."""

from functools import lru_cache
from importlib import import_module

import numpy as np
from PIL import Image

from docclf.errors import InputError
from docclf.synthetic.design import make_look
from docclf.synthetic.fill import Fill
from docclf.synthetic.page import Page

# To be raised with any change of a drawing: caches and recorded digests depend on it.
VERSION = 3
CANVAS = 512


@lru_cache(maxsize=32)
def _layout(kind: str):
    return import_module(f"docclf.synthetic.layout.{kind}")


def draw(design: int, fill: int, seed: int, long_side: int = 256) -> np.ndarray:
    """Returns a document, uint8 [H,W,3] RGB, in the proportions of its kind.

    Args:
        design: the document type: kind, layout, colours, patterns, emblem, lettering.
        fill: the copy: name, numbers, dates, picture. One number is the same person in all designs.
        seed: another world of designs and people.
        long_side: pixels of the longer side, 16 to 512.
    """
    if not 16 <= long_side <= CANVAS:
        raise InputError(
            f"long_side={long_side}: documents are drawn at 16 to {CANVAS} pixels; choose a number in that range."
        )
    look = make_look(design, seed)
    module = _layout(look.kind)
    width, height = look.structure.pick(module.SIZES)
    page = Page(width, height, look)
    module.layout(page, look, Fill(seed, fill))
    if long_side == CANVAS:
        return np.asarray(page.image)
    size = (max(1, width * long_side // CANVAS), max(1, height * long_side // CANVAS))
    return np.asarray(page.image.resize(size, Image.Resampling.BOX))
