"""The square warp against an explicit bilinear loop."""

import math

import numpy as np
import pytest

from docclf.imaging.warp import composite, coverage, covers, enlarge, square_to_quad, warp_to_square


def bilinear_loop(image, warp, size, border, fill):
    height, width = image.shape[:2]
    out = np.zeros((size, size, 3))

    def pixel(y, x):
        if border == "constant" and not (0 <= y < height and 0 <= x < width):
            return np.asarray(fill, float)
        if border == "reflect":
            y = -y - 1 if y < 0 else 2 * height - 1 - y if y >= height else y
            x = -x - 1 if x < 0 else 2 * width - 1 - x if x >= width else x
        return image[min(max(y, 0), height - 1), min(max(x, 0), width - 1)].astype(float)

    for i in range(size):
        for j in range(size):
            u, v, w = warp @ [(j + 0.5) / size, (i + 0.5) / size, 1.0]
            x, y = u / w * width - 0.5, v / w * height - 0.5
            x0, y0 = math.floor(x), math.floor(y)
            for dy in (0, 1):
                for dx in (0, 1):
                    weight = (1 - abs(y - y0 - dy)) * (1 - abs(x - x0 - dx))
                    out[i, j] += weight * pixel(y0 + dy, x0 + dx)
    return out


def smooth(height, width, seed=0):
    rng = np.random.default_rng(seed)
    return enlarge(rng.uniform(0, 255, (4, 4, 3)), max(height, width))[:height, :width].copy()


TILTED = np.array([[0.9, 0.12, -0.08], [-0.1, 1.05, 0.04], [0.12, -0.06, 1.0]])


@pytest.mark.parametrize("border", ["constant", "replicate", "reflect"])
@pytest.mark.parametrize("height,width", [(17, 23), (19, 13), (17, 17)])
def test_equals_the_loop(border, height, width):
    image, fill = smooth(height, width), [200, 30, 90]
    out = warp_to_square(image, TILTED, 17, border, np.array(fill))
    # OpenCV before 5 rounds positions to 1/32 pixel: a level or two on a smooth image, more where it meets the fill.
    difference = np.abs(out - bilinear_loop(image, TILTED, 17, border, fill))
    assert difference.mean() < 1.0 and np.quantile(difference, 0.95) < 3.0
    assert difference.max() < (9.0 if border == "constant" else 4.0)


def test_a_crop_on_whole_pixels_equals_the_loop_inside():
    image = smooth(20, 20)
    crop = np.array([[0.8, 0.0, 0.1], [0.0, 0.75, 0.2], [0.0, 0.0, 1.0]])
    difference = np.abs(warp_to_square(image, crop, 20) - bilinear_loop(image, crop, 20, "replicate", None))
    assert difference[1:-1, 1:-1].max() <= 1.0  # the outermost pixels do not look beyond the crop
    assert difference.max() < 8.0


def test_a_quarter_turn_and_a_mirror_are_exact():
    image = np.random.default_rng(1).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    quarter = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    mirror = np.array([[-1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert np.array_equal(warp_to_square(image, quarter, 16), np.rot90(image))
    assert np.array_equal(warp_to_square(image, mirror, 16), image[:, ::-1])


def test_shrinking_does_not_alias():
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255
    nearly = np.array([[0.99, 0.003, 0.004], [0.0, 0.99, 0.004], [0.0, 0.0, 1.0]])
    assert np.ptp(warp_to_square(stripes, nearly, 32).astype(int)) < 20


def test_coverage_is_the_share_of_samples_inside():
    warp, size, fine = np.array([[1.2, 0.1, -0.12], [-0.08, 1.25, -0.1], [0.05, 0.0, 1.0]]), 21, 10
    axis = (np.arange(size * fine) + 0.5) / (size * fine)
    u, v = np.meshgrid(axis, axis)
    x, y, w = np.einsum("ij,jhw->ihw", warp, np.stack([u, v, np.ones_like(u)]))
    inside = (x / w >= 0) & (x / w <= 1) & (y / w >= 0) & (y / w <= 1)
    reference = inside.reshape(size, fine, size, fine).mean(axis=(1, 3))
    difference = np.abs(coverage(warp, size) - reference)
    assert difference.max() < 0.25 and difference.mean() < 0.01
    mirrored = warp @ np.array([[-1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert np.abs(coverage(mirrored, size) - coverage(warp, size)[:, ::-1]).max() < 1e-5
    assert not covers(warp) and covers(np.eye(3))
    assert covers(np.diag([0.5, 0.5, 1.0])) and coverage(np.diag([0.5, 0.5, 1.0]), size).min() == 1.0


def test_composite_mixes_by_the_cover():
    front, back = np.full((5, 5, 3), 200, np.uint8), np.full((5, 5, 3), 100, np.uint8)
    cover = np.linspace(0, 1, 25, dtype=np.float32).reshape(5, 5)
    expected = (100 + 100 * cover)[..., None]
    assert np.abs(composite(front, back, cover) - expected).max() <= 1.0


def test_the_homography_of_a_quadrangle_maps_its_corners():
    unit = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    rng = np.random.default_rng(0)
    many = unit[:, :, None] + rng.uniform(-0.2, 0.2, (4, 2, 50))
    entries = square_to_quad([tuple(corner) for corner in many])
    for n in range(50):
        matrix = np.array(square_to_quad(many[..., n].tolist()))
        mapped = matrix @ np.concatenate([unit.T, np.ones((1, 4))])
        assert np.allclose(mapped[:2] / mapped[2], many[..., n].T, atol=1e-12)
        assert np.array_equal(matrix, np.array(entries)[..., n])
