"""Finding the sheet in photos whose corners are known: overlap, misses, milliseconds on one core.

    python experiments/bench/locator.py PHOTOS/covers [--locator FILE] [--half even|odd] [--looks 0 1 2] [--scenes 300]

PHOTOS/covers holds quads.json (name to four corners of the *registered image* in the photo, relative to its width and
height), register/ and query/. A registered image may have a white margin that no photo shows; so the overlap is also
given with its content, the sheet that can be seen. Halves go by class: settings are chosen on the
even one. Time is that of the process, with the embedding's own time in the same run to compare it with.
"""

import argparse
import json
import os
from pathlib import Path
from time import process_time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2
import numpy as np
import torch

from docclf.gallery.embedder import open_model
from docclf.imaging.read import read_image
from docclf.locator import quad as quads
from docclf.locator.locate import Locator
from docclf.locator.training import scene
from docclf.synthetic.draw import draw

MODEL = Path(__file__).resolve().parents[1] / "released" / "lcnet_050_documents" / "model.onnx"
WHITE = 243  # grey level from which a pixel is margin
SEEN = 0.02  # share of a row that must be darker


def content(image: np.ndarray) -> np.ndarray:
    """Returns the corners [4,2] of what is not white margin, 0 to 1."""
    dark = image.min(axis=2) < WHITE
    rows, columns = (np.flatnonzero(dark.mean(axis=axis) > SEEN) for axis in (1, 0))
    low, high = np.array([columns[0], rows[0]]), np.array([columns[-1], rows[-1]]) + 1
    return (low + quads.SQUARE * (high - low)) / dark.shape[::-1]


def photos(root: Path, half: str) -> list[tuple[str, np.ndarray, np.ndarray, np.ndarray]]:
    """Returns name, pixels, corners of the registered image and of its content, relative, of each photo of a half."""
    known = json.loads((root / "quads.json").read_text())
    classes = {name: k for k, name in enumerate(sorted({name.split("/")[0] for name in known}))}
    found = []
    for name, corners in sorted(known.items()):
        if half != "all" and classes[name.split("/")[0]] % 2 != (half == "odd"):
            continue
        inner = content(read_image(root / "register" / f"{name.split('/')[0]}.jpg"))
        frame = np.array(corners)
        sheet = quads.through(quads.homography(quads.SQUARE, frame), inner)
        found.append((name, read_image(root / "query" / f"{name}.jpg"), frame, sheet))
    return found


def overlaps(locator: Locator, images: list[np.ndarray], wanted: list[list[np.ndarray]]) -> tuple[np.ndarray, float]:
    """Returns the overlap of the first answer with each list of corners [lists,n], and milliseconds an image."""
    start = process_time()
    answers = [locator.locate(image) for image in images]
    spent = 1000 * (process_time() - start) / len(images)
    sizes = [np.array(image.shape[1::-1]) for image in images]
    rows = [
        [0.0 if not a else quads.overlap(a[0].corners / s, w) for a, s, w in zip(answers, sizes, truth, strict=True)]
        for truth in wanted
    ]
    return np.array(rows), spent


def line(title: str, values: np.ndarray) -> str:
    """Returns a row of the table: median, shares above 0.9 and 0.8, misses below 0.5."""
    shares = [(values > 0.9).mean(), (values > 0.8).mean(), (values < 0.5).mean()]
    return f"| {title} | {np.median(values):.3f} | " + " | ".join(f"{share:.3f}" for share in shares) + " |"


def simulated(locator: Locator, count: int, seed: int) -> None:
    """Prints what is found in drawn scenes of designs that were not trained on, and in scenes without a sheet."""
    designs = [draw(design, 0, 1000 + seed, 256) for design in range(40)]
    grounds = np.random.default_rng(seed).integers(0, 256, (8, 12, 12, 3), dtype=np.uint8)

    def sheet(rng):
        return designs[int(rng.integers(len(designs)))]

    def ground(rng):
        return cv2.resize(grounds[int(rng.integers(8))], (160, 160), interpolation=cv2.INTER_CUBIC)

    made = [scene.draw(np.random.Generator(np.random.Philox(key=[seed + 77, k])), sheet, ground) for k in range(count)]
    empty = [len(locator.locate(drawn.image)) for drawn in made if not drawn.sheets]
    full = [drawn for drawn in made if drawn.sheets]
    best = [
        max([quads.overlap(a.corners / scene.SIDE, drawn.sheets[-1]) for a in locator.locate(drawn.image)], default=0)
        for drawn in full
    ]
    print(line(f"{len(full)} drawn scenes, the topmost sheet, best answer", np.array(best)))
    print(f"\nscenes without a sheet: {len(empty)}, of them answered with one: {sum(map(bool, empty))}")


def main() -> None:
    """Reads the command line and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", type=Path)
    parser.add_argument("--locator")
    parser.add_argument("--half", choices=("even", "odd", "all"), default="all")
    parser.add_argument("--looks", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--scenes", type=int, default=0)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    names, images, frames, sheets = zip(*photos(given.root, given.half), strict=True)
    bound = np.array([quads.overlap(a, b) for a, b in zip(frames, sheets, strict=True)])
    print(f"{len(names)} photos ({given.half}); overlap: median, above 0.9, above 0.8, below 0.5 or none\n")
    print("| | median | > 0.9 | > 0.8 | < 0.5 |\n|---|---|---|---|---|")
    print(line("the visible sheet itself against the registered frame: the bound", bound))
    for looks in given.looks:
        locator = Locator(given.locator, looks=looks, threads=1)
        (frame, sheet), spent = overlaps(locator, list(images), [list(frames), list(sheets)])
        print(line(f"{looks} closer looks, visible sheet, {spent:.1f} ms", sheet))
        print(line(f"{looks} closer looks, registered frame", frame))
    if given.scenes:
        simulated(Locator(given.locator, threads=1), given.scenes, 0)
    if MODEL.is_file():
        embedder = open_model(MODEL)
        start = process_time()
        for image in images[:50]:
            embedder([image])
        print(f"\nbeside it, an embedding of one view in the same run: {20 * (process_time() - start):.1f} ms")


if __name__ == "__main__":
    main()
