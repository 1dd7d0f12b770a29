"""JPEG compression and back."""

import cv2
import numpy as np


def jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    """uint8 [H,W,3] encoded (4:2:0 chroma) and decoded.

    Args:
        image: uint8 [H,W,3] RGB.
        quality: 0..100, as libjpeg; 0 and 1 give the same tables.
    """
    # The codec takes BGR; given RGB it would spend its bits on red as if it were blue.
    data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def at_twice_the_size(image: np.ndarray, quality: int) -> np.ndarray:
    """uint8 [H,W,3] after JPEG at twice its size, as a photo has it that was reduced after it was stored."""
    height, width = image.shape[:2]
    large = cv2.resize(image, (2 * width, 2 * height), interpolation=cv2.INTER_LINEAR)
    return cv2.resize(jpeg(large, quality), (width, height), interpolation=cv2.INTER_AREA)
