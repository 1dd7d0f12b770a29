"""Backgrounds: gradients under fine line work (guilloche, waves, rosettes, hatching), as bank-note printers make it.

Each pattern is a phase in integers; a line is drawn where the phase passes a multiple of its period.
"""

import numpy as np
from PIL import Image

from docclf.synthetic.dice import Dice
from docclf.synthetic.palette import Colour
from docclf.synthetic.trig import ONE, SINE, TURN, grid, polar_grid

PATTERNS = ("plain", "waves", "guilloche", "rosette", "hatch", "mesh", "rays", "dots", "moire", "bands", "braid")


def _stripe(phase: np.ndarray, period: int, width: int) -> np.ndarray:
    """Returns cover in [0, 256] of lines `width` wide at each `period`, with soft edges; all in 1/16 pixels."""
    offset = np.abs(phase % period - period // 2)
    return np.clip((width // 2 - offset) * 16 + 128, 0, 256)


def _sine(phase: np.ndarray, amplitude: int) -> np.ndarray:
    return (SINE[phase % TURN] * amplitude) // ONE


def _waves(dice: Dice, h: int, w: int) -> np.ndarray:
    x, y = grid(h, w)
    length, lean = dice.between(6, 40), dice.between(-8, 8)
    swing = _sine(x * length + dice.below(TURN), dice.between(60, 400)) + _sine(
        x * length * 2 // 5, dice.between(0, 300)
    )
    return _stripe(y * 16 + swing + x * lean, dice.between(90, 260), dice.between(14, 34))


def _guilloche(dice: Dice, h: int, w: int) -> np.ndarray:
    x, y = grid(h, w)
    length, depth = dice.between(10, 36), dice.between(150, 600)
    swing = _sine(x * length, depth) * (SINE[(y * dice.between(6, 24)) % TURN] // 64) // 256
    period = dice.between(90, 200)
    first = _stripe(y * 16 + swing, period, 20)
    return np.maximum(first, _stripe(y * 16 - swing + period // 2, period, 20))


def _rosette(dice: Dice, h: int, w: int) -> np.ndarray:
    cx, cy = w * dice.pick((15, 30, 50, 50, 70, 85)) // 100, h * dice.pick((10, 50, 50, 60, 90)) // 100
    radius, angle = polar_grid(h, w, cx, cy)
    petals, depth = dice.between(5, 24), dice.between(60, 420)
    bloom = _sine(angle * petals, depth)
    period = dice.between(100, 240)
    cover = _stripe(radius * 16 + bloom, period, 22)
    if dice.chance(60):
        cover = np.maximum(cover, _stripe(radius * 16 - bloom, period, 22))
    return cover


def _hatch(dice: Dice, h: int, w: int) -> np.ndarray:
    x, y = grid(h, w)
    a, b = dice.pick(((16, 0), (0, 16), (11, 11), (11, -11), (14, 7), (7, -14)))
    return _stripe(x * a + y * b, dice.between(70, 320), dice.between(14, 60)) + np.zeros((h, w), np.int32)


def _mesh(dice: Dice, h: int, w: int) -> np.ndarray:
    x, y = grid(h, w)
    period, lean, bend = dice.between(140, 420), dice.between(6, 14), dice.between(0, 240)
    first = _stripe(x * lean + y * 11 + _sine(y * 20, bend), period, 20)
    return np.maximum(first, _stripe(x * lean - y * 11 + _sine(y * 20, bend), period, 20))


def _rays(dice: Dice, h: int, w: int) -> np.ndarray:
    cx, cy = w * dice.pick((0, 20, 50, 80, 99)) // 100, h * dice.pick((0, 50, 99)) // 100
    radius, angle = polar_grid(h, w, cx, cy)
    swirl = _sine(radius * dice.between(4, 16), dice.between(0, 60))
    count = dice.pick((24, 36, 48, 60, 72, 96))
    phase = (angle + swirl) * count % TURN
    return np.clip((TURN // dice.pick((4, 6)) - np.abs(phase - TURN // 2)) // 2, 0, 256)


def _dots(dice: Dice, h: int, w: int) -> np.ndarray:
    x, y = grid(h, w)
    period, size = dice.between(9, 26), dice.between(2, 5)
    shift = (y // period % 2) * (period // 2) * dice.below(2)
    dx, dy = (x + shift) % period - period // 2, y % period - period // 2
    return np.clip((size * size - dx * dx - dy * dy) * 40 + 128, 0, 256)


def _moire(dice: Dice, h: int, w: int) -> np.ndarray:
    first, _ = polar_grid(h, w, w * dice.between(10, 45) // 100, h * dice.between(5, 95) // 100)
    second, _ = polar_grid(h, w, w * dice.between(55, 90) // 100, h * dice.between(5, 95) // 100)
    period = dice.between(120, 300)
    return np.maximum(_stripe(first * 16, period, 22), _stripe(second * 16, period, 22))


def _bands(dice: Dice, h: int, w: int) -> np.ndarray:
    x, y = grid(h, w)
    a, b = dice.pick(((4, 9), (9, 4), (0, 10), (10, 0), (7, -7)))
    swing = _sine(x * dice.between(4, 14) + dice.below(TURN), dice.between(0, 700))
    return np.clip(128 + (SINE[(x * a + y * b + swing) * 2 % TURN] >> 5), 0, 220) + np.zeros((h, w), np.int32)


def _braid(dice: Dice, h: int, w: int) -> np.ndarray:
    x, y = grid(h, w)
    row = dice.between(30, 90)
    depth, length = row * dice.between(5, 9), TURN // dice.between(40, 130)
    cover = np.zeros((h, w), np.int32)
    strands = dice.between(2, 4)
    for strand in range(strands):
        swing = _sine(x * length + strand * TURN // strands, depth)
        cover = np.maximum(cover, _stripe(y * 16 + swing, row * 16, 22))
    return cover


_MAKERS = {
    "waves": _waves,
    "guilloche": _guilloche,
    "rosette": _rosette,
    "hatch": _hatch,
    "mesh": _mesh,
    "rays": _rays,
    "dots": _dots,
    "moire": _moire,
    "bands": _bands,
    "braid": _braid,
}


def gradient(kind: int, h: int, w: int, first: Colour, last: Colour) -> Image.Image:
    """Returns a change of colour, RGB, w x h; kind 0 flat, 1 down, 2 right, 3 diagonal, 4 from the middle row."""
    x, y = grid(h, w)
    share = (
        np.zeros((1, 1), np.int32),
        y * 255 // h,
        x * 255 // w,
        (x * 127 // w) + (y * 127 // h),
        np.abs(2 * y - h) * 255 // h,
    )[kind]
    mask = Image.fromarray(np.broadcast_to(share.astype(np.uint8), (h, w)).copy())
    image = Image.new("RGB", (w, h), first)
    image.paste(last, (0, 0), mask)
    return image


def lay(image: Image.Image, cover: np.ndarray, colour: Colour, strength: int = 256) -> None:
    """Prints a colour over an image, in place.

    Args:
        image: RGB, w x h.
        cover: int [H,W] in [0, 256].
        colour: RGB.
        strength: 256 is opaque.
    """
    mask = np.minimum((cover * strength) >> 8, 255).astype(np.uint8)
    image.paste(colour, (0, 0), Image.fromarray(mask))


def line_work(name: str, dice: Dice, h: int, w: int) -> np.ndarray:
    """Returns the cover in [0, 256] of a named pattern, int32 [H,W]; see PATTERNS."""
    if name == "plain":
        return np.zeros((h, w), np.int32)
    return _MAKERS[name](dice, h, w)
