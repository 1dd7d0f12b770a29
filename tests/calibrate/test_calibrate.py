"""Calibration on registers made here, with a model that is a projection of the small grey image."""

import json

import cv2
import numpy as np
import pytest
from PIL import Image

from docclf.calibrate import __main__ as command
from docclf.calibrate.probability import probabilities
from docclf.calibrate.simulate import captures, cohort, simulate, textureless
from docclf.calibrate.thresholds import calibrate
from docclf.errors import InputError
from docclf.metric.score import Score


def embed(images):
    rows = [cv2.resize(cv2.cvtColor(i, cv2.COLOR_RGB2GRAY), (12, 12), interpolation=cv2.INTER_AREA) for i in images]
    rows = np.stack(rows).reshape(len(rows), -1).astype(np.float64)
    rows -= rows.mean(1, keepdims=True)
    return (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)).astype(np.float32)


def card(seed):
    blocks = np.random.default_rng(seed).integers(0, 256, (4, 6, 3))
    return np.kron(blocks, np.ones((16, 16, 1))).astype(np.uint8)


@pytest.fixture(scope="module")
def register():
    near = card(0).copy()
    near[:8, :8] = 0
    return [card(0), near, *map(card, range(1, 7))], ["a", "almost a", *"bcdefg"]


@pytest.fixture(scope="module")
def scores(register):
    return simulate(embed, *register, each=4, foreign=12)


def test_labels_that_cannot_be_told_apart_are_named(register, scores):
    found = calibrate(scores, sorted(register[1]))
    named = {(row["photographs_of"], row["pass_as"]) for row in found["siblings"]}
    assert ("a", "almost a") in named or ("almost a", "a") in named
    assert all({x, y} == {"a", "almost a"} for x, y in named)


def test_thresholds_rise_with_the_promise_and_say_what_they_are(register, scores):
    rows = [row for row in calibrate(scores, sorted(register[1]))["thresholds"] if row["measure"] == "fpr"]
    values = [row["value"] for row in rows]
    assert values == sorted(values) and [row["target"] for row in rows] == [1e-2, 1e-3, 1e-4]
    assert all(row["kept"] == (row["bound"] <= 2 * row["target"] and row["value"] <= 1) for row in rows)


def test_probabilities_tell_registered_from_foreign(register, scores):
    model = calibrate(scores, sorted(register[1]))["probability"]
    values = Score()(scores.cosine)
    found = probabilities(model, values)
    total = sum(found.values())
    assert np.allclose(total, 1) and set(found) <= {"right", "wrong", "none"}
    own = scores.label < 8
    assert found["none"][~own].mean() > found["none"][own].mean() + 0.3


def test_simulated_photographs_are_the_same_each_time(register):
    first = [photo for _, photo in captures(register[0][:2], 3)]
    again = [photo for _, photo in captures(register[0][:2], 3)]
    assert len(first) == 6 and all((x == y).all() for x, y in zip(first, again, strict=True))
    assert all((x == y).all() for x, y in zip(cohort(2), cohort(2), strict=True))


@pytest.mark.parametrize("image", [np.zeros((40, 60, 3), np.uint8), np.full((40, 60, 3), 200, np.uint8)])
def test_a_plain_image_has_no_texture(image):
    assert textureless(image) and not textureless(card(3))


@pytest.mark.parametrize(
    ("images", "labels", "each", "words"),
    [([], [], 2, "labels"), ([card(0)], [], 2, "labels"), ([card(0)], ["a"], 0, "captures")],
)
def test_what_cannot_be_simulated_is_refused(images, labels, each, words):
    with pytest.raises(InputError, match=words):
        simulate(embed, images, labels, each=each, foreign=2)


def test_one_label_is_measured_against_the_cohort_alone():
    found = simulate(embed, [card(0)], ["a"], each=3, foreign=12)
    assert calibrate(found, ["a"])["labels"] == 1
    with pytest.raises(InputError, match="score=cosine"):
        calibrate(found, ["a"], Score("margin"))


@pytest.fixture
def gallery(tmp_path, monkeypatch, register):
    """A gallery file and its folder; the model is `embed`."""
    from docclf.gallery import storage
    from docclf.gallery.embedder import Embedder
    from docclf.gallery.gallery import Gallery
    from docclf.gallery.images import folder

    class Model(Embedder):
        def __init__(self):
            self.fingerprint, self.image_size, self.thresholds = "f" * 64, 12, []

        def __call__(self, images):
            return embed(images)

    monkeypatch.setattr(command, "open_model", lambda path, allow: Model())
    root = tmp_path / "register"
    root.mkdir()
    for image, label in zip(*register, strict=True):
        Image.fromarray(image).save(root / f"{label}.png")
    held = Gallery(Model())
    held.register(folder(root)[0])
    storage.save(held, tmp_path / "g.npz")
    return tmp_path / "g.npz", root


SMALL = ["--model", "m.onnx", "--captures", "4", "--cohort", "10", "--fpr", "0.01"]


def test_the_gallery_gets_the_threshold_and_its_evidence(gallery, tmp_path, capsys):
    from docclf.gallery import storage

    path, root = gallery
    command.run([str(path), str(root), *SMALL, "--out", str(tmp_path / "c.json")])
    row = storage.load(path).threshold
    table = json.loads((tmp_path / "c.json").read_text())
    assert row["cosine"] == table["thresholds"][0]["value"] and row["calibrated"]["bound"] <= 0.02
    shown = capsys.readouterr().out
    assert "95 % confidence" in shown and "siblings:" in shown


@pytest.mark.parametrize(("more", "words"), [(["--fpr", "0.5"], "want one of"), (["--captures", "0"], "captures")])
def test_a_gallery_that_cannot_be_calibrated_stays_as_it_was(gallery, more, words):
    path, root = gallery
    before = path.read_bytes()
    with pytest.raises(InputError, match=words):
        command.run([str(path), str(root), *SMALL, *more])
    assert path.read_bytes() == before


def test_another_folder_than_the_registered_one_is_refused(gallery):
    path, root = gallery
    (root / "b.png").unlink()
    with pytest.raises(InputError, match="b.png"):
        command.run([str(path), str(root), *SMALL])


@pytest.mark.parametrize(
    "change",
    [{"bound": 0.5}, {"tpr": 2.0}, {"modelled": "no"}, {"labels": -1}, {"estimate": float("nan")}, {"more": 1}],
)
def test_a_calibrated_threshold_that_cannot_be_is_refused(change):
    from docclf.results.evidence import checked

    known = {"estimate": 8e-4, "bound": 1.9e-3, "modelled": False, "tpr": 0.9}
    known |= {"labels": 8, "images": 8, "captures": 4, "cohort": 10}
    row = {"cosine": 0.5, "rate": "fpr", "target": "0.001", "source": "calibrated", "calibrated": known}
    assert checked(row, "here") == row
    with pytest.raises(InputError, match="no measurement gives"):
        checked(row | {"calibrated": known | change}, "here")
