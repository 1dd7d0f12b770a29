"""The last step of the quickstart: a photo of an unseen document is matched, cut out and put into the report."""

import cv2
import numpy as np

from docclf.gallery.embedder import Embedder
from docclf.model.hog import Hog
from experiments import found


def test_a_photo_is_matched_and_shown(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(found, "open_model", lambda path: Embedder(Hog(32), "hog"))
    (tmp_path / "report.html").write_text(f"<p>before</p>{found.MARK}Data</h2>")
    answer = found.show(tmp_path, 10, 7, 0)
    assert answer.best == "document 7" and "points agree" in capsys.readouterr().out
    image = cv2.imread(str(tmp_path / "found.png"))
    assert image.shape[0] == found.HEIGHT and image.shape[1] > 2 * found.HEIGHT
    page = (tmp_path / "report.html").read_text()
    assert page.index("before") < page.index("data:image/png;base64,") < page.index(found.MARK)
    found.show(tmp_path, 10, 7, 0)
    assert (tmp_path / "report.html").read_text() == page  # once


def test_the_photo_shows_another_copy_on_a_desk():
    photo = found.photographed(3, 0)
    assert photo.shape[1] == 960 and not np.array_equal(photo, found.photographed(4, 0))
