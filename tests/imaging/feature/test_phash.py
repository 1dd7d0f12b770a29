import cv2
import numpy as np
from scipy.fft import dctn

from docclf.imaging.feature.phash import NONE, perceptual_hash


def textured(seed, height, width):
    small = np.random.default_rng(seed).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def distance(a, b):
    return (a ^ b).bit_count()


def test_against_the_definition():
    for seed in range(5):
        image = textured(seed, 32, 32)
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(float)
        low = dctn(grey, norm="ortho")[:8, :8].ravel()
        want = int("".join("1" if value > np.median(low) else "0" for value in low), 2)
        assert distance(perceptual_hash(image), want) <= 1  # the two at the median may swap


def test_copies_are_near_and_others_far():
    hashes = [perceptual_hash(textured(seed, 150, 200)) for seed in range(30)]
    for seed, value in enumerate(hashes):
        image = textured(seed, 150, 200)
        data = cv2.imencode(".jpg", cv2.resize(image, (320, 250)), [cv2.IMWRITE_JPEG_QUALITY, 60])[1]
        assert distance(value, perceptual_hash(cv2.imdecode(data, cv2.IMREAD_COLOR))) <= 4
    apart = [distance(a, b) for k, a in enumerate(hashes) for b in hashes[:k]]
    assert np.median(apart) > 20


def test_flat_images_have_no_look():
    for colour in (0, 128, 255):
        assert perceptual_hash(np.full((40, 30, 3), colour, np.uint8)) == NONE
