"""Samples of any kind as 8-bit RGB."""

import numpy as np
from PIL import Image

_ALPHA = ("RGBA", "RGBa", "LA", "La", "PA")


def rgb(image: Image.Image, inverted: bool = False, white: int | None = None, unsigned: bool = False) -> np.ndarray:
    """Returns the pixels of a decoded image, uint8 [H,W,3]: on white where transparent.

    16-bit grey is scaled by its white; 32-bit integers and floats are stretched from their smallest to their largest
    value unless they lie in [0, 65535] or [0, 1].

    Args:
        image: decoded by Pillow.
        inverted: zero is white.
        white: the largest sample of a grey image of more than 8 bits; 65535 by default.
        unsigned: 32-bit integers have no sign.
    """
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        values = grey_values(image, unsigned)
        result = eight_bit(values, 1 if image.mode == "F" else white or 65535)
        result = 255 - result if inverted else result
        if isinstance(image.info.get("transparency"), int):
            result[values == image.info["transparency"]] = 255
        return np.repeat(result[..., None], 3, axis=2)
    if inverted:
        return 255 - np.asarray(image.convert("RGB"))
    if image.mode in _ALPHA or "transparency" in image.info:
        if image.mode == "La":
            image = image.convert("LA")
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, "white")
        ground.alpha_composite(image)
        image = ground
    return np.asarray(image.convert("RGB"))


def grey_values(image: Image.Image, unsigned: bool = False) -> np.ndarray:
    """Returns the numbers of a grey image [H,W] as they are stored."""
    if image.mode == "F":
        return np.asarray(image)
    if image.mode in ("L", "I"):
        values = np.asarray(image)
        return values.view(np.uint32) if unsigned and image.mode == "I" else values
    return np.asarray(image.convert("I"))


def eight_bit(values: np.ndarray, top: float) -> np.ndarray:
    """Returns numbers as uint8 of the same shape: 0 to `top` as 0 to 255, or else the smallest to the largest.

    Raises:
        ValueError: some are not finite.
    """
    values = values.astype(np.float64)
    if not np.isfinite(values).all():
        raise ValueError("some samples are not finite")
    low, high = 0.0, float(top)
    if values.min() < low or values.max() > high:
        low, high = values.min(), values.max()
    return np.rint((values - low) * (255 / (high - low or 1.0))).astype(np.uint8)
