"""Calibration on registers made here, with a model that is a projection of the small grey image."""

import json
from functools import partial

import cv2
import numpy as np
import pytest
from PIL import Image

from docclf.calibrate import __main__ as command
from docclf.calibrate.photographs import Photographs
from docclf.calibrate.probability import probabilities
from docclf.calibrate.simulate import captures, cohort, simulate, textureless
from docclf.calibrate.thresholds import calibrate, fitted
from docclf.errors import InputError
from docclf.gallery.decision.make import worse
from docclf.gallery.decision.scores import outgrown
from docclf.gallery.images import picture
from docclf.imaging.read import read_image
from docclf.score.rule import Score


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
    images, labels = register
    return simulate(embed, images, 4, 12).scores(embed(images), labels)


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
    found = probabilities(model, scores.values(Score()))
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
    ("images", "each", "foreign", "words"),
    [([], 2, 8, "no registered"), ([card(0)], 0, 8, "captures"), ([card(0)], 2, 3, "cohort")],
)
def test_what_cannot_be_simulated_is_refused(images, each, foreign, words):
    with pytest.raises(InputError, match=words):
        simulate(embed, images, each, foreign)


def test_one_label_is_measured_against_the_cohort_alone():
    found = simulate(embed, [card(0)], 3, 12).scores(embed([card(0)]), ["a"])
    assert calibrate(found, ["a"])["labels"] == 1
    with pytest.raises(InputError, match="score=cosine"):
        fitted(found, Score("margin"))


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


def opened(path):
    """The gallery of a file, with the model that `command` was given."""
    from docclf.gallery import storage

    return storage.load(path, command.open_model(None, None))


def test_the_gallery_gets_the_threshold_and_its_evidence(gallery, tmp_path, capsys):
    from docclf.gallery import storage

    path, root = gallery
    command.run([str(path), str(root), *SMALL, "--report", str(tmp_path / "c.json")])
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


@pytest.mark.parametrize("kind", ["cosine", "margin", "snorm", "adapter"])
def test_the_gallery_compares_the_scores_that_an_evaluation_of_its_register_measures(gallery, kind):
    """Bit for bit, whatever the score; the evaluation fits and draws its cohort by itself."""
    import torch

    from docclf.evaluation.decision import rated
    from docclf.evaluation.embed import Embedded

    path, root = gallery
    command.run([str(path), str(root), *SMALL, "--score", kind])
    held = opened(path)
    photos = [photo for _, photo in captures([card(i) for i in range(5)], 2, seed=9)]
    names = sorted(set(held.labels))
    numbers = torch.tensor([names.index(label) for label in held.labels])

    class Pictures:
        def image(self, split, part, i):
            return read_image(root / held.names[i])

    class Whole:
        image_size = 12

    found = Embedded(torch.from_numpy(held.vectors), numbers, torch.from_numpy(embed(photos)), numbers, None, None, 0.0)
    score = held.score if kind != "adapter" else Score("adapter")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rated, "Embedder", lambda model, name: embed)
        patch.setattr(rated, "COHORT", 10)
        patch.setattr(rated, "simulate", partial(simulate, each=4, foreign=10))
        scores, noted = rated.rate(found, score, Whole(), Pictures(), "test")
    assert noted["rule"] == held.score.plain()
    for row, photo in zip(scores.numpy(), photos, strict=True):
        answer = held.match([photo], top=len(names))[0]
        best = {names[k]: row[numbers.numpy() == k].max() for k in range(len(names))}
        assert dict(answer.top) == {name: float(value) for name, value in best.items()}


def test_a_match_says_how_likely_it_is_right_and_that_it_is_none(gallery):
    path, root = gallery
    command.run([str(path), str(root), *SMALL])
    held = opened(path)
    own, foreign = held.match([card(3), card(99)])
    assert own.probability > 0.9 > 0.5 > foreign.probability and foreign.none > 0.5 > own.none
    assert own.probability + own.none <= 1 + 1e-9


def test_each_label_has_its_threshold_when_asked(gallery):
    path, root = gallery
    command.run([str(path), str(root), *SMALL, "--per-label"])
    held = opened(path)
    cuts = {label: row["value"] for label, row in held.calibration.by_label.items()}
    assert len(set(cuts.values())) > 1 and held.threshold["calibrated"]["per_label"]
    answer = held.match([card(3)])[0]
    assert answer.threshold == cuts["d"] if answer.best == "d" else answer.threshold == cuts[answer.best]


def added(held, image, label, root):
    Image.fromarray(image).save(root / f"{label}.png")
    return held.register([picture(root / f"{label}.png", label, photo=True)])


def test_a_new_label_is_photographed_and_no_threshold_falls(gallery):
    path, root = gallery
    command.run([str(path), str(root), *SMALL])
    held = opened(path)
    before, photos = held.threshold["cosine"], len(held.calibration.photographs)
    added(held, card(50), "h", root)
    assert len(held.calibration.photographs) == photos + 4 and "h" in held.calibration.by_label
    assert held.threshold["cosine"] >= before and held.threshold["calibrated"]["labels"] == 9


def test_a_label_whose_bound_a_new_sibling_worsens_is_named(gallery):
    path, root = gallery
    command.run([str(path), str(root), *SMALL])
    held = opened(path)
    twin = card(3).copy()
    twin[:6, :6] = 255
    found = added(held, twin, "twin", root)
    told = {row.kind: row.text for row in found if row.kind in ("bound", "threshold", "siblings")}
    assert "twin" in told["siblings"] and "d" in told["siblings"] and "rises from" in told["threshold"]
    worst = worse({"a": {"rate": 0.0, "bound": 0.1}, "b": {"rate": 0.0, "bound": 0.1}},
                  {"a": {"rate": 0.2, "bound": 0.4}, "b": {"rate": 0.0, "bound": 0.1}})  # fmt: skip
    assert [row.text[:2] for row in worst] == ["a:"] and "40.00%" in worst[0].text


def test_removing_a_label_takes_its_photographs_and_a_file_keeps_all(gallery, tmp_path):
    from docclf.gallery import storage

    path, root = gallery
    command.run([str(path), str(root), *SMALL, "--score", "adapter"])
    held = opened(path)
    held.remove("almost a")
    assert set(held.calibration.by_label) == set("abcdefg") and len(held.calibration.photographs) == 28
    storage.save(held, tmp_path / "again.npz")
    back = opened(tmp_path / "again.npz")
    assert back.score == held.score and back.threshold == held.threshold
    assert vars(back.match([card(2)])[0]) == vars(held.match([card(2)])[0])
    fresh = back.calibration.photographs.scores(back.vectors, back.labels)
    assert np.allclose(
        fresh.values(back.score), held.calibration.photographs.scores(held.vectors, held.labels).values(held.score)
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"score": {"kind": "margin", "alpha": 0.4}}, "score=margin"),
        ({"weights_sha256": "0" * 64}, "one model only"),
        ({"score": {"kind": "snorm"}}, "score=snorm"),
        ({"verify": True, "score": None}, "with verification"),
    ],
)
def test_a_threshold_of_another_score_or_model_is_refused(gallery, change, words):
    path, root = gallery
    command.run([str(path), str(root), *SMALL])
    held = opened(path)
    with pytest.raises(InputError, match=words):
        held.set_threshold(held.threshold | change)


def test_a_threshold_against_another_cohort_is_refused(gallery):
    path, root = gallery
    command.run([str(path), str(root), *SMALL, "--score", "snorm"])
    held = opened(path)
    with pytest.raises(InputError, match="cohort"):
        held.set_threshold(held.threshold | {"cohort": "drawn/200/0"})


@pytest.mark.parametrize(("labels", "warned"), [(3, True), (4, False), (None, False)])
def test_a_register_that_has_more_than_doubled_is_told(gallery, labels, warned):
    held = opened(gallery[0])
    held.threshold = {"cosine": 0.5, "rate": "fpr", "target": "1e-3", "labels": labels}
    assert bool(outgrown(held)) == warned


@pytest.mark.parametrize("more", [["--alpha", "1.5", "--score", "margin"], ["--score", "verified"], ["--cohort", "2"]])
def test_settings_out_of_range_leave_the_gallery_as_it_was(gallery, more):
    path, root = gallery
    before = path.read_bytes()
    with pytest.raises(InputError):
        command.run([str(path), str(root), *SMALL, *more])
    assert path.read_bytes() == before


def test_interrupted_while_photographing_the_gallery_is_as_it_was(gallery, monkeypatch):
    from docclf.calibrate import simulate as module

    path, root = gallery
    before = path.read_bytes()

    def stop(*given, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "photograph", stop)
    with pytest.raises(KeyboardInterrupt):
        command.run([str(path), str(root), *SMALL])
    assert path.read_bytes() == before


def test_processes_photograph_what_threads_do(monkeypatch, register):
    from docclf.calibrate import simulate as module

    plain = [photo for _, photo in captures(register[0][:3], 2)]
    monkeypatch.setattr(module, "_PROCESSES", 1)
    found = [photo for _, photo in captures(register[0][:3], 2)]
    assert all((a == b).all() for a, b in zip(plain, found, strict=True))


@pytest.mark.parametrize("part", ["settings", "by_label", "probability"])
def test_a_damaged_calibration_in_a_file_is_refused(gallery, part):
    from docclf.gallery.decision import file, held

    path, root = gallery
    command.run([str(path), str(root), *SMALL])
    kept = opened(path)
    head, arrays = held.plain(kept.calibration)
    width = kept.vectors.shape[1]
    assert file.read(path, head, arrays, kept.labels, width).by_label == kept.calibration.by_label
    for wrong in (None, {}, {"more": 1}):
        with pytest.raises(InputError):
            file.read(path, head | {part: wrong}, arrays, kept.labels, width)
    for name in arrays:
        with pytest.raises(InputError):
            file.read(path, head, arrays | {name: arrays[name][:0, None].astype(np.float16)}, kept.labels, width)


def test_verified_scores_are_mirrored_to_the_photographs_of_older_images():
    taken = Photographs(np.eye(4, dtype=np.float32)[:2], np.eye(4, dtype=np.float32)[2:])
    taken.add(np.eye(4, dtype=np.float32)[:2], np.array([0, 1]))
    taken.check(0, [(0, 0.9), (1, 0.2)])
    at = taken.add(np.eye(4, dtype=np.float32)[2:3], np.array([2]))
    taken.check(at, [(2, 0.8), (1, 0.6)])
    taken.check_foreign(1, [(0, 0.3)])
    taken.mirrored(2)
    found = taken.scores(np.eye(4, dtype=np.float32)[:3], ["a", "b", "c"], verified=True)
    assert found.cosine[1, 2] == np.float32(0.6) and found.cosine[2, 1] == np.float32(0.6)
    assert found.cosine[4, 0] == np.float32(0.3) and found.cosine[0, 2] < 0
    left = taken.kept([1, 2]).scores(np.eye(4, dtype=np.float32)[1:3], ["b", "c"], verified=True)
    assert np.array_equal(left.cosine[:2], found.cosine[1:3, 1:]) and len(left.label) == 4
