"""Search: bit-equal to the cosines of every pair, whatever finds them, filters and comes and goes."""

import numpy as np
import pytest

from docclf.errors import InputError
from docclf.search.cosines import cosines
from docclf.search.search import Search

KINDS = ("exact", "two_stage", "ivf", "hnsw")


def unit(count, width=32, seed=0):
    rows = np.random.default_rng(seed).standard_normal((count, width))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def near(rows, count, seed=1):
    rng = np.random.default_rng(seed)
    found = rows[rng.integers(0, len(rows), count)] + 0.05 * rng.standard_normal((count, rows.shape[1]))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def slow(rows, queries, count, mask=None):
    """One pair at a time, the stable order by score and number."""
    mask = np.ones(len(rows), bool) if mask is None else mask
    found = []
    for query in queries:
        pairs = [(float(cosines(query, rows[i : i + 1])[0]), i) for i in np.flatnonzero(mask)]
        found.append(sorted(pairs, key=lambda pair: (-pair[0], pair[1]))[:count])
    return np.array([[s for s, _ in row] for row in found], np.float32), [[i for _, i in row] for row in found]


@pytest.mark.parametrize("width", [3, 32, 257])
def test_a_cosine_does_not_depend_on_the_rows_beside_it(width):
    rows, query = unit(50, width), unit(1, width, 1)[0]
    whole = cosines(query, rows)
    for some in ([3], [3, 4], [40, 3, 3, 7], range(49, 0, -1)):
        assert (cosines(query, rows[list(some)]) == whole[list(some)]).all()
    assert (cosines(query, np.asfortranarray(rows)) == whole).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 5, 700])
def test_scores_are_the_exact_cosines_bit_for_bit(kind, count):
    rows = unit(600)
    rows[100:130] = rows[7]  # ties go by row number
    queries = near(rows, 6)
    queries[0] = rows[7]
    scores, ids = Search(rows, kind, scan=0).nearest(queries, count)
    want, numbers = slow(rows, queries, count)
    assert scores.shape == ids.shape == (6, min(count, 600))
    for i, query in enumerate(queries):
        assert (scores[i] == cosines(query, rows[ids[i]])).all()
    if kind in ("exact", "two_stage"):
        assert (scores == want).all() and ids.tolist() == numbers
    else:
        assert (scores[:, 0] == want[:, 0]).all()


@pytest.mark.parametrize("code", ["float", "half", "sq8", "sq4", "binary2", "binary1", "rabitq", "pca16-sq8"])
def test_two_stage_over_every_code(code):
    rows = unit(3000)
    queries = near(rows, 20)
    search = Search(rows, "two_stage", code)
    scores, ids = search.nearest(queries, 3)
    want = Search(rows, "exact").nearest(queries, 3)
    assert (ids[:, 0] == want[1][:, 0]).all() and (scores[:, 0] == want[0][:, 0]).all()
    assert code in search.name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [1.0, 0.3, 0.01, 0.0])
def test_a_filter_leaves_the_best_of_what_it_leaves(kind, share):
    rows = unit(2000)
    mask = np.random.default_rng(5).random(2000) < share
    queries = near(rows, 10)
    scores, ids = Search(rows, kind).nearest(queries, 4, mask)
    want = Search(rows, "exact").nearest(queries, 4, mask)
    assert ids.shape == (10, min(4, mask.sum())) and mask[ids].all()
    if len(ids[0]):
        assert (ids[:, 0] == want[1][:, 0]).mean() >= 0.9
        assert (scores == want[0]).all() or kind in ("ivf", "hnsw")


@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_come_and_go_leave_what_a_fresh_build_finds(kind):
    rng = np.random.default_rng(3)
    pool = unit(3000)
    search, known = Search(pool[:1000], kind, rebuild=0.1), {i: i for i in range(1000)}
    builds = 0
    for step in range(40):
        if step % 2:
            gone = rng.choice(list(known), 30, replace=False)
            before = search.index
            search.remove(gone)
            builds += search.index is not before
            for i in gone:
                del known[int(i)]
        else:
            place = 1000 + step * 20
            for i, id_ in enumerate(search.add(pool[place : place + 40])):
                known[int(id_)] = place + i
    assert len(search) == len(known) and sorted(search.ids[search.alive]) == sorted(known)
    assert builds or kind == "exact"
    places = np.array([known[int(i)] for i in search.ids[search.alive]])
    queries = near(pool[places], 20)
    scores, ids = search.nearest(queries, 3)
    fresh = Search(pool[places], kind).nearest(queries, 3)
    assert [[known[int(i)] for i in row] for row in ids] == places[fresh[1]].tolist() or kind in ("ivf", "hnsw")
    assert (scores[:, 0] == fresh[0][:, 0]).mean() >= 0.9


def test_codes_begin_when_rows_are_many(monkeypatch):
    monkeypatch.setattr("docclf.search.search.MANY", 500)
    search = Search(unit(499))
    assert search.name == "exact"
    search.add(unit(1, seed=9))
    assert search.name.startswith("two_stage (binary2") and Search(unit(500, 33)).name.startswith("two_stage (sq8")


def test_rows_on_disk_stay_there(tmp_path):
    np.save(tmp_path / "rows.npy", unit(2000))
    rows = np.load(tmp_path / "rows.npy", mmap_mode="r")
    search = Search(rows, "two_stage")
    assert search.buffer is rows and (search.nearest(rows[:5], 1)[1][:, 0] == range(5)).all()
    assert search.add(unit(3, seed=4)).tolist() == [2000, 2001, 2002] and len(search) == 2003


@pytest.mark.parametrize(
    "act, says",
    [
        (lambda: Search(unit(9), "annoy"), "want one of auto, exact"),
        (lambda: Search(unit(38), "ivf"), "needs 39 vectors.*there are 38"),
        (lambda: Search(unit(300), "two_stage", "pq"), "64 does not divide"),
        (lambda: Search(unit(300, 64), "two_stage", "pq"), "needs 9984 vectors.*there are 300"),
        (lambda: Search(unit(9)).add(unit(2, 31)), "do not fit"),
        (lambda: Search(unit(9)).remove(np.array([3, 9])), "id 9; nothing was removed"),
    ],
)
def test_what_cannot_be_searched_is_refused(act, says):
    with pytest.raises(InputError, match=says):
        act()


def test_an_id_is_removed_once_and_never_used_again():
    search = Search(unit(10))
    search.remove(np.array([9]))
    with pytest.raises(InputError, match="id 9"):
        search.remove(np.array([8, 9]))
    assert len(search) == 9 and search.add(unit(1, seed=2)).tolist() == [10]
