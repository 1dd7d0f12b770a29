"""Galleries that keep codes, answer with attributes, or let one or two vectors stand for a label."""

import json
from dataclasses import replace

import numpy as np
import pytest

from docclf.errors import InputError
from docclf.gallery import storage
from docclf.gallery.embedder import Embedder
from docclf.gallery.gallery import Gallery
from docclf.gallery.images import Picture
from docclf.model.hog import Hog
from docclf.results import thresholds
from docclf.search.code.choose import make
from docclf.verify.homography import Homography

MEASURED = {
    "cosine": 0.5, "rate": "fpr", "target": "1e-2", "tpr": 0.9, "interval": [None, None], "negatives": 500,
    "false_accepts": 2, "class_pairs": 2, "protocol": "register_query", "fusion": "max", "split": "test",
    "data": {"kind": "x"}, "source": "x/metrics.json",
}  # fmt: skip


class Lines:
    """The first pixels of an image as its embedding; quick, and of any width."""

    image_size = 16

    def __call__(self, images):
        return images[:, 0, :2, :].reshape(len(images), -1).float() - 127.5


@pytest.fixture(scope="module")
def embedder():
    return Embedder(Lines(), "lines")


def image(seed):
    return np.random.default_rng(seed).integers(0, 256, (16, 16, 3), dtype=np.uint8)


def pictures(count, each=1, **columns):
    rows = [(f"L{i}", i * each + k) for i in range(count) for k in range(each)]
    found = [Picture(label, f"{seed}.png", f"{seed:064}", image(seed)) for label, seed in rows]
    for key, values in columns.items():
        found = [replace(p, attributes=p.attributes | {key: values[i % len(values)]}) for i, p in enumerate(found)]
    return found


@pytest.mark.parametrize("code", ["half", "sq8", "sq4", "binary1", "binary2", "rabitq", "pca16-sq8", "fitted-binary1"])
def test_a_gallery_of_codes_scores_by_them_and_survives_its_file(embedder, tmp_path, code):
    gallery = Gallery(embedder, code=code)
    gallery.register(pictures(20))
    gallery.register([Picture("new", "new.png", "f" * 64, image(99))])
    gallery.set_threshold(thresholds.given(0.4))
    answers = gallery.match([image(3), image(99), image(500)], 3)
    assert [m.best for m in answers[:2]] == ["L3", "new"] and answers[0].label == "L3"
    vectors = embedder([p.pixels for p in pictures(20)] + [image(99)])
    scores = make(code, 32, vectors[:20]).scores(embedder([image(3)]), vectors)[0]
    assert answers[0].cosine == pytest.approx(float(scores[3]), abs=1e-6) and scores.argmax() == 3
    storage.save(gallery, tmp_path / "g.npz")
    with np.load(tmp_path / "g.npz") as held:
        assert "vectors" not in held and held["codes"].shape == (21, gallery.code.bytes)
    again = storage.load(tmp_path / "g.npz", embedder)
    assert again.match([image(3), image(99), image(500)], 3) == answers and again.code.id == gallery.code.id
    again.register([Picture("more", "more.png", "e" * 64, image(77))])
    assert again.match([image(77)])[0].best == "more" and again.remove("L3") == 1
    assert again.match([image(3)])[0].best != "L3" and len(again.codes) == 21


def test_a_threshold_holds_for_the_scores_it_was_measured_on(embedder):
    whole, coded = Gallery(embedder), Gallery(embedder, code=make("sq8", 32))
    whole.set_threshold(MEASURED)
    coded.set_threshold(MEASURED | {"code": "sq8"})
    for gallery, row, says in (
        (coded, MEASURED, "measured on whole vectors, the gallery keeps sq8.*code=sq8"),
        (coded, MEASURED | {"code": "sq4"}, "measured on sq4"),
        (whole, MEASURED | {"code": "sq8"}, "the gallery keeps whole vectors.*code=null"),
        (Gallery(embedder, representatives="mean"), MEASURED, "metric.fusion=centroid"),
        (Gallery(embedder, representatives="two"), MEASURED, "give one by hand"),
        (whole, MEASURED | {"fusion": "centroid"}, "representatives=all"),
    ):
        with pytest.raises(InputError, match=says):
            gallery.set_threshold(row)
    Gallery(embedder, representatives="mean").set_threshold(MEASURED | {"fusion": "centroid"})
    coded.set_threshold(thresholds.given(0.3))


@pytest.mark.parametrize("search", ["exact", "two_stage", "hnsw"])
@pytest.mark.parametrize("where", [{"tenant": "a"}, {"tenant": "b", "country": "TW"}, {"country": "JP"}])
def test_only_images_with_the_attributes_are_compared(embedder, tmp_path, search, where):
    rows = pictures(24, tenant="ab", country=["TW", "TW", "JP"])
    gallery = Gallery(embedder, search)
    gallery.register(rows)
    gallery.set_threshold(thresholds.given(0.9))
    storage.save(gallery, tmp_path / "g.npz")
    for held in (gallery, storage.load(tmp_path / "g.npz", embedder, search)):
        fit = {p.label for p in rows if where.items() <= p.attributes.items()}
        for seed, answer in enumerate(held.match([image(s) for s in range(24)], 30, where=where)):
            assert {label for label, _ in answer.top} == fit
            assert answer.label == (f"L{seed}" if f"L{seed}" in fit else None)
    part = Gallery(embedder)
    part.register([p for p in rows if p.label in fit])
    assert part.match([image(3)], 30, 0.9) == gallery.match([image(3)], 30, where=where)


def test_nothing_to_compare_is_not_unknown(embedder):
    gallery = Gallery(embedder)
    gallery.register(pictures(4, tenant="ab"))
    gallery.set_threshold(thresholds.given(0.99))
    (answer,) = gallery.match([image(0)], where={"tenant": "c"})
    assert answer.answer == "nothing to compare" and answer.label is None and not answer.top
    assert gallery.match([image(50)], where={"tenant": "a"})[0].answer == "unknown"
    with pytest.raises(InputError, match="attribute 'bank'; there are: tenant"):
        gallery.match([image(0)], where={"bank": "a"})
    with pytest.raises(InputError, match="there are: none.*--attributes"):
        bare = Gallery(embedder)
        bare.register(pictures(2))
        bare.match([image(0)], where={"tenant": "a"})


def test_verified_matches_see_nothing_of_other_tenants():
    rng = np.random.default_rng(1)
    gallery = Gallery(Embedder(Hog(32), "hog"), verifier=Homography())
    shots = [np.kron(rng.integers(0, 256, (24, 24, 3)), np.ones((10, 10, 1))).astype(np.uint8) for _ in range(4)]
    gallery.register(
        [Picture(f"L{i}", f"{i}", f"{i:064}", s, attributes={"tenant": "ab"[i % 2]}) for i, s in enumerate(shots)]
    )
    assert gallery.match([shots[1]])[0].label == "L1"
    (answer,) = gallery.match([shots[1]], where={"tenant": "a"})
    assert answer.label is None and {label for label, _ in answer.top} == {"L0", "L2"}
    assert gallery.match([shots[1]], where={"tenant": "c"})[0].answer == "nothing to compare"


@pytest.mark.parametrize("kind, rows", [("all", 12), ("mean", 3), ("two", 6)])
def test_representatives(embedder, tmp_path, kind, rows):
    gallery = Gallery(embedder, representatives=kind)
    gallery.register(pictures(3, each=4, tenant="ab"))
    gallery.set_threshold(thresholds.given(-1))
    assert len(gallery.search().labels) == rows
    storage.save(gallery, tmp_path / "g.npz")
    answers = storage.load(tmp_path / "g.npz", embedder).match([image(s) for s in range(12)])
    assert sum(m.best == f"L{s // 4}" for s, m in enumerate(answers)) >= 11
    vectors = embedder([image(s) for s in range(0, 12, 2)])
    (answer,) = gallery.match([image(0)], where={"tenant": "a"})
    want = {"all": vectors[0], "mean": vectors[:2].sum(0) / np.linalg.norm(vectors[:2].sum(0)), "two": vectors[0]}
    assert answer.cosine == pytest.approx(float(want[kind] @ vectors[0]), abs=1e-6)


@pytest.mark.parametrize(
    "settings, says",
    [
        ({"code": "pq"}, "64 does not divide the width 32"),
        ({"code": "sq5"}, "want one of float, half"),
        ({"code": "pca16-sq8"}, "needs 16 vectors to be fitted, not 3"),
        ({"representatives": "three"}, "want one of all, mean, two"),
        ({"code": "sq8", "verifier": Homography()}, "compares whole vectors"),
    ],
)
def test_settings_that_cannot_be_register_nothing(embedder, settings, says):
    with pytest.raises(InputError, match=says):
        gallery = Gallery(embedder, **settings)
        gallery.register(pictures(3))
    assert "gallery" not in locals() or len(gallery) == 0


@pytest.fixture(scope="module")
def stored(embedder, tmp_path_factory):
    gallery = Gallery(embedder, code="pca16-sq8")
    gallery.register(pictures(20, tenant="ab"))
    storage.save(gallery, tmp_path_factory.mktemp("coded") / "g.npz")
    with np.load(next(tmp_path_factory.getbasetemp().glob("coded*/g.npz"))) as held:
        return dict(held)


@pytest.mark.parametrize(
    "change",
    [
        lambda a: {"codes": a["codes"][:, :9]},
        lambda a: {"codes": a["codes"][:7]},
        lambda a: {"codes": a["codes"].astype(np.int8)},
        lambda a: {"codes": a["codes"][..., None]},
        lambda a: {"fitted_turn": a["fitted_turn"][:, :5]},
        lambda a: {"fitted_turn": a["fitted_turn"] * np.nan},
        lambda a: {"fitted_other": a["fitted_turn"]},
        lambda a: {"head": {"code": "sq9"}},
        lambda a: {"head": {"code": None}},
        lambda a: {"head": {"code": ["sq8"]}},
        lambda a: {"head": {"attributes": [{}]}},
        lambda a: {"head": {"attributes": {"tenant": "a"}}},
        lambda a: {"head": {"attributes": [{"tenant": 1}] * 20}},
        lambda a: {"head": {"attributes": [{"te\x1bnant": "a"}] * 20}},
        lambda a: {"head": {"attributes": [{"tenant": "a" * 999}] * 20}},
        lambda a: {"head": {"representatives": "none"}},
    ],
)
def test_a_damaged_gallery_of_codes_is_refused(embedder, stored, tmp_path, change):
    changes = change(stored)
    head = json.loads(stored["head"].tobytes()) | changes.pop("head", {})
    arrays = {**stored, **changes, "head": np.frombuffer(json.dumps(head).encode(), np.uint8)}
    np.savez(tmp_path / "g.npz", **arrays)
    with pytest.raises(InputError):
        storage.load(tmp_path / "g.npz", embedder)


@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
def test_a_truncated_file_is_refused(embedder, stored, tmp_path, share):
    np.savez(tmp_path / "whole.npz", **stored)
    content = (tmp_path / "whole.npz").read_bytes()
    (tmp_path / "g.npz").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError, match="g.npz"):
        storage.load(tmp_path / "g.npz", embedder)
