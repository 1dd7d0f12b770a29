"""Candidates checked: the right sheet found where it lies, and a plain answer for every bad photo."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from imaging.feature.test_local import ROLLED, sheet, warped

from docclf.errors import InputError
from docclf.verify import calibration
from docclf.verify.homography import Homography, combined
from docclf.verify.store import Store

BLANK = np.full((240, 320, 3), 240, np.uint8)
BLANK[100:110, 140:180] = 60


def embed(images):
    rows = [
        cv2.resize(image, (8, 8), interpolation=cv2.INTER_AREA).astype(np.float32).ravel() - 128 for image in images
    ]
    return np.stack([row / np.linalg.norm(row) for row in rows])


class Register:
    def __init__(self, images, **settings):
        self.check, self.vectors = Homography(**settings), embed(images)
        self.store = Store.of([self.check.describe(image) for image in images])

    def __call__(self, photo):
        cosines = self.vectors.astype(np.float64) @ embed([photo])[0] if photo.std() else np.zeros(len(self.vectors))
        return self.check.check(photo, cosines, self.store, self.vectors, embed), cosines


@pytest.fixture(scope="module")
def register():
    return Register([*(sheet(seed) for seed in range(10)), BLANK], top=3, votes=3)


@pytest.mark.parametrize("own", [0, 4, 9])
def test_the_sheet_is_found_where_it_lies(register, own):
    seen, cosines = register(warped(sheet(own), ROLLED))
    best = seen[0]
    assert best.row == own and best.state == "found" and best.inliers >= 30 and best.after > best.cosine
    want = cv2.perspectiveTransform(np.array([[[0, 0], [320, 0], [320, 240], [0, 240]]], float), ROLLED)[0] / 320
    assert np.abs(best.corners - want).max() < 0.02
    assert all(one.corners is None or one.score < best.score for one in seen[1:]) and len(seen) <= 6
    scores = combined(cosines, seen)
    assert scores.dtype == np.float32 and scores.argmax() == own
    rest = [i for i in range(11) if i not in {one.row for one in seen}]
    assert (scores[rest] <= 0).all() and (scores[[one.row for one in seen]] > 0).all()
    assert (np.argsort(scores[rest]) == np.argsort(cosines[rest])).all()


def test_local_features_name_what_the_embedding_misses(register):
    photo = warped(sheet(6), ROLLED)
    points = register.check.describe(photo)
    cosines = np.linspace(1, -1, 11)  # the own image is seventh
    named = register.check.candidates(points, cosines, register.store)
    assert next(iter(named)) == 6 and named[6] > 0 and {0, 1, 2} <= set(named)
    alone = Homography(top=3, votes=0).candidates(points, cosines, register.store)
    assert alone == {0: 0.0, 1: 0.0, 2: 0.0}
    seen = register.check.check(photo, cosines, register.store, register.vectors, embed)
    assert [one.row for one in seen] == [6]  # found at once: nothing else has votes worth a look


def test_a_photo_of_one_colour_shows_nothing(register):
    for grey in (0, 90, 255):
        seen, cosines = register(np.full((300, 200, 3), grey, np.uint8))
        assert seen == [] and (combined(cosines, seen) <= 0).all()


def test_a_photo_without_a_document(register):
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    for photo in (noise, cv2.GaussianBlur(noise, (0, 0), 3), sheet(99)):
        seen, _ = register(photo)
        assert seen and all(one.state != "found" or one.inliers < 10 for one in seen)
        assert max(one.score for one in seen) < 0.5
        assert any("too few points agree" in one.why for one in seen)


def test_48_megapixels_are_shrunk_first(register):
    small = warped(sheet(2), ROLLED)
    large = cv2.resize(small, (6928, 6928), interpolation=cv2.INTER_NEAREST)
    (one, *_), _ = register(large)
    (other, *_), _ = register(small)
    assert one.row == other.row == 2 and np.abs(one.corners - other.corners).max() < 0.01


def test_two_documents_in_one_photo_are_both_found(register):
    photo = np.full((320, 700, 3), 100, np.uint8)
    photo[:, :320] = warped(sheet(1), ROLLED)
    photo[30:270, 360:680] = sheet(8)
    found = {one.row: one for one in register(photo)[0] if one.state == "found" and one.inliers >= 10}
    assert set(found) == {1, 8}
    assert found[1].corners[:, 0].max() < 0.5 < found[8].corners[:, 0].min() + 0.01


def test_a_registered_image_without_texture_goes_by_its_cosine(register):
    close = next(one for one in register(BLANK + np.uint8(2))[0] if one.row == 10)
    assert close.state == "blank" and "too few to verify, the cosine decides" in close.why and close.corners is None
    far = Register([BLANK, sheet(3)], top=2)(warped(sheet(3), ROLLED))[0]
    assert far[0].row == 1 and far[1].state == "blank" and far[1].score < close.score
    alone = register.check.calibration.score("blank", far[1].cosine)
    assert far[1].score == pytest.approx(alone * (1 - far[0].score))  # it gives way to what was found


def test_bad_settings_and_files(tmp_path):
    for bad in ({"top": 0, "votes": 0}, {"top": -1}, {"side": 8}, {"points": 3}, {"ratio": 1.5}):
        with pytest.raises(InputError, match="verify.top"):
            Homography(**bad)
    good = json.loads((calibration.SHIPPED / "lcnet_050_documents.json").read_text())
    del good["digest"]
    for change in ({"threshold": 2}, {"weights": {}}, {"weights": good["weights"] | {"missed": [1.0]}},
                   {"weights": good["weights"] | {"missed": [1.0, float("nan")]}}):  # fmt: skip
        path = tmp_path / "x.json"
        path.write_text(json.dumps(good | change))
        with pytest.raises(InputError, match="is no calibration"):
            Homography(calibration=str(path))
    with pytest.raises(InputError, match="null takes those shipped"):
        Homography(calibration=str(tmp_path / "none.json"))


def test_a_model_gets_the_score_that_was_fitted_to_it(tmp_path):
    for path in calibration.SHIPPED.glob("*.json"):
        released = json.loads(open(Path("experiments/released") / path.stem / "thresholds.json").read())
        own = Homography().suited(released["weights_sha256"]).calibration
        assert own.fits(released["weights_sha256"]) and own.weights == calibration.load(path).weights
    other = Homography().suited("nobody's").calibration
    assert other == calibration.load(calibration.SHIPPED / f"{calibration.OTHERS}.json") and not other.fits("nobody's")
    (path := tmp_path / "own.json").write_text(json.dumps({"weights": other.weights, "threshold": 0.9}))
    assert Homography(calibration=str(path)).suited(other.about["model"]).calibration.threshold == 0.9


def test_the_shipped_score_rises_with_the_evidence():
    rated = calibration.load(calibration.SHIPPED / "lcnet_100_photos.json")
    base = {"cosine": 0.4, "after": 0.6, "points": 4.0, "covered": 0.3}
    score = rated.score("found", *base.values())
    for name, more in (("after", 0.9), ("points", 6.0)):
        assert rated.score("found", *(base | {name: more}).values()) > score
    assert rated.score("missed", 0.9) > rated.score("missed", 0.1) and score > rated.score("missed", 0.4)
    assert len(rated.about["model"]) == 64 and "calibrate" in rated.about["command"]
