"""The locator on photos of every kind, with a model that needs no training."""

import numpy as np
import pytest
from locator_oracle import White, photo

from docclf.errors import InputError
from docclf.locator import locate
from docclf.locator import quad as quads

LEFT = np.array([[60.0, 40], [250, 60], [240, 300], [50, 280]])
RIGHT = np.array([[330.0, 120], [430, 130], [420, 250], [325, 240]])


@pytest.fixture
def locator(monkeypatch):
    monkeypatch.setattr(locate, "open_model", lambda path, threads: White())
    return locate.Locator("white.onnx")


def test_one_sheet_is_found_in_pixels(locator):
    found = locator.locate(photo(360, 480, LEFT))
    assert len(found) == 1 and not found[0].whole
    assert quads.overlap(found[0].corners, LEFT) > 0.93
    assert np.linalg.norm(found[0].corners - LEFT, axis=1).max() < 8  # upper left first, clockwise
    assert found[0].confidence > 0.7


def test_two_sheets_are_both_found_the_larger_first(locator):
    found = locator.locate(photo(360, 480, RIGHT, LEFT))
    assert [quads.overlap(sheet.corners, true) > 0.9 for sheet, true in zip(found, (LEFT, RIGHT), strict=True)]


@pytest.mark.parametrize("grey", [0, 90])
@pytest.mark.parametrize("size", [(360, 480), (1, 1), (5, 4000)])
def test_nothing_is_found_where_nothing_is(locator, size, grey):
    image = np.full((*size, 3), grey, np.uint8)
    assert locator.locate(image) == []
    crop, found = locator.straightened(image, (32, 32))
    assert crop.shape == (32, 32, 3) and found is None and (crop == grey).all()


def test_48_megapixels_are_made_smaller_first_and_answered_in_their_own_pixels(locator, monkeypatch):
    seen = []
    monkeypatch.setattr(locate, "squash", lambda image, side: seen.append(image.shape) or squash(image, side))
    from docclf.imaging.resize import squash

    image = photo(6000, 8000, LEFT * 16)
    found = locator.locate(image)
    assert max(seen[0]) == locate.MOST_PIXELS
    assert quads.overlap(found[0].corners, LEFT * 16) > 0.93


@pytest.mark.parametrize("margin", [0, 4])
def test_a_photo_that_is_the_sheet_is_left_whole(locator, margin):
    image = photo(300, 200, quads.SQUARE * (200 - 2 * margin, 300 - 2 * margin) + margin)
    image[100:120, 50:150] = 200
    found = locator.locate(image)
    assert found[0].whole and np.array_equal(found[0].corners, quads.SQUARE * (200, 300))
    views, _ = locator.views(image, 64)
    assert len(views) == 1 and np.array_equal(views[0], squashed(image))


def squashed(image):
    from docclf.imaging.resize import squash

    return squash(image, 64)


def test_a_located_sheet_comes_in_four_turns(locator):
    image = photo(360, 480, LEFT)
    image[60:120, 70:140] = (255, 140, 140)  # marks its upper left
    views, found = locator.views(image, 64)
    assert len(views) == 4 and not any(one.whole for one in found)
    for one in found:  # of each, the corners begin where its own upper left is
        assert quads.overlap(one.corners, LEFT) > 0.9
    assert [int(np.argmin(np.hypot(*(one.corners - found[0].corners[0]).T))) for one in found] == [0, 3, 2, 1]
    marked = [np.argwhere(view[..., 2].astype(int) + 60 < view[..., 0]).mean(axis=0) // 32 for view in views]
    assert [place.tolist() for place in marked] == [[0, 0], [1, 0], [1, 1], [0, 1]]  # counterclockwise


@pytest.mark.parametrize("share, views", [(0.5, 4), (0.75, 5), (0.95, 1)])
def test_where_the_sheet_is_most_of_the_photo_it_is_looked_at_whole_as_well(locator, share, views):
    image = photo(300, 400, (quads.SQUARE * share + (1 - share) / 2) * (400, 300))
    shown, found = locator.views(image, 64)
    assert len(shown) == len(found) == views and found[-1].whole == (views != 4)
    if views != 4:
        assert np.array_equal(shown[-1], squashed(image)) and np.array_equal(
            found[-1].corners, quads.SQUARE * (400, 300)
        )
    registered, _ = locator.register_views(image, 64)
    assert len(registered) == (1 if views == 1 else 2) and np.array_equal(registered[0], squashed(image))


@pytest.mark.parametrize("looks", [0, 1, 2])
def test_each_closer_look_is_one_call_a_sheet(monkeypatch, looks):
    model = White()
    monkeypatch.setattr(locate, "open_model", lambda path, threads: model)
    found = locate.Locator("white.onnx", looks=looks).locate(photo(360, 480, RIGHT, LEFT))
    assert len(found) == 2 and model.calls == 1 + 2 * looks


@pytest.mark.parametrize("image", [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3)), np.zeros((0, 8, 3), np.uint8)])
def test_what_is_no_image_is_refused(locator, image):
    with pytest.raises(InputError, match="uint8"):
        locator.locate(image)


@pytest.mark.parametrize("setting", [{"looks": -1}, {"turns": 3}, {"least": 1.5}, {"whole": -0.1}])
def test_settings_out_of_range_are_refused(setting):
    with pytest.raises(InputError, match=next(iter(setting))):
        locate.Locator("white.onnx", **setting)


def test_a_file_that_is_no_locator_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        locate.Locator(str(tmp_path / "locator.onnx"))
    for name in ("locator.ckpt", "locator.onnx"):
        (tmp_path / name).write_bytes(b"something else")
        with pytest.raises(InputError, match=name):
            locate.Locator(str(tmp_path / name))
