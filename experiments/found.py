"""A photo of a drawn document on a drawn desk: matched, cut out and shown: ``python -m experiments.found RUN``.

Registers drawn documents that the run in the folder RUN was not trained on, with its best.ckpt; photographs a copy of
one that other people filled in; writes found.png beside the checkpoint and puts it into report.html.
"""

import argparse
import base64
from pathlib import Path

import cv2
import numpy as np

from docclf.cli import entry
from docclf.evaluation.calibrate import scene
from docclf.gallery.embedder import open_model
from docclf.gallery.gallery import Gallery
from docclf.gallery.images import Picture
from docclf.gallery.verified import Found
from docclf.imaging.scene.desk import desk
from docclf.synthetic.capture import capture
from docclf.synthetic.draw import draw
from docclf.utils import atomic
from docclf.verify.homography import Homography

FIRST = 950_000  # design number: training begins at 0, the test documents end before
HEIGHT = 420  # of the picture, pixels
MARK = '<h2 id="facts">'


def photographed(number: int, seed: int) -> np.ndarray:
    """Returns another copy of a design, captured as the evaluation's camera does and laid on a desk, uint8 [h,w,3]."""
    copy = capture(draw(FIRST + number, 1, seed), (seed, FIRST + number, 0))
    return scene(copy, desk(seed, 960), np.random.default_rng([seed, number]), 960)


def picture(photo: np.ndarray, sheet: np.ndarray, found: Found) -> np.ndarray:
    """Returns the photo with the sheet outlined, the sheet cut out, and the registered image, side by side."""
    marked = photo.copy()
    parts = [marked, sheet]
    if found.corners is not None:
        outline = np.rint(found.corners).astype(np.int32)
        cv2.polylines(marked, [outline], True, (255, 60, 0), 3, cv2.LINE_AA)
        parts.insert(1, found.crop(photo))
    sized = [cv2.resize(one, (round(HEIGHT * one.shape[1] / one.shape[0]), HEIGHT), None, 0, 0, cv2.INTER_AREA)
             for one in parts]  # fmt: skip
    gap = np.full((HEIGHT, 12, 3), 255, np.uint8)
    return np.concatenate([piece for one in sized for piece in (one, gap)][:-1], axis=1)


def show(run: Path, documents: int, number: int, seed: int) -> Found:
    """Matches a photo and writes found.png into the folder of a run; returns the answer."""
    gallery = Gallery(open_model(run / "best.ckpt"), verifier=Homography())
    sheets = [draw(FIRST + i, 0, seed) for i in range(documents)]
    gallery.register([Picture(f"document {i}", f"{i}", f"{i:064x}", sheet) for i, sheet in enumerate(sheets)])
    photo = photographed(number, seed)
    found = gallery.match([photo])[0]
    best = int(found.best.removeprefix("document "))
    encoded = cv2.imencode(".png", cv2.cvtColor(picture(photo, sheets[best], found), cv2.COLOR_RGB2BGR))[1].tobytes()
    atomic.write_bytes(run / "found.png", encoded)
    told = f"document {number} on a desk, among {documents} registered: {found.answer}, score {found.score:.3f}"
    told += f"; {found.why}."
    page = run / "report.html"
    if page.is_file() and 'id="found"' not in (text := page.read_text("utf-8")):
        source = "data:image/png;base64," + base64.b64encode(encoded).decode()
        part = f'<h2 id="found">A photo, found</h2>\n<p class="soft">{told}</p>\n<img src="{source}" alt="{told}">\n'
        atomic.write_text(page, text.replace(MARK, part + MARK, 1))
    print(f"{told}\nthe photo, the sheet cut out, the registered image: {run / 'found.png'}")
    return found


def main(words: list[str] | None = None) -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m experiments.found", description=__doc__.split("\n\n")[0])
    parser.add_argument("run", type=Path, help="folder of a run, with best.ckpt")
    parser.add_argument("--documents", type=int, default=50, help="documents to register (default: 50)")
    parser.add_argument("--number", type=int, default=7, help="which of them is photographed")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(words)
    show(chosen.run, chosen.documents, chosen.number, chosen.seed)


if __name__ == "__main__":
    entry.run(main)
