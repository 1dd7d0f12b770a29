"""Registering, matching and refusing."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import small_checkpoint
import torch
from PIL import Image
from shared_data import SHARED, needs_shared

from docclf.data.synthetic import Synthetic
from docclf.errors import InputError
from docclf.export import onnx_file as export
from docclf.gallery import __main__ as command
from docclf.gallery import storage
from docclf.gallery.embedder import Embedder, open_model
from docclf.gallery.gallery import Gallery
from docclf.gallery.images import Picture, folder, picture
from docclf.model.hog import Hog
from docclf.results import thresholds


def coloured(seed, side=40):
    return np.random.default_rng(seed).integers(0, 256, (side, side + 7, 3), dtype=np.uint8)


def pictures(*rows):
    return [Picture(label, f"{label}-{seed}.png", f"{seed:064}", coloured(seed)) for label, seed in rows]


def hog(name="hog"):
    return Embedder(Hog(32), name)


@pytest.fixture
def gallery():
    found = Gallery(hog())
    assert not found.register(pictures(("A", 0), ("A", 1), ("A/damaged", 2), ("台灣健保卡", 3)))
    found.set_threshold(thresholds.given(0.9))
    return found


def test_the_best_label_by_its_nearest_image(gallery):
    queries = [coloured(1), coloured(2), coloured(9)]
    answers = gallery.match(queries, top=2)
    assert [m.answer for m in answers] == ["A", "A/damaged", "unknown"]
    embedder = hog()
    stored = np.concatenate([embedder([coloured(seed)]) for seed in range(4)])
    for query, found in zip(queries, answers, strict=True):
        scores = (stored.astype(np.float64) @ embedder([query])[0].astype(np.float64)).tolist()
        want = sorted([(max(scores[:2]), "A"), (scores[2], "A/damaged"), (scores[3], "台灣健保卡")], reverse=True)
        assert [label for label, _ in found.top] == [label for _, label in want[:2]]
        assert [score for _, score in found.top] == pytest.approx([score for score, _ in want[:2]], abs=1e-6)
        assert found.margin == pytest.approx(want[0][0] - want[1][0], abs=1e-6) and found.best == want[0][1]
    assert answers[2].label is None and answers[2].cosine < 0.9
    assert gallery.match([coloured(9)], threshold=-1.0)[0].label is not None
    assert gallery.match([]) == []


def test_one_label_has_no_margin():
    gallery = Gallery(hog())
    gallery.register(pictures(("A", 0), ("A", 1)))
    (found,) = gallery.match([coloured(0)], threshold=0.5)
    assert found.margin is None and found.top == [("A", pytest.approx(1.0, abs=1e-6))]


def test_save_and_load(gallery, tmp_path):
    storage.save(gallery, tmp_path / "g.npz")
    again = storage.load(tmp_path / "g.npz", hog())
    assert again.match([coloured(3)]) == gallery.match([coloured(3)])
    assert again.counts() == {"A": 2, "A/damaged": 1, "台灣健保卡": 1} and again.threshold == gallery.threshold
    assert [p.name for p in tmp_path.iterdir()] == ["g.npz"]
    assert storage.load(tmp_path / "g.npz").remove("A", "A-0.png") == 1
    with pytest.raises(InputError, match="without its model"):
        storage.load(tmp_path / "g.npz").match([coloured(3)])


def test_another_model_is_refused(gallery, tmp_path):
    storage.save(gallery, tmp_path / "g.npz")
    with pytest.raises(InputError, match="two models cannot be compared"):
        storage.load(tmp_path / "g.npz", hog("other"))

    class Quantised(Hog):
        def __call__(self, images):
            return (super().__call__(images) * 12).round()

    with pytest.raises(InputError, match="sees the same test pictures otherwise"):
        storage.load(tmp_path / "g.npz", Embedder(Quantised(32), "hog"))
    with pytest.raises(InputError, match="sees the same test pictures otherwise"):
        storage.load(tmp_path / "g.npz", Embedder(Hog(64), "hog"))


def test_damaged_files(gallery, tmp_path):
    path = tmp_path / "g.npz"
    storage.save(gallery, path)
    content = path.read_bytes()
    for broken in (b"", content[: len(content) // 2], b"PK\x03\x04"):
        path.write_bytes(broken)
        with pytest.raises(InputError, match="damaged"):
            storage.load(path)
    gallery.labels.pop()
    storage.save(gallery, path)
    with pytest.raises(InputError, match="do not fit"):
        storage.load(path)
    with pytest.raises(InputError, match="there is no gallery"):
        storage.load(tmp_path / "none.npz")
    with pytest.raises(InputError, match="ends in .npz"):
        storage.save(gallery, tmp_path / "g.txt")


def test_copies_and_lookalikes(gallery):
    assert [f.kind for f in gallery.register(pictures(("A", 0)))] == ["copy"] and len(gallery) == 4
    before = gallery.vectors.copy()
    with pytest.raises(InputError, match="no right answer"):
        gallery.register(pictures(("B", 7), ("C", 0)))
    assert gallery.counts() == {"A": 2, "A/damaged": 1, "台灣健保卡": 1} and (gallery.vectors == before).all()
    twin = coloured(3)
    twin[0, 0] ^= 1
    (found,) = gallery.register([Picture("B", "twin.png", "t" * 64, twin)])
    assert found.kind == "alike" and "twin.png (B) and 台灣健保卡-3.png (台灣健保卡)" in found.text
    again = Gallery(hog())
    again.register([Picture("A", "1", "1", coloured(3)), Picture("A", "2", "2", twin)])  # one label may hold both
    assert len(again) == 2


def test_remove(gallery):
    assert gallery.remove("A") == 2 and gallery.match([coloured(1)])[0].label is None
    assert gallery.match([coloured(2)])[0].label == "A/damaged"
    for arguments, message in ((("A",), "not registered"), (("A/damaged", "x.png"), "has no image")):
        with pytest.raises(InputError, match=message):
            gallery.remove(*arguments)
    gallery.remove("A/damaged"), gallery.remove("台灣健保卡")
    with pytest.raises(InputError, match="nothing is registered"):
        gallery.match([coloured(0)])
    gallery.register(pictures(("B", 5)))
    assert gallery.match([coloured(5)])[0].label == "B"


def test_no_threshold_no_answer(gallery):
    gallery.threshold = None
    with pytest.raises(InputError, match="has no threshold"):
        gallery.match([coloured(0)])
    with pytest.raises(InputError, match="fusion=mean"):
        gallery.set_threshold({"cosine": 0.5, "fusion": "mean"})


@pytest.mark.parametrize("label", ["", "A/", "/A", "A//B", " ", "Unknown", "a\nb"])
def test_what_is_no_label(gallery, label):
    with pytest.raises(InputError, match=r"want a name|U\+000A"):
        gallery.register(pictures((label, 8)))


def test_decomposed_names_are_one_label(gallery):
    gallery.register(pictures(("caf\u0065\u0301", 8), ("caf\u00e9", 9)))
    assert gallery.counts()["caf\u00e9"] == 2


def test_folders(tmp_path):
    rows = {"A.png": 0, "B/1.png": 1, "B/2.png": 2, "B/damaged/1.png": 3, "台灣健保卡.png": 4, "query_A.png": 5}
    for name, seed in rows.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(coloured(seed)).save(tmp_path / name)
    (tmp_path / "C.jpg").write_bytes(b"no image")
    (tmp_path / "names.csv").write_text("x")
    found, findings = folder(tmp_path, 24)
    assert sorted(p.label for p in found) == ["A", "B", "B", "B/damaged", "台灣健保卡"]
    assert {p.pixels.shape for p in found} == {(24, 24, 3)}
    assert sorted(f.kind for f in findings) == ["missing", "skipped", "skipped"] and "C" in str(findings[-1])
    (tmp_path / "register").mkdir(), (tmp_path / "query").mkdir()
    with pytest.raises(InputError, match="register .*register only"):
        folder(tmp_path)
    with pytest.raises(InputError, match="no readable image"):
        folder(tmp_path / "register")
    with pytest.raises(InputError, match="cannot be opened"):
        picture(tmp_path / "none.png", "A")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    place = tmp_path_factory.mktemp("models")
    ckpt = small_checkpoint.write(place / "small.ckpt")
    metrics = small_checkpoint.metrics(place / "metrics.json", open_model(ckpt).fingerprint)
    export.export(ckpt, place / "small.onnx", metrics=metrics, exporter="legacy")
    return ckpt, str(place / "small.onnx"), metrics


def test_a_gallery_of_the_checkpoint_serves_its_export(models, tmp_path):
    ckpt, onnx, _ = models
    gallery = Gallery(open_model(ckpt))
    data = Synthetic(64, 0, 8, num_designs=24, val_designs=8, test_designs=8)
    names = data.class_names("test")
    parts = [(i, data.image("test", "register", i)) for i in range(len(data.item_names("test", "register")))]
    gallery.register([Picture(names[i], f"{i}", f"{i}", image) for i, image in parts], duplicate=1.0)
    storage.save(gallery, tmp_path / "g.npz")
    queries = [data.image("test", "query", i) for i in range(6)]
    want = gallery.match(queries, threshold=0.0)
    other = storage.load(tmp_path / "g.npz", open_model(onnx)).match(queries, threshold=0.0)
    assert [m.top[0][0] for m in other] == [m.top[0][0] for m in want]
    assert [m.cosine for m in other] == pytest.approx([m.cosine for m in want], abs=1e-5)
    exact = gallery.match([image for _, image in parts], threshold=1 - 1e-5)
    assert [m.label for m in exact] == [names[i] for i, _ in parts]


def test_foreign_onnx_goes_by_its_bytes(models, tmp_path):
    onnx = pytest.importorskip("onnx")
    model = onnx.load(models[1])
    del model.metadata_props[:]
    onnx.save(model, tmp_path / "bare.onnx")
    bare = open_model(tmp_path / "bare.onnx")
    assert bare.fingerprint.startswith("file ") and bare.thresholds == []


def test_the_command(models, tmp_path, monkeypatch, capsys):
    ckpt, onnx, metrics = models
    monkeypatch.chdir(tmp_path)

    def run(*words):
        command.main([str(word) for word in words])
        return capsys.readouterr().out

    for seed, name in enumerate(["docs/A.png", "docs/B.png", "new.png"]):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(coloured(seed)).save(tmp_path / name)
    assert "TPR@FPR=1e-3 0.900" in run("register", onnx, "docs", "--out", "g.npz")  # the default, from the ONNX file
    with pytest.raises(InputError, match="--add"):
        run("register", onnx, "docs", "--out", "g.npz")
    assert "3 images of 3 labels" in run("register", ckpt, "new.png", "--label", "C/new", "--out", "g.npz", "--add")
    assert "C/new" in run("list", "g.npz")
    lines = [json.loads(line) for line in run("match", "g.npz", "docs/B.png", "--model", onnx, "--json").splitlines()]
    assert lines[0]["label"] == "B" and lines[0]["threshold"] == 0.625
    printed = run("match", "g.npz", "docs/A.png", "--model", ckpt)
    assert "docs/A.png: A  cosine 1.0000" in printed and "search: exact" in printed
    assert "FNIR@FPIR=1e-1" in run("threshold", "g.npz", "--metrics", metrics, "--fpir", "1e-1")
    assert "given by hand" in run("threshold", "g.npz", "--threshold", "0.5")
    assert "2 are left" in run("remove", "g.npz", "C/new")
    with pytest.raises(InputError, match="needs --metrics"):
        run("threshold", "g.npz", "--fpr", "1e-3")
    with pytest.raises(InputError, match="give --metrics"):
        run("threshold", "g.npz")
    with pytest.raises(InputError, match="--label is for single images"):
        run("register", onnx, "docs", "--label", "A", "--out", "h.npz")
    (tmp_path / "a.csv").write_text("name,tenant\nA.png,x\n")
    coded = run("register", onnx, "docs", "--out", "c.npz", "--code", "binary2", "--attributes", "a.csv")
    assert "code: binary2, 6 bytes a vector" in coded and "none yet" in coded and "B.png has none" in coded
    with pytest.raises(InputError, match="measured on whole vectors, the gallery keeps binary2"):
        run("threshold", "c.npz", "--metrics", metrics, "--fpir", "1e-1")
    run("threshold", "c.npz", "--threshold", "0.9")
    asked = ("match", "c.npz", "docs/B.png", "--model", onnx, "--where")
    assert "B.png: unknown" in run(*asked, "tenant=x") and "B.png: nothing to compare" in run(*asked, "tenant=y")
    assert json.loads(run(*asked, "tenant=y", "--json"))["answer"] == "nothing to compare"
    other = small_checkpoint.metrics(tmp_path / "m.json", "0" * 64)
    with pytest.raises(InputError, match="one model only"):
        run("threshold", "g.npz", "--metrics", other)
    assert "TPR@FPR=1e-3 0.900" in run("register", ckpt, "docs", "--out", "i.npz")  # from metrics.json beside it
    alone = shutil.copy(ckpt, tmp_path / "alone.ckpt")
    (tmp_path / "m.json").unlink()
    assert "none yet" in run("register", alone, "docs", "--out", "h.npz")
    with pytest.raises(InputError, match="no threshold"):
        run("match", "h.npz", "new.png", "--model", ckpt)


@needs_shared
def test_real_documents(tmp_path):
    root = tmp_path / "register"
    shutil.copytree(SHARED / "taiwan_register", root)
    found, findings = folder(root)
    assert len(found) == 10 and [f.kind for f in findings] == ["skipped"]
    gallery = Gallery(Embedder(Hog(128), "hog"))
    gallery.register(found)
    (answer,) = gallery.match([picture(root / "query_driver_license.jpg", "x").pixels], threshold=-1.0)
    assert answer.label in gallery.counts() and len(answer.top) == 5
    for row in found:
        (own,) = gallery.match([row.pixels], threshold=0.999)
        assert own.label == row.label


def test_thresholds_beside_a_checkpoint_are_found_when_they_are_of_its_weights(models, tmp_path):
    ckpt = Path(shutil.copy(models[0], tmp_path / "best.ckpt"))
    assert open_model(ckpt).thresholds == []
    own = open_model(ckpt).fingerprint
    small_checkpoint.metrics(tmp_path / "metrics.json", "0" * 64)
    assert open_model(ckpt).thresholds == []
    small_checkpoint.metrics(tmp_path / "metrics.json", own)
    rows = open_model(ckpt).thresholds
    assert rows and all(row["source"].endswith("metrics.json") for row in rows)
    (tmp_path / "thresholds.json").write_text(json.dumps({"weights_sha256": own, "all": rows[:1]}))
    assert open_model(ckpt).thresholds == rows[:1]
    (tmp_path / "thresholds.json").write_text("{")
    with pytest.raises(InputError, match="thresholds.json cannot be read"):
        open_model(ckpt)


class Faint(Hog):
    """Sees a little of a picture beside much that is the same in all."""

    def __init__(self, share, only_registered=False):
        super().__init__(32)
        self.share, self.only_registered = share, only_registered

    def __call__(self, images):
        seen = super().__call__(images)
        share = torch.full((len(seen), 1), self.share)
        if self.only_registered:  # pictures of a known kind, as the test pictures are, are told apart
            share[images.float().std(dim=(1, 2, 3)) > 80] = 1.0
            share[images[:, 2].float().std(dim=(1, 2)) < 1] = 1.0
        return 1 + share * seen


@pytest.mark.parametrize("model", [Faint(0.0), Faint(1e-6), Faint(1e-3), Faint(1e-3, only_registered=True)])
def test_a_collapsed_model_registers_nothing(model):
    gallery = Gallery(Embedder(model, "faint"))
    with pytest.raises(InputError, match="embeddings are all alike: cosines between .* and .*nothing was registered"):
        gallery.register(pictures(("A", 0), ("B", 1), ("C", 2)))
    assert len(gallery) == 0


def test_a_model_that_sees_little_registers():
    gallery = Gallery(Embedder(Faint(1.0), "faint"))
    gallery.register(pictures(("A", 0), ("B", 1), ("C", 2)))
    assert len(gallery) == 3


def test_a_vector_does_not_depend_on_what_is_registered_with_it(models):
    embedder = open_model(models[0])
    images = [coloured(seed) for seed in range(11)]
    assert np.array_equal(embedder(images), np.concatenate([embedder(images[:8]), embedder(images[8:])]))
    np.testing.assert_allclose(embedder(images[4:5]), embedder(images)[4:5], rtol=0, atol=1e-6)
