"""The store of local features, and votes that name the image a photo shows among many."""

import numpy as np
import pytest
from imaging.feature.test_local import ROLLED, sheet, warped

from docclf.errors import InputError
from docclf.imaging.feature.local import points
from docclf.verify import vocabulary
from docclf.verify.shortlist import votes
from docclf.verify.store import ARRAYS, Store


@pytest.fixture(scope="module")
def store():
    return Store.of([points(sheet(seed)) for seed in range(12)])


def test_votes_name_the_image(store):
    for seed in (0, 5, 11):
        named = votes(points(warped(sheet(seed), ROLLED)), store, 3)
        assert next(iter(named)) == seed and len(named) <= 3
        assert list(named.values()) == sorted(named.values(), reverse=True)
    empty = points(np.zeros((50, 50, 3), np.uint8))
    assert len(votes(empty, store, 3)) == 0 and len(votes(points(sheet()), Store.of([]), 3)) == 0
    assert len(votes(points(sheet()), Store.of([empty]), 3)) == 0


def test_points_come_back_as_they_were_stored(store):
    for seed in (0, 7):
        was, now = points(sheet(seed)), store.points(seed)
        assert np.abs(was.xy - now.xy).max() <= 1 / 128 and (was.height, was.width) == (now.height, now.width)
        assert all((getattr(was, name) == getattr(now, name)).all() for name in ("descriptors", "turn", "size"))


def test_joined_and_kept(store):
    whole = Store.of([points(sheet(seed)) for seed in range(2)]).joined(Store.of([points(sheet(2))]))
    part = store.kept([0, 1, 2])
    assert all((whole.arrays[name] == part.arrays[name]).all() for name in ARRAYS)
    assert (store.kept([7, 3]).points(1).descriptors == store.points(3).descriptors).all() and len(store.kept([])) == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda a: a | {"counts": a["counts"][:-1]},
        lambda a: a | {"counts": -a["counts"]},
        lambda a: a | {"words": a["words"][:-1]},
        lambda a: a | {"words": np.full_like(a["words"], 60000)},
        lambda a: a | {"descriptors": a["descriptors"].astype(np.float32)},
        lambda a: a | {"descriptors": a["descriptors"][:, :64]},
        lambda a: {name: rows for name, rows in a.items() if name != "xy"},
    ],
)
def test_arrays_that_do_not_fit_are_refused(store, change):
    with pytest.raises(InputError, match="local features"):
        Store(change(store.arrays))


def test_words_are_the_nearest_centres():
    known = vocabulary.shipped()
    rows = points(sheet()).descriptors[:20]
    distances = ((rows[:, None].astype(np.int64) - known.centres.astype(np.int64)) ** 2).sum(2)
    words = known.words(rows, 2)
    nearest = np.sort(distances, axis=1)[:, :2]
    assert (np.take_along_axis(distances, words, 1) == nearest).all()
    signs = (rows.astype(np.int64) - known.centres[words[:, 0]].astype(np.int64)) @ known.planes.astype(np.int64) > 0
    assert (known.signatures(rows, words[:, 0]) == np.packbits(signs, axis=1).view(np.uint64)[:, 0]).all()


def test_a_vocabulary_is_made_of_drawn_documents(tmp_path):
    vocabulary.main([str(tmp_path / "small.npz"), "--designs", "4", "--words", "16"])
    with np.load(tmp_path / "small.npz") as stored:
        assert stored["centres"].shape == (16, 128) and stored["planes"].shape == (64, 128)
    with pytest.raises(InputError, match="too few for 4096 words"):
        vocabulary.main([str(tmp_path / "large.npz"), "--designs", "1"])
    assert not (tmp_path / "large.npz").exists()
