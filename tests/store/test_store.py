"""One contract, held by every home."""

import sqlite3
import threading

import numpy as np
import pytest

from docclf.errors import InputError
from docclf.store.__main__ import main
from docclf.store.base import Row, ident, ranked
from docclf.store.file import File
from docclf.store.open import copy, open_store
from docclf.store.retry import Down, retried

HOMES = ["g.db", "g.npz", "g.lance"]
FULL = ["g.db", "g.lance"]  # with attributes and pictures


def rows(count=6, seed=0, width=8, fingerprint="m", tags=True, picture=b"jpeg"):
    vectors = np.random.default_rng(seed).standard_normal((count, width))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    found = []
    for i, vector in enumerate(vectors):
        label, sha = f"type {i // 2}/健保卡", f"{seed:02}{i:062x}"
        own = {"tenant": f"o'bank {i % 2}", "side": "front"} if tags else {}
        kept = picture if tags else None
        found.append(Row(ident(label, sha, own), label, f"{i}.jpg", sha, vector, fingerprint, own, kept))
    return found


def opened(home, tmp_path):
    pytest.importorskip("lancedb") if home.endswith("lance") else None
    store = open_store(tmp_path / home)
    if home.endswith("npz"):
        probe = np.eye(3, 8, dtype=np.float32)
        store.keep({"fingerprint": "m", "image_size": 32, "probe": probe.tolist()})
    return store


@pytest.mark.parametrize("home", HOMES)
def test_rows_come_back_and_go(home, tmp_path):
    store, given = opened(home, tmp_path), rows(tags=home != "g.npz")
    assert store.count() == 0 and list(store.scan()) == []
    start = store.since(None).state
    store.insert(given)
    store.insert(given[:2])  # again: nothing changes
    again = open_store(tmp_path / home)
    for side in (store, again):
        found = list(side.scan())
        assert [row.id for row in found] == sorted(row.id for row in given)
        by_id = {row.id: row for row in given}
        for row in found:
            assert (row.label, row.name, row.sha256, row.fingerprint, row.attributes) == tuple(
                getattr(by_id[row.id], name) for name in ("label", "name", "sha256", "fingerprint", "attributes")
            )
            np.testing.assert_array_equal(row.vector, by_id[row.id].vector)
    assert {row.id for row in again.since(start).rows} == set(by_id)
    state = store.since(None).state
    assert store.since(state) is None
    assert again.delete([given[0].id, "0" * 32]) == 1
    change = store.since(state)
    assert change.gone == [given[0].id] if home == "g.db" else given[0].id not in {row.id for row in change.rows}
    assert store.count() == 5
    assert store.delete([row.id for row in given]) == 5 and store.count() == 0
    store.insert(given[:1])
    assert store.count() == 1


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_scores_are_the_exact_cosines(home, seed, tmp_path):
    store, given = opened(home, tmp_path), rows(40, seed, tags=home != "g.npz")
    store.insert(given)
    query = rows(1, seed + 9)[0].vector
    want = ranked(query, given, 5)
    got = store.nearest(query, 5)
    assert [(score, row.id) for score, row in got] == [(score, row.id) for score, row in want]


@pytest.mark.parametrize("home", FULL)
def test_filters_pictures_and_facts(home, tmp_path):
    store, given = opened(home, tmp_path), rows()
    store.insert(given)
    mine = {"tenant": "o'bank 1", "side": "front"}
    assert {row.id for row in store.scan(mine)} == {row.id for row in given[1::2]}
    assert store.count(mine) == 3 and store.count({"tenant": "o'bank 7"}) == 0
    assert {row.attributes["tenant"] for _, row in store.nearest(given[0].vector, 5, mine)} == {"o'bank 1"}
    assert store.nearest(given[0].vector, 5, {"tenant": "nobody"}) == []
    for call in (lambda: store.count({"colour": "red"}), lambda: list(store.scan({"colour": "red"}))):
        with pytest.raises(InputError, match="no attribute 'colour'; there are: side, tenant"):
            call()
    assert store.picture(given[0].id) == b"jpeg" and store.picture("0" * 32) is None
    assert {row.picture for row in store.scan()} == {None} and {row.picture for row in store.scan(pictures=True)} == {
        b"jpeg"
    }
    store.keep({"fingerprint": "m", "threshold": {"cosine": 0.5}})
    store.keep({"threshold": None, "names": ["é", "\u202e"]})
    assert open_store(tmp_path / home).facts() == {"fingerprint": "m", "threshold": None, "names": ["é", "\u202e"]}


@pytest.mark.parametrize("home", HOMES)
def test_what_is_no_row_is_refused_and_changes_nothing(home, tmp_path):
    store, given = opened(home, tmp_path), rows(tags=home != "g.npz")
    store.insert(given)
    good = given[0]

    def other(**change):
        return [rows(1, 5, tags=False)[0], Row(**{**vars(good), **change})]

    bad = {
        "of the model m": other(fingerprint="another"),
        "length 1": other(vector=good.vector * 2),
        "shapes": other(vector=good.vector[:4]),
        "float32": other(vector=good.vector.astype(np.float64)),
        "hexadecimal": other(id="'; DROP TABLE rows; --"),
        "want a name": other(label="unknown"),
        "control|ends or moves": other(label="a\nb"),
    }
    if home in FULL:
        bad |= {
            "at most": other(picture=b"x" * (2**20 + 1)),
            "want texts": other(attributes={"a": ""}),
            "attributes; want": other(attributes={str(i): "x" for i in range(40)}),
        }
    else:
        bad |= {"want texts": other(attributes={"a": ""})}
    for words, wrong in bad.items():
        with pytest.raises(InputError, match=words):
            store.insert(wrong)
    assert store.count() == 6


@pytest.mark.parametrize("home", HOMES)
def test_two_writers_at_once_lose_nothing(home, tmp_path):
    opened(home, tmp_path).insert(rows(2, 0, tags=home != "g.npz"))
    parts = [rows(8, seed, tags=home != "g.npz") for seed in (1, 2)]

    def write(part):
        store = open_store(tmp_path / home)
        for at in range(0, 8, 2):
            store.insert(part[at : at + 2])

    threads = [threading.Thread(target=write, args=(part,)) for part in parts]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert open_store(tmp_path / home).count() == 18


def test_a_file_keeps_rows_of_one_name_apart(tmp_path):
    store = opened("g.npz", tmp_path)
    given = [Row(**{**vars(row), "name": "x.jpg", "label": "one"}) for row in rows(4, tags=False)]
    store.insert(given)
    assert store.delete([given[1].id]) == 0 or store.count() == 3  # ids are of label and file
    kept = list(store.scan())
    assert store.delete([kept[0].id]) == 1 and [row.id for row in store.scan()] == [row.id for row in kept[1:]]


def test_homes_are_copied_into_each_other(tmp_path, capsys):
    pytest.importorskip("lancedb")
    first = opened("g.npz", tmp_path)
    first.insert(rows(tags=False))
    main(["copy", str(tmp_path / "g.npz"), str(tmp_path / "a.db")])
    main(["copy", str(tmp_path / "a.db"), str(tmp_path / "b.lance")])
    copy(open_store(tmp_path / "b.lance"), File(tmp_path / "c.npz"))
    main(["count", str(tmp_path / "c.npz")])
    main(["list", str(tmp_path / "a.db")])
    assert "copied: 6 images" in capsys.readouterr().out
    a, c = first.facts(), File(tmp_path / "c.npz").facts()
    assert a == c and [row.id for row in first.scan()] == [row.id for row in File(tmp_path / "c.npz").scan()]


def test_an_engine_that_is_down_is_asked_again_then_named(tmp_path):
    pytest.importorskip("lancedb")
    from docclf.store.lance import Lance

    store, given, calls = Lance(str(tmp_path / "g.lance"), waits=(0, 0)), rows(), []
    store.insert(given[:3])
    merge = store._merge

    def failing(times):
        def call(*arguments):
            calls.append(arguments)
            if len(calls) <= times:
                raise RuntimeError("lance error: Generic S3 error: connection refused")
            return merge(*arguments)

        return call

    store._merge = failing(2)
    store.insert(given[3:])
    assert len(calls) == 3 and store.count() == 6
    calls.clear()
    store._merge = failing(99)
    with pytest.raises(Down, match="does not answer, tried 3 times .*connection refused.*changed nothing: start it"):
        store.insert(rows(1, 7))
    assert len(calls) == 3 and store.count() == 6
    with pytest.raises(InputError, match="mine"):
        retried(lambda: (_ for _ in ()).throw(InputError("mine")), "x")


def test_a_cluster_where_nobody_listens_is_named(monkeypatch):
    pytest.importorskip("lancedb")
    from docclf.store.lance import Lance

    for name, value in {"ENDPOINT": "http://127.0.0.1:9", "ALLOW_HTTP": "true", "REGION": "x"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    with pytest.raises(Down, match="s3://bucket/g does not answer, tried 2 times"):
        Lance("s3://bucket/g", waits=(0.0,)).count()


def test_files_of_others_and_addresses_of_no_kind_are_refused(tmp_path):
    for address in ("g.txt", "http://x/g.lance", "", "g"):
        with pytest.raises(InputError, match="want NAME.npz"):
            open_store(address)
    other = sqlite3.connect(tmp_path / "o.db")
    other.executescript("CREATE TABLE x (a); INSERT INTO x VALUES (1)")
    with pytest.raises(InputError, match="database of something else"):
        open_store(tmp_path / "o.db")
    (tmp_path / "n.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(InputError, match="cannot be used as a database"):
        open_store(tmp_path / "n.db")
    store = open_store(tmp_path / "g.db")
    store.insert(rows())
    whole = sqlite3.connect(tmp_path / "g.db")
    for change in ("vector = zeroblob(32)", "vector = x'00'", "attributes = '{'", "attributes = '[1]'", "label = ''"):
        whole.execute("BEGIN")
        whole.execute(f"UPDATE rows SET {change}")
        whole.commit()
        with pytest.raises(InputError, match="damaged"):
            list(store.scan())
    whole.execute("PRAGMA user_version=9")
    with pytest.raises(InputError, match="version 9"):
        open_store(tmp_path / "g.db")


def test_a_busy_database_is_told_and_keeps_its_rows(tmp_path, monkeypatch):
    monkeypatch.setattr("docclf.store.sqlite.BUSY", 0.05)
    store = open_store(tmp_path / "g.db")
    store.insert(rows(2))
    holder = sqlite3.connect(tmp_path / "g.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(Down, match="locked; nothing was changed"):
        store.insert(rows(2, 1))
    assert store.count() == 2
    holder.execute("ROLLBACK")
    store.insert(rows(2, 1))
    assert store.count() == 4
