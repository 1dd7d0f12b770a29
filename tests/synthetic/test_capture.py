import cv2
import numpy as np
import pytest

from docclf.errors import InputError
from docclf.synthetic import capture as module
from docclf.synthetic.capture import capture
from docclf.synthetic.draw import draw


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    small = [cv2.resize(image, (64, 64), interpolation=cv2.INTER_AREA).astype(float) for image in (a, b)]
    return float(np.abs(small[0] - small[1]).mean())


def test_a_capture_is_a_function_of_image_seed_and_strength():
    image = draw(20, 0, 0)
    first = capture(image, (3, 4))
    assert first.dtype == np.uint8 and first.ndim == 3
    assert np.array_equal(first, capture(image, (3, 4)))
    assert not np.array_equal(capture(image, 3, side=64), capture(image, 4, side=64))
    assert not np.array_equal(capture(image, (3,), side=64), capture(image, (3, 0), side=64))
    assert np.array_equal(capture(image, (3,)), capture(image, 3))


def test_the_image_given_is_left_alone():
    image = draw(21, 0, 0)
    before = image.copy()
    capture(image, 0)
    assert np.array_equal(image, before)


def test_strength_zero_is_nearly_the_image_and_more_is_further_away():
    images = [draw(design, 0, 0) for design in range(12, 20)]
    mean = [np.mean([_distance(i, capture(i, k, strength=s)) for k, i in enumerate(images)]) for s in (0, 0.5, 1, 2)]
    assert mean[0] < 3
    assert mean == sorted(mean) and mean[3] > 1.5 * mean[1]


def test_a_capture_stays_nearer_to_its_document_than_to_others():
    images = [draw(design, 0, 0) for design in range(9, 36)]
    right = 0
    for k, image in enumerate(images):
        taken = capture(image, k)
        shades = [_distance(taken - taken.mean((0, 1)), other - other.mean((0, 1))) for other in images]
        right += int(np.argmin(shades)) == k
    assert right >= 0.6 * len(images)


@pytest.mark.parametrize("shape", [(2, 2), (3, 200), (200, 3), (900, 1400), (97, 61)])
def test_odd_and_large_images(shape):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    taken = capture(image, 5)
    assert max(taken.shape) <= 256 and min(taken.shape[:2]) >= 2


def test_side_is_the_longest_side():
    assert capture(draw(20, 0, 0), 1, side=77).shape[1] == 77


def test_the_perspective_maps_corners_to_corners():
    quad = [(10.0, 5.0), (205.0, -3.0), (190.0, 118.0), (-4.0, 131.0)]
    w, h = 200, 120
    a, b, c, d, e, f, g, k = module._perspective(quad, w, h)
    for (x, y), wanted in zip(((0, 0), (w, 0), (w, h), (0, h)), quad, strict=True):
        below = g * x + k * y + 1
        assert np.allclose(((a * x + b * y + c) / below, (d * x + e * y + f) / below), wanted)
    matrix = cv2.getPerspectiveTransform(np.float32([(0, 0), (w, 0), (w, h), (0, h)]), np.float32(quad))
    assert np.allclose(matrix.ravel()[:8], (a, b, c, d, e, f, g, k), atol=1e-3)


def test_noise_is_centred_and_as_wide_as_asked():
    flat = np.full((200, 256, 3), 120, np.uint8)
    spreads = []
    for seed in range(40):
        taken = np.asarray(module._noise(module.Dice(seed), 100, module.Image.fromarray(flat))).astype(int)
        assert abs(taken.mean() - 120) < 1
        spreads.append(taken.std())
    assert min(spreads) < 1 and 6 < max(spreads) < 20


@pytest.mark.parametrize(
    "image",
    [np.zeros((5, 5), np.uint8), np.zeros((5, 5, 4), np.uint8), np.zeros((5, 5, 3)), np.zeros((1, 5, 3), np.uint8)],
)
def test_other_arrays_are_refused(image):
    with pytest.raises(InputError, match="expected uint8"):
        capture(image, 0)


def test_other_strengths_and_negative_seeds_are_refused():
    with pytest.raises(InputError, match="strength=4"):
        capture(draw(20, 0, 0), 0, strength=4)
    with pytest.raises(InputError, match="non-negative"):
        capture(draw(20, 0, 0), -1)
