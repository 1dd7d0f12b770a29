"""File names and labels of every kind in what an evaluation writes, read back from it."""

import csv
import io
import json
import os

import numpy as np
import pytest
from PIL import Image

from docclf import library
from docclf.gallery.embedder import Embedder
from docclf.model.hog import Hog

NAMES = [
    "健保卡",
    "Snímek v\u00a013.05",
    "گواهی\u200cنامه",
    "\U0001f468\u200d\U0001f469",
    "\u202egnp",
    "red\x1b[31m",
    "two\nlines",
    "<b>'\"&{{7*7}}$x_{$ %s",
    "\x9bm",
    os.fsdecode(b"caf\xe9"),
]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A register and queries of these names, evaluated by gradient histograms, and the folder of the report."""
    root = tmp_path_factory.mktemp("names")
    for seed, name in enumerate(NAMES):
        pixels = np.random.default_rng(seed).integers(0, 256, (8, 12, 3)).astype(np.uint8)
        image = Image.fromarray(pixels).resize((72, 48))
        for path, turn in ((root / "register" / f"{name}.png", 0), (root / "query" / name / "q.png", 4)):
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(path, "wb") as stream:
                image.rotate(turn).save(stream, "PNG")
    found = library.evaluate(Embedder(Hog(32), "hog"), root / "register", root / "query", replicates=0)
    assert sorted(found.dataset.class_names("test")) == sorted(NAMES)
    found.report(root / "out")
    return root / "out"


def test_the_page_holds_every_name_and_nothing_raw(written):
    page = (written / "report.html").read_text("utf-8")
    assert all(name in page for name in NAMES[:4])
    assert "caf\\xe9" in page and "red\\x1b[31m" in page and "\\u202egnp" in page
    assert not any(mark in page for mark in ("\x1b", "\x9b", "\u202e", "<b>'", "49$"))


def test_tables_give_the_very_names(written):
    text = (written / "queries.csv").read_bytes().decode("utf-8", "surrogateescape")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert sorted(row["class"] for row in rows) == sorted(NAMES)


def test_json_is_valid_and_reads_back(written):
    data = (written / "metrics.json").read_bytes()
    json.loads(data.decode("utf-8"))
