import numpy as np
import pytest

from docclf.data.loader.batches import Batches
from docclf.data.pixels.source import Source
from docclf.data.pixels.views import FOLD, Expanded, view
from docclf.imaging.resize import squash


class Noise(Source):
    fingerprint = "f"

    def __len__(self):
        return 5

    def read(self, i):
        return np.random.default_rng(i).integers(0, 256, (12 + i, 20, 3), dtype=np.uint8)

    def name(self, i):
        return f"{i}.jpg"


def reference(image, k):
    """The definition, pixel lists only: turn k // 3 % 4 quarters anticlockwise, flip from 12 on, then halve."""
    rows = [list(map(tuple, row)) for row in image.tolist()]
    for _ in range(k // 3 % 4):
        rows = [list(row) for row in zip(*rows, strict=True)][::-1]
    if k >= 12:
        rows = rows[::-1]
    half = len(rows) // 2
    return np.array([rows, rows[:half], rows[half:]][k % 3], np.uint8)


@pytest.mark.parametrize("k", range(FOLD))
def test_views_equal_the_definition(k):
    image = Noise().read(1)
    assert (view(image, k) == reference(image, k)).all()


def test_views_are_24_different_images_and_the_first_is_the_image():
    image = Noise().read(0)
    assert len({squash(view(image, k), 16).tobytes() for k in range(FOLD)}) == 24
    assert (view(image, 0) == image).all()


def test_halves_are_taken_before_squashing():
    image = np.zeros((100, 10, 3), np.uint8)
    image[:50:2] = 200  # fine lines in the upper half survive only when it is squashed by itself
    assert view(image, 1).shape == (50, 10, 3)
    upper = squash(view(image, 1), 50)
    assert set(upper[::2].ravel()) == {200} and set(upper[1::2].ravel()) == {0}
    assert not view(image, 2).any()


def test_one_pixel_image():
    assert all(view(np.ones((1, 1, 3), np.uint8), k).shape == (1, 1, 3) for k in range(FOLD))


def test_labels_fill_the_range_from_zero():
    source = Expanded(Noise())
    assert len(source) == 5 * 24
    labels = sorted(label for _, batch, *_ in Batches(source, 8, 8, 0, threads=2) for label in batch.tolist())
    assert labels == list(range(120))  # the original's begin at 1 and end out of range
    for label in (0, 23, 24, 119):
        assert (source.read(label) == view(Noise().read(label // 24), label % 24)).all()
    assert source.name(25).startswith("1.jpg")


def test_eight_classes_are_the_whole_images_in_each_orientation():
    source = Expanded(Noise(), 8)
    assert len(source) == 5 * 8
    labels = sorted(label for _, batch, *_ in Batches(source, 8, 8, 0, threads=2) for label in batch.tolist())
    assert labels == list(range(40))
    for label in (0, 7, 8, 39):
        assert (source.read(label) == view(Noise().read(label // 8), 3 * (label % 8))).all()
    batch = next(iter(Batches(source, 8, 8, 0, threads=2)))
    for picture, label in zip(batch.images, batch.labels.tolist(), strict=True):
        assert (picture.permute(1, 2, 0).numpy() == squash(source.read(label), 8)).all()


@pytest.mark.parametrize("k", [-1, 24])
def test_no_view_out_of_range(k):
    with pytest.raises(ValueError, match="expected 0 to 23"):
        view(np.zeros((4, 4, 3), np.uint8), k)
