"""A simulated camera for evaluation queries.

Made apart from the training augmentations on purpose: it shares no code with them and takes other steps in another
order, so that a model is not measured with the very distortions it was trained on.
"""

from io import BytesIO

import numpy as np
from PIL import Image, ImageFilter

from docclf.errors import InputError
from docclf.synthetic.dice import Dice
from docclf.synthetic.trig import cos, sin

# To be raised with any change of the picture: caches and recorded digests depend on it.
VERSION = 1
_STREAM = 4
_WORK = 512  # the longest side of the scene, pixels
_TURN = 1 << 14


def capture(
    image: np.ndarray, seed: tuple[int, ...] | int, side: int | None = None, strength: float = 1.0
) -> np.ndarray:
    """Returns a photograph of a document as a crop tool would hand it over, uint8 [H,W,3].

    The corners are found imperfectly, so some background shows or some of the document is lost; then come uneven
    light, shadow, glare, colour cast, small size, blur, noise and JPEG.

    Args:
        image: the document, uint8 [H,W,3] RGB.
        seed: which capture: the same image, seed and strength give the same bytes.
        side: longest side of the result in pixels; None keeps the size this camera happens to deliver (96 to 256).
        strength: 0 changes next to nothing, 1 is an ordinary hand-held capture, 2 a very bad one.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or min(image.shape[:2]) < 2:
        raise InputError(f"capture: image of shape {image.shape} and type {image.dtype}; expected uint8 [H,W,3], RGB.")
    if not 0 <= strength <= 2:
        raise InputError(f"capture: strength={strength}; expected 0 (clean) to 2 (very bad), 1 is ordinary.")
    key = (seed,) if isinstance(seed, int) else tuple(seed)
    dice = Dice(_STREAM, len(key), *key)
    percent = round(strength * 100)
    picture = Image.fromarray(working(image))
    picture = _crop(dice, percent, picture)
    pixels = _glare(dice, percent, _light(dice, percent, np.asarray(picture).astype(np.int32)))
    pixels = _colour(dice, percent, pixels)
    picture = Image.fromarray(pixels)
    small = max(96, 256 - dice.below(1 + 130 * percent // 100))
    if max(picture.size) > small:
        picture = picture.resize(_scaled(picture.size, small, max(picture.size)), Image.Resampling.BOX)
    picture = _jpeg(dice, percent, _noise(dice, percent, _blur(dice, percent, picture)))
    if side is not None:
        picture = picture.resize(_scaled(picture.size, side, max(picture.size)), Image.Resampling.BILINEAR)
    return np.asarray(picture)


def working(image: np.ndarray) -> np.ndarray:
    """Returns what the camera works on, uint8 [H,W,3]: the image, or a copy of 512 pixels with the same captures."""
    picture = Image.fromarray(np.ascontiguousarray(image))
    longest = max(picture.size)
    if longest > _WORK:
        picture = picture.resize(_scaled(picture.size, _WORK, longest), Image.Resampling.BOX)
    return np.asarray(picture)


def _scaled(size: tuple[int, int], to: int, longest: int) -> tuple[int, int]:
    return max(2, size[0] * to // longest), max(2, size[1] * to // longest)


def _swing(dice: Dice, percent: int, most: int) -> int:
    """Returns an integer in [-most, most] times the strength; small values are likelier."""
    most = most * percent // 100
    return (dice.between(-most, most) + dice.between(-most, most)) // 2


def _crop(dice: Dice, percent: int, document: Image.Image) -> Image.Image:
    """Puts the document on a table and cuts out the quadrilateral that the corner finder returned."""
    w, h = document.size
    pad = max(w, h) // 4
    tone = [dice.between(20, 235) for _ in range(2)]
    tint = [dice.between(-22, 22) for _ in range(3)]
    ramp = np.linspace(tone[0], (tone[0] * 2 + tone[1]) // 3, w + 2 * pad).astype(np.int32)
    table = np.broadcast_to(ramp[None, :, None], (h + 2 * pad, w + 2 * pad, 3)) + np.array(tint, np.int32)
    grain = dice.octets(table.shape[0] * table.shape[1]).reshape(table.shape[:2]).astype(np.int32)
    scene = Image.fromarray(np.clip(table + (grain[..., None] - 128) // 20, 0, 255).astype(np.uint8))
    scene.paste(document, (pad, pad))
    turn, cx, cy = _swing(dice, percent, 34), w / 2 + pad, h / 2 + pad
    # The corner finder takes in a rim of the table a little more often than it cuts the document.
    grow = dice.between(-2, 4) * percent // 100
    quad = []
    for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        x = sx * w * (100 + grow) / 200 + _swing(dice, percent, 7) * w / 100
        y = sy * h * (100 + grow) / 200 + _swing(dice, percent, 7) * h / 100
        quad.append((cx + (x * cos(turn) - y * sin(turn)) / _TURN, cy + (x * sin(turn) + y * cos(turn)) / _TURN))
    return scene.transform((w, h), Image.Transform.PERSPECTIVE, _perspective(quad, w, h), Image.Resampling.BILINEAR)


def _perspective(quad: list[tuple[float, float]], w: int, h: int) -> tuple[float, ...]:
    """Returns the eight numbers that map a w x h rectangle to a quadrilateral, corners clockwise from the top left.

    The closed form of the unit square's projective map: plain arithmetic, the same on every machine.
    """
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = quad
    dx1, dx2, dx3 = x1 - x2, x3 - x2, x0 - x1 + x2 - x3
    dy1, dy2, dy3 = y1 - y2, y3 - y2, y0 - y1 + y2 - y3
    area = dx1 * dy2 - dx2 * dy1
    g, k = (dx3 * dy2 - dx2 * dy3) / area, (dx1 * dy3 - dx3 * dy1) / area
    a, b, d, e = x1 - x0 + g * x1, x3 - x0 + k * x3, y1 - y0 + g * y1, y3 - y0 + k * y3
    return a / w, b / h, x0, d / w, e / h, y0, g / w, k / h


def _axes(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns x [1,W] and y [H,1] from -512 to 512."""
    h, w = pixels.shape[:2]
    x = np.arange(w, dtype=np.int32) * 1024 // max(w - 1, 1) - 512
    y = np.arange(h, dtype=np.int32) * 1024 // max(h - 1, 1) - 512
    return x[None, :], y[:, None]


def _light(dice: Dice, percent: int, pixels: np.ndarray) -> np.ndarray:
    """Lights the scene from one side, dims its corners and on half of the captures lays a soft shadow over a part."""
    x, y = _axes(pixels)
    angle, slope = dice.below(4096), _swing(dice, percent, 88)
    along = (x * cos(angle) + y * sin(angle)) // _TURN
    gain = 256 + along * slope // 512 - (x * x + y * y) * (dice.below(1 + 36 * percent // 100)) // (1 << 19)
    if dice.chance(min(100, 45 * percent // 100)):
        angle, soft = dice.below(4096), dice.between(12, 160)
        along = (x * cos(angle) + y * sin(angle)) // _TURN + dice.between(-380, 380)
        cover = np.clip(along * 128 // soft + 128, 0, 256)
        gain = gain * (256 * 256 - cover * dice.between(20, 96)) // (256 * 256)
    return np.clip(pixels * np.clip(gain, 80, 400)[..., None] >> 8, 0, 255)


def _glare(dice: Dice, percent: int, pixels: np.ndarray) -> np.ndarray:
    """Adds up to two bright reflections."""
    x, y = _axes(pixels)
    for _ in range(2):
        if dice.chance(min(100, 28 * percent // 100)):
            cx, cy = dice.between(-500, 500), dice.between(-500, 500)
            rx, ry, peak = dice.between(90, 320), dice.between(60, 240), dice.between(70, 235)
            far = (x - cx) * (x - cx) * 256 // (rx * rx) + (y - cy) * (y - cy) * 256 // (ry * ry)
            spot = np.clip(256 - far, 0, 256)
            spot = spot * spot * peak // (256 * 256)
            pixels = pixels + ((255 - pixels) * spot[..., None] >> 8)
    return pixels


def _colour(dice: Dice, percent: int, pixels: np.ndarray) -> np.ndarray:
    """Applies exposure, white-balance error and gamma through one table per channel."""
    gamma, exposure = 2 ** (_swing(dice, percent, 50) / 100), _swing(dice, percent, 60)
    warm, green = _swing(dice, percent, 42), _swing(dice, percent, 18)
    result = np.empty(pixels.shape, np.uint8)
    for channel, gain in enumerate((warm, green, -warm)):
        top = (256 + exposure + gain) / 256
        table = [min(255, round(255 * top * (level / 255) ** gamma)) for level in range(256)]
        result[..., channel] = np.array(table, np.uint8)[pixels[..., channel]]
    return result


def _blur(dice: Dice, percent: int, picture: Image.Image) -> Image.Image:
    """Blurs by defocus, and on a third of the captures by motion along a straight line."""
    radius = dice.below(1 + 110 * percent // 100) * max(picture.size) / 18000
    picture = picture.filter(ImageFilter.GaussianBlur(radius))
    if dice.chance(min(100, 33 * percent // 100)):
        pixels = np.asarray(picture).astype(np.int32)
        steps, angle = dice.between(2, 2 + 3 * percent // 100), dice.below(4096)
        edge = steps + 1
        padded = np.pad(pixels, ((edge, edge), (edge, edge), (0, 0)), mode="edge")
        total = np.zeros_like(pixels)
        for k in range(steps):
            dx, dy = (2 * k * cos(angle) + _TURN) // (2 * _TURN), (2 * k * sin(angle) + _TURN) // (2 * _TURN)
            total += padded[edge + dy : edge + dy + pixels.shape[0], edge + dx : edge + dx + pixels.shape[1]]
        picture = Image.fromarray((total // steps).astype(np.uint8))
    return picture


def _noise(dice: Dice, percent: int, picture: Image.Image) -> Image.Image:
    """Adds sensor noise: a sum of four bytes stands for a normal deviate; dark parts are noisier."""
    pixels = np.asarray(picture).astype(np.int32)
    h, w, _ = pixels.shape
    spread = dice.below(1 + 10 * percent // 100)
    octets = dice.octets(h * w * 16).reshape(4, 4, h, w).astype(np.int32).sum(0) - 510  # deviation 148
    grain = octets[0][..., None] * 2 + octets[1:].transpose(1, 2, 0)
    noise = grain * spread * (384 - pixels) // (256 * 330)
    return Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))


def _jpeg(dice: Dice, percent: int, picture: Image.Image) -> Image.Image:
    """Writes and reads the picture as JPEG."""
    quality = max(15, 94 - dice.below(1 + 60 * percent // 100))
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=quality, subsampling=2 if dice.chance(70) else 0)
    return Image.open(BytesIO(buffer.getvalue())).convert("RGB")
