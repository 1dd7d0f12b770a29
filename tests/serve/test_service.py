"""What the service answers, keeps, and shares between its processes."""

import json
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from serve_client import MODEL, client, document, sent

from docclf.gallery import storage
from docclf.gallery.embedder import open_model
from docclf.gallery.gallery import Gallery
from docclf.gallery.images import Picture
from docclf.imaging.read import read_image
from docclf.results import thresholds
from docclf.serve import tokens
from docclf.serve.__main__ import database, parser, settings
from docclf.store.open import open_store


def test_the_answer_is_the_gallery_s_own(service, documents):
    gallery = Gallery(open_model(MODEL))
    for number, content in enumerate(documents):
        gallery.register([Picture(f"kind {number}", "x.png", str(number), read_image(content))])
    gallery.set_threshold(thresholds.given(0.6))
    assert service.put("/api/threshold", data={"cosine": 0.6}).json()["evidence"].startswith("cosine 0.6000 (given by")
    for number in (0, 3, 9):
        photo = document(number, "JPEG", quality=40)
        want, got = gallery.match([read_image(photo)], 3)[0], service.post("/api/match", files=sent(photo)).json()
        assert (got["label"], got["best"], got["cosine"], got["margin"]) == (
            want.label, want.best, want.cosine, want.margin)  # fmt: skip
        assert got["state"] == ("known" if want.label else "unknown") and got["probability"] is None
        assert [(row["label"], row["cosine"]) for row in got["top"]][:3] == [tuple(row) for row in want.top]


def test_filters_leave_rows_and_nothing_is_not_unknown(service, documents):
    got = service.post("/api/match", files=sent(documents[0]), data={"where": "country=TW"}).json()
    assert got["best"] != "kind 0" and len(got["top"]) == 3
    got = service.post("/api/match", files=sent(documents[0]), data={"where": "country=DE"}).json()
    assert got["state"] == "nothing_to_compare" and got["top"] == []
    got = service.post("/api/match", files=sent(documents[0]), data={"where": "colour=red"})
    assert got.status_code == 422 and "no attribute 'colour'; there are: country" in got.json()["detail"]


def test_concurrent_queries_get_their_own_answers(service, documents):
    alone = [service.post("/api/match", files=sent(content)).json() for content in documents]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda n: service.post("/api/match", files=sent(documents[n % 4])).json(), range(24)))
    assert together == [alone[n % 4] for n in range(24)]


def test_the_sheet_is_found_and_laid_straight(service, documents):
    page = np.full((700, 700, 3), 90, np.uint8)
    page[150:470, 200:440] = read_image(documents[2])
    import cv2

    photo = cv2.imencode(".png", cv2.cvtColor(page, cv2.COLOR_RGB2BGR))[1].tobytes()
    whole = service.post("/api/match", files=sent(photo), data={"verify": "true"}).json()
    found = whole["verified"]
    assert (whole["state"], whole["label"], whole["by"]) == ("known", "kind 2", "verification") and found["accepted"]
    assert found["label"] == "kind 2" and found["crop"].startswith("data:image/jpeg;base64,")
    want = np.array([[200, 150], [440, 150], [440, 470], [200, 470]])
    assert np.abs(np.array(found["corners"]) - want).max() < 4
    plain = service.post("/api/match", files=sent(document(2)), data={"verify": "true"}).json()
    assert plain["verified"]["label"] == "kind 2"


def test_what_is_registered_is_listed_shown_and_removed(tmp_path, documents):
    with client(tmp_path) as service:
        assert service.post("/api/match", files=sent(documents[0])).json()["state"] == "nothing_to_compare"
        first = service.post("/api/register", files=sent(documents[0], "../../etc/a.png"), data={"label": "健保卡/前"})
        assert first.status_code == 201 and first.json()["name"] == "a.png"
        again = service.post("/api/register", files=sent(documents[0]), data={"label": "健保卡/前"})
        assert again.status_code == 200 and again.json()["image"] == first.json()["image"]
        other = service.post("/api/register", files=sent(documents[0]), data={"label": "other"})
        assert other.status_code == 422 and "registered as 健保卡/前" in other.json()["detail"]
        alike = document(0, "JPEG", quality=95)
        told = service.post("/api/register", files=sent(alike), data={"label": "twin"}).json()["findings"]
        assert len(told) == 1 and "健保卡/前 looks alike" in told[0]
        assert service.get("/api/siblings").json()["alike"][0]["labels"] == ["twin", "健保卡/前"]
        for number in (1, 2):
            service.post("/api/register", files=sent(documents[number]), data={"label": f"{number}"})
        page = service.get("/api/labels", params={"limit": 2}).json()
        assert [row["label"] for row in page["labels"]] == ["1", "2"] and page["total_labels"] == 4
        assert len(service.get("/api/labels", params={"after": "2"}).json()["labels"]) == 2
        picture = service.get(f"/api/images/{first.json()['image']}")
        assert picture.headers["content-type"] == "image/jpeg" and read_image(picture.content).shape == (320, 240, 3)
        assert service.delete("/api/labels/健保卡/前").json() == {"removed": 1}
        assert service.delete(f"/api/images/{first.json()['image']}").status_code == 404
        assert service.get("/api/labels").json()["total_images"] == 3
    with client(tmp_path) as service:  # another process over the same gallery
        assert service.get("/api/labels").json()["total_images"] == 3


def test_two_services_see_each_other_s_rows(tmp_path, documents):
    with client(tmp_path) as one, client(tmp_path) as two:
        for number, content in enumerate(documents):
            writer, reader = (one, two) if number % 2 else (two, one)
            writer.post("/api/register", files=sent(content), data={"label": str(number)})
            assert reader.post("/api/match", files=sent(content)).json()["best"] == str(number)
        one.delete("/api/labels/3")
        assert two.post("/api/match", files=sent(documents[3])).json()["best"] != "3"


def test_tenants_see_nothing_of_each_other(tmp_path, documents):
    names = {"bank_a": ("write", "a" * 16), "bank_b": ("write", "b" * 16), "reader": ("read", "c" * 16)}
    path = tmp_path / "tokens"
    path.write_text("# whose\n" + "".join(f"{who} {may} {token}\n" for who, (may, token) in names.items()))
    mine = {"tokens": tokens.read(path), "open_reads": False}
    with client(tmp_path, "a" * 16, **mine) as service:
        b, reader = ({"authorization": f"Bearer {letter * 16}"} for letter in "bc")
        row = service.post("/api/register", files=sent(documents[0]), data={"label": "secret"}).json()
        service.put("/api/threshold", data={"cosine": 0.123})
        assert "tenant" not in json.dumps(row)
        assert service.get(f"/api/images/{row['image']}").status_code == 200
        assert service.get(f"/api/images/{row['image']}", headers=b).status_code == 404
        assert service.delete(f"/api/images/{row['image']}", headers=b).status_code == 404
        assert service.delete("/api/labels/secret", headers=b).status_code == 404
        assert service.get("/api/labels", headers=b).json() == {"labels": [], "total_labels": 0, "total_images": 0}
        assert service.post("/api/match", files=sent(documents[0]), headers=b).json()["state"] == "nothing_to_compare"
        same = service.post("/api/register", files=sent(documents[0]), data={"label": "secret"}, headers=b)
        assert same.status_code == 201 and same.json()["findings"] == [] and same.json()["image"] != row["image"]
        asked = service.post("/api/match", files=sent(documents[0]), data={"where": "tenant=bank_b"})
        assert asked.json()["state"] == "nothing_to_compare"
        assert service.get("/api/siblings", headers=b).json() == {"alike": [], "confused": []}
        assert service.get("/api/threshold", headers=b).json()["cosine"] != 0.123
        assert (
            service.post("/api/register", files=sent(documents[1]), data={"label": "x"}, headers=reader).status_code
            == 403
        )
        assert service.get("/api/labels", headers={"authorization": "Bearer nobody"}).status_code == 401
        assert "bank" not in service.get("/api/metrics").text and "secret" not in service.get("/api/metrics").text


def test_a_calibration_gives_a_threshold_and_probabilities(tmp_path, documents, monkeypatch):
    from docclf.serve.work import calibration

    with client(tmp_path) as service:
        for number, content in enumerate(documents):
            service.post("/api/register", files=sent(content), data={"label": str(number)})
        wrong = service.put("/api/threshold", data={"fpr": 0.01})
        assert wrong.status_code == 422 and "needs a calibration" in wrong.json()["detail"]
        assert service.get("/api/calibrate").json()["state"] == "none"
        monkeypatch.setattr(calibration.run, "__defaults__", (20,))  # drawn documents that play what is not registered
        calibration.main([str(tmp_path / "g.db"), MODEL, "", "fpir", "0.1", "3"])
        assert service.get("/api/calibrate").json()["state"] == "done", service.get("/api/calibrate").json()
        assert "promised" in service.get("/api/threshold").json()["evidence"]
        found = service.post("/api/match", files=sent(documents[1])).json()["probability"]
        assert 0.5 < found["right"] <= 1 and found["fresh"]
        service.delete("/api/labels/0")
        assert service.post("/api/match", files=sent(documents[1])).json()["probability"]["fresh"] is False
        store = open_store(tmp_path / "g.db")
        store.keep({"calibrating/": {"state": "running", "pid": 2**22 + 1}})
        assert service.get("/api/calibrate").json()["state"] == "interrupted"
        store.delete([row.id for row in store.scan()])
        calibration.main([str(tmp_path / "g.db"), MODEL, "", "fpir", "0.1", "3"])
        assert "register at least two" in service.get("/api/calibrate").json()["error"]


def test_another_model_takes_over_without_a_wrong_answer(tmp_path, documents):
    other = MODEL.replace("lcnet_050_documents", "lcnet_100_free")
    model = tmp_path / "model.onnx"
    shutil.copy(MODEL, model)
    with client(tmp_path, model=str(model)) as one, client(tmp_path, model=str(model)) as two:
        for number, content in enumerate(documents):
            one.post("/api/register", files=sent(content), data={"label": str(number)})
        before = one.get("/api/health").json()["model"]
        assert one.post("/api/reload").json()["embedded"] == 0
        shutil.copy(other, tmp_path / "new.onnx")
        (tmp_path / "new.onnx").replace(model)
        with ThreadPoolExecutor(4) as pool:
            asked = [pool.submit(two.post, "/api/match", files=sent(documents[n % 4])) for n in range(12)]
            assert one.post("/api/reload").json()["embedded"] == 4
            assert [row.result().json()["best"] for row in asked] == [str(n % 4) for n in range(12)]
        for service in (one, two):
            assert service.get("/api/health").json()["model"] != before
            found = service.post("/api/match", files=sent(documents[2])).json()
            assert found["best"] == "2" and found["cosine"] > 0.98
        sqlite3.connect(tmp_path / "g.db", isolation_level=None).execute("UPDATE rows SET picture = NULL")
        shutil.copy(MODEL, model)
        refused = one.post("/api/reload")
        assert refused.status_code == 422 and "no picture to embed again" in refused.json()["detail"]
        assert one.post("/api/match", files=sent(documents[2])).json()["best"] == "2"


def test_a_gallery_file_is_taken_over_and_another_model_refused(tmp_path, documents, capsys):
    gallery = Gallery(open_model(MODEL))
    gallery.register([Picture("a", "a.png", "0" * 64, read_image(documents[0]))])
    gallery.set_threshold(thresholds.given(0.7))
    storage.save(gallery, tmp_path / "g.npz")
    assert database(str(tmp_path / "g.npz")) == str(tmp_path / "g.db")
    assert "1 images" in capsys.readouterr().out and database(str(tmp_path / "g.npz")) and not capsys.readouterr().out
    with client(tmp_path) as service:
        got = service.post("/api/match", files=sent(documents[0])).json()
        assert got["label"] == "a" and got["threshold"]["cosine"] == 0.7
    with (
        pytest.raises(ValueError, match="vectors of two models"),
        client(tmp_path, model=MODEL.replace("lcnet_050_documents", "lcnet_100_free")),
    ):
        pass


@pytest.mark.parametrize(
    "words, told",
    [
        (["--host", "0.0.0.0"], "give --tokens"),
        (["--rate", "0"], "--rate 0.0: want more than 0"),
        (["--max-mb", "-1"], "--max-mb"),
        (["--model", "nothing.onnx"], "no such file"),
        (["--tokens", "nothing"], "cannot be read"),
    ],
)
def test_a_service_that_should_not_start_says_why(words, told, tmp_path):
    with pytest.raises(ValueError, match=told):
        settings(parser().parse_args([str(tmp_path / "g.db"), "--model", MODEL, *words]))


def test_the_token_is_kept_for_its_owner_s_eyes(tmp_path):
    found, token = settings(parser().parse_args([str(tmp_path / "g.db"), "--model", MODEL]))
    assert (tmp_path / "g.db.token").stat().st_mode & 0o777 == 0o600 and tokens.own(str(tmp_path / "g.db")) == token
    assert token not in repr(found)
    for line in ("a write short", "a both " + "x" * 20, "a", "# only"):
        (tmp_path / "t").write_text(line)
        with pytest.raises(ValueError):
            tokens.read(tmp_path / "t")
