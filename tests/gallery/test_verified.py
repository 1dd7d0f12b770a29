"""A gallery that verifies: the answer says where the sheet lies; the cosine alone is as before."""

import json

import cv2
import numpy as np
import pytest
from gallery.test_gallery import hog
from imaging.feature.test_local import ROLLED, sheet, warped

from docclf.errors import InputError
from docclf.gallery import __main__ as command
from docclf.gallery import storage
from docclf.gallery.command import change, match
from docclf.gallery.gallery import Gallery
from docclf.gallery.images import Picture
from docclf.results import thresholds
from docclf.verify.homography import Homography


def pictures(seeds):
    return [Picture(f"sheet{seed}", f"{seed}.png", f"{seed:064}", sheet(seed)) for seed in seeds]


@pytest.fixture(scope="module")
def gallery():
    found = Gallery(hog(), verifier=Homography(top=3, votes=3))
    found.register(pictures(range(8)))
    return found


def test_the_answer_says_where(gallery):
    photo = warped(sheet(5), ROLLED)
    found = gallery.match([photo], top=2, threshold=0.3)[0]
    assert found.answer == "sheet5" and found.score == found.top[0][1] and "points agree" in found.why
    want = cv2.perspectiveTransform(np.array([[[0, 0], [320, 0], [320, 240], [0, 240]]], float), ROLLED)[0]
    assert np.abs(np.array(found.corners) - want).max() < 6
    crop = found.crop(photo)
    clean = cv2.resize(sheet(5), crop.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(crop.astype(float) - clean).mean() < 14
    json.dumps(vars(found))


def test_two_documents(gallery):
    photo = np.full((320, 700, 3), 100, np.uint8)
    photo[:, :320] = warped(sheet(1), ROLLED)
    photo[30:270, 360:680] = sheet(7)
    found = gallery.match([photo], threshold=0.05)[0]
    assert {found.answer, *(other["label"] for other in found.also)} == {"sheet1", "sheet7"}
    assert all(len(other["corners"]) == 4 and other["score"] >= 0.05 for other in found.also)


def test_bad_photos(gallery):
    black, noise = np.zeros((200, 300, 3), np.uint8), np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
    found = gallery.match([black, noise])
    assert [one.answer for one in found] == ["unknown", "unknown"]
    assert "one colour and shows no document" in found[0].why and found[0].corners is None
    with pytest.raises(InputError, match="there is no crop"):
        found[0].crop(black)


def test_stored_and_changed(gallery, tmp_path):
    path, photo = tmp_path / "g.npz", warped(sheet(5), ROLLED)
    storage.save(gallery, path)
    again = storage.load(path, hog())
    assert vars(again.match([photo], threshold=0.3)[0])["corners"] == gallery.match([photo], threshold=0.3)[0].corners
    assert storage.load(path).verifier is None and len(storage.load(path).local) == 8
    plain = storage.load(path, hog(), verify=False)
    assert not hasattr(plain.match([photo], threshold=-1)[0], "score")
    with pytest.raises(InputError, match="open it with verification"):
        plain.register(pictures([20]))
    again.remove("sheet0")
    again.register(pictures([20]))
    assert len(again.local) == len(again) == 8
    assert again.match([warped(sheet(20), ROLLED)], threshold=0.3)[0].answer == "sheet20"
    storage.save(again, path)
    assert storage.load(path, hog()).match([photo], threshold=0.3)[0].answer == "sheet5"


@pytest.mark.parametrize("change", ["short", "missing", "settings", "count"])
def test_damaged_local_features(gallery, tmp_path, change):
    path = tmp_path / "g.npz"
    storage.save(gallery, path)
    with np.load(path) as stored:
        arrays = dict(stored)
    if change == "short":
        arrays["local_xy"] = arrays["local_xy"][:-1]
    elif change == "missing":
        del arrays["local_words"]
    elif change == "settings":
        head = json.loads(arrays["head"].tobytes()) | {"verify": {"side": "x"}}
        arrays["head"] = np.frombuffer(json.dumps(head).encode(), np.uint8)
    else:
        arrays |= {f"local_{name}": rows for name, rows in gallery.local.kept([0, 1]).arrays.items()}
    np.savez(path, **arrays)
    with pytest.raises(InputError, match="damaged"):
        storage.load(path, hog())


def test_thresholds_of_the_cosine_and_of_the_score(gallery):
    row = {"cosine": 0.99, "rate": "fpr", "target": "1e-4", "fusion": "max"}
    photo = warped(sheet(5), ROLLED)
    gallery.set_threshold(row)
    assert gallery.match([photo])[0].threshold == gallery.verifier.calibration.threshold
    gallery.set_threshold(row | {"verify": True})
    assert gallery.match([photo])[0].threshold == 0.99
    gallery.set_threshold(thresholds.given(0.2))
    assert gallery.match([photo])[0].threshold == 0.2
    gallery.threshold = None
    with pytest.raises(InputError, match="measured with verification"):
        Gallery(hog()).set_threshold(row | {"verify": True})


def test_command(tmp_path, capsys, monkeypatch):
    for module in (change, match):
        monkeypatch.setattr(module, "open_model", lambda path, allow=None: hog())
    for seed in range(3):
        cv2.imwrite(str(tmp_path / f"s{seed}.png"), cv2.cvtColor(sheet(seed), cv2.COLOR_RGB2BGR))
    cv2.imwrite(str(tmp_path / "photo.png"), cv2.cvtColor(warped(sheet(1), ROLLED), cv2.COLOR_RGB2BGR))
    made, crops = str(tmp_path / "g.npz"), tmp_path / "crops"
    sheets = [str(tmp_path / f"s{seed}.png") for seed in range(3)]
    command.main(["register", "m", *sheets[:2], "-o", made, "--verify"])
    command.main(["register", "m", sheets[2], "-o", made, "--add"])
    assert "kB an image" in capsys.readouterr().out
    words = ["match", made, str(tmp_path / "photo.png"), "--model", "m", "--threshold", "0.3"]
    command.main([*words, "--out-crop", str(crops)])
    printed = capsys.readouterr().out
    assert "photo.png: s1" in printed and "points agree" in printed and "the sheet: (" in printed
    (crop,) = crops.iterdir()
    assert crop.name == "0001_photo_s1.png" and cv2.imread(str(crop)).shape[1] > 100
    command.main([*words, "--json"])
    assert len(json.loads(capsys.readouterr().out)["corners"]) == 4
    with pytest.raises(InputError, match="--out-crop"):
        command.main([*words, "--no-verify", "--out-crop", str(crops)])
    command.main([*words, "--no-verify", "--locate", "--out-crop", str(tmp_path / "located")])
    (crop,) = (tmp_path / "located").iterdir()
    assert crop.name.startswith("0001_photo_s") and cv2.imread(str(crop)).shape[1] > 100
    command.main(["register", "m", *sheets[:2], "-o", str(tmp_path / "plain.npz")])
    with pytest.raises(InputError, match="without local features"):
        command.main(["register", "m", sheets[2], "-o", str(tmp_path / "plain.npz"), "--add", "--verify"])
