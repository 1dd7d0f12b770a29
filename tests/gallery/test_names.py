"""Labels and file names of every kind through a gallery: registered, stored, matched, printed and read back."""

import json
import os
import unicodedata

import numpy as np
import pytest
from image_files import save
from PIL import Image

from docclf.errors import InputError
from docclf.gallery import __main__ as command
from docclf.gallery import storage
from docclf.gallery.command import change, match
from docclf.gallery.embedder import Embedder
from docclf.gallery.gallery import Gallery
from docclf.gallery.images import folder
from docclf.gallery.match import checked
from docclf.model.hog import Hog

AS_TYPED = [
    "Screenshot at 3.45\u202fPM",
    "Snímek v\u00a013.05",
    "身分證\u3000正面",
    "گواهی\u200cنامه",
    "\U0001f468\u200d\U0001f469",
    "\u200fעברית",
    " two spaces ",
    os.fsdecode(b"caf\xe9"),
    "\u202egnp.exe",
]
REFUSED = {"a\nb": "U+000A", "red\x1b[31m": "U+001B", "tab\there": "U+0009", "\x9bm": "U+009B", "line\u2028": "U+2028"}


@pytest.fixture
def hog(monkeypatch):
    """Stands for the model of every command, which then needs no checkpoint."""
    embedder = Embedder(Hog(32), "hog")
    for module in (change, match):
        monkeypatch.setattr(module, "open_model", lambda *_: embedder)
    return embedder


def drawn(path, seed):
    """Writes a picture of its own under a name of any bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (40, 47, 3), dtype=np.uint8)
    with open(path, "wb") as stream:
        Image.fromarray(pixels).save(stream, "PNG")
    return path


def run(*words):
    command.main([str(word) for word in words])


def test_every_label_a_person_types_goes_round(tmp_path, hog, capsys):
    for seed, label in enumerate(AS_TYPED):
        drawn(tmp_path / "in" / f"{label}.png", seed)
    drawn(tmp_path / "in" / "folder" / "new\nline.png", 99)
    run("register", "model", tmp_path / "in", "--out", tmp_path / "g.npz", "--threshold", 0.99)
    gallery = storage.load(tmp_path / "g.npz", hog)
    assert set(gallery.counts()) == {*(unicodedata.normalize("NFC", label) for label in AS_TYPED), "folder"}
    assert "folder/new\nline.png" in gallery.names
    capsys.readouterr()
    files = [str(tmp_path / "in" / f"{label}.png") for label in AS_TYPED]
    run("match", tmp_path / "g.npz", *files, "--model", "model", "--json")
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["label"] for answer in answers] == AS_TYPED and [answer["image"] for answer in answers] == files
    run("match", tmp_path / "g.npz", *files, "--model", "model")
    run("list", tmp_path / "g.npz")
    printed = capsys.readouterr().out
    assert all(
        letter.isprintable() or letter == "\n" or letter in "\u202f\u00a0\u3000\u200c\u200d\u200f" for letter in printed
    )
    for label in AS_TYPED:
        run("remove", tmp_path / "g.npz", label)
    assert list(storage.load(tmp_path / "g.npz").counts()) == ["folder"]


@pytest.mark.parametrize("label", REFUSED)
def test_a_label_that_ends_or_moves_a_line_names_its_code_point(label):
    with pytest.raises(InputError) as error:
        checked(label)
    assert REFUSED[label] in str(error.value) and str(error.value).isprintable()


def test_files_with_bad_labels_are_left_out_and_named(tmp_path, hog, capsys):
    for seed, label in enumerate([*REFUSED, "unknown", "good"]):
        drawn(tmp_path / "in" / f"{label}.png", seed)
    found, findings = folder(tmp_path / "in", 32)
    assert [row.label for row in found] == ["good"]
    said = "\n".join(map(str, findings))
    assert all(code in said for code in REFUSED.values()) and "unknown.png" in said and "\x1b" not in said
    run("register", "model", tmp_path / "in", "--out", tmp_path / "g.npz", "--threshold", 0.5)
    assert "registered: 1 images of 1 labels" in capsys.readouterr().out


def test_one_bad_file_among_several_does_not_cost_the_others(tmp_path, hog, capsys):
    good = [drawn(tmp_path / f"{seed}.png", seed) for seed in range(2)]
    gallery = Gallery(hog)
    gallery.register([row for row in folder(tmp_path, 32)[0]])
    gallery.set_threshold({"cosine": 0.9})
    storage.save(gallery, tmp_path / "g.npz")
    (tmp_path / "scan.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "cut.png").write_bytes(good[0].read_bytes()[:900])
    words = [good[0], tmp_path / "scan.pdf", tmp_path / "none.png", tmp_path / "cut.png", tmp_path, good[1]]
    with pytest.raises(InputError, match="4 of 6 images could not be read"):
        run("match", tmp_path / "g.npz", *words, "--model", "model", "--json")
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer.get("label") for answer in answers] == ["0", None, None, None, None, "1"]
    assert "pdftoppm" in answers[1]["error"] and "cannot be opened" in answers[2]["error"]
    with pytest.raises(InputError, match="1 of 2"):
        run("match", tmp_path / "g.npz", tmp_path / "cut.png", good[1], "--model", "model")
    assert f"{good[1]}: 1  cosine" in capsys.readouterr().out


def test_what_is_not_read_is_named_as_missing(tmp_path):
    save(tmp_path / "A.png", 0)
    (tmp_path / "B.pdf").write_bytes(b"%PDF")
    (tmp_path / "C").symlink_to(tmp_path / "unmounted")
    said = [str(finding) for finding in folder(tmp_path, 32)[1]]
    assert "missing: B is not registered: none of its images can be read" in said
    assert any(line.startswith("missing: C is not registered") for line in said)
    assert any("B.pdf: PDF is not read" in line for line in said)
