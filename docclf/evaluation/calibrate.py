"""Fits the score of verification: ``python -m docclf.evaluation.calibrate MODEL OUT.json``.

Drawn documents that no set here is tested on, and images of folders that were trained on, are registered; their
simulated photos are the queries: captured as the evaluation's camera does, every second one then laid on a ground at
any roll, tilt and size. No photograph is looked at.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from docclf.cli import entry
from docclf.data.sources.scan import check_folder, scan
from docclf.gallery.embedder import Embedder, open_model
from docclf.imaging.read import read_image
from docclf.synthetic.capture import capture
from docclf.synthetic.draw import draw
from docclf.utils import atomic
from docclf.utils.reading.sealed import seal
from docclf.verify.calibration import FEATURES
from docclf.verify.homography import Checked, Homography
from docclf.verify.store import Store

FIRST = 440_000  # design number: training takes the first, validation and test begin at 450,000 and 900,000
STRENGTHS = (1.0, 1.6)  # of the simulated camera, for every two photos in turn
# Inverse of scikit-learn's penalty. Strong: photos differ from simulations, and a crop's cosine falls first.
STRENGTH = 0.02
TARGET = 1e-3  # share of all impostor pairs, checked or not, that the threshold lets pass


def scene(document: np.ndarray, ground: np.ndarray, rng: np.random.Generator, width: int = 320) -> np.ndarray:
    """Returns a document on a ground, uint8 [H,width,3]: any roll, some tilt, a sixth to most of the frame."""
    height = int(rng.integers(240, 321)) * width // 320
    ground = cv2.resize(ground, (width, height), interpolation=cv2.INTER_AREA)
    ground = cv2.GaussianBlur(ground, (0, 0), rng.uniform(0.5, 3))
    h, w = document.shape[:2]
    size = np.sqrt(rng.uniform(0.16, 0.8) * height * width / (h * w))
    around = np.array([[-w, -h], [w, -h], [w, h], [-w, h]]) / 2 * size
    roll = rng.uniform(0, 2 * np.pi)
    around = around @ np.array([[np.cos(roll), np.sin(roll)], [-np.sin(roll), np.cos(roll)]])
    tilt = rng.uniform(-0.3, 0.3, 2) / max(height, width)
    around = around / (1 + around @ tilt)[:, None]
    quad = around + [width * rng.uniform(0.4, 0.6), height * rng.uniform(0.4, 0.6)]
    ends = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    turn = cv2.getPerspectiveTransform(ends, quad.astype(np.float32))
    laid = cv2.warpPerspective(document, turn, (width, height), flags=cv2.INTER_AREA)
    mask = cv2.warpPerspective(np.full((h, w), 255, np.uint8), turn, (width, height))[..., None] / 255
    return np.rint(laid * mask + ground * (1 - mask)).astype(np.uint8)


def pairs(designs: int, folders: list[Path], each: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Returns (registered image, what is photographed): drawn designs filled in twice, and images of folders."""
    found = [(draw(FIRST + i, 0, seed), draw(FIRST + i, 1, seed)) for i in range(designs)]
    for root in folders:
        names = scan(check_folder(root, "--images"))[0]
        chosen = np.random.default_rng(seed).permutation(len(names))[:each]
        found += [(image, image) for image in (read_image(root / names[i]) for i in sorted(chosen))]
    return found


def observed(
    model: Embedder, check: Homography, shown: list[tuple[np.ndarray, np.ndarray]], captures: int, seed: int
) -> list[tuple[bool, Checked]]:
    """Returns (same document, what became of it) for every candidate of every simulated photo."""
    documents = [document for document, _ in shown]
    vectors, store = model(documents), Store.of([check.describe(document) for document in documents])
    found = []
    for i, (_, copy) in enumerate(shown):
        for k in range(captures):
            rng = np.random.default_rng([seed, i, k])
            photo = capture(copy, (seed, FIRST + i, k), strength=STRENGTHS[k // 2 % len(STRENGTHS)])
            if k % 2:
                photo = scene(photo, documents[int(rng.integers(len(documents)))], rng)
            cosines = (vectors @ model([photo])[0]).astype(np.float64)
            found += [(one.row == i, one) for one in check.check(photo, cosines, store, vectors, model)]
    return found


def fitted(found: list[tuple[bool, Checked]]) -> dict[str, list[float]]:
    """Returns state to coefficients and constant."""
    from sklearn.linear_model import LogisticRegression

    def features(state: str, one: Checked) -> list[float]:
        values = {"cosine": one.cosine, "covered": one.covered, "after": one.after}
        values["points"] = np.log2(max(one.inliers, 1))
        return [float(values[name]) for name in FEATURES[state]]

    weights = {}
    for state in FEATURES:
        # Drawn documents are seldom blank: what a cosine alone is worth is read off all candidates.
        rows = [(same, one) for same, one in found if state in (one.state, "blank")]
        x, y = np.array([features(state, one) for _, one in rows]), np.array([same for same, _ in rows])
        line = LogisticRegression(C=STRENGTH, max_iter=1000).fit(x, y)
        weights[state] = [round(float(value), 4) for value in (*line.coef_[0], line.intercept_[0])]
    return weights


def threshold(
    found: list[tuple[bool, Checked]], weights: dict[str, list[float]], photos: int, registered: int
) -> tuple[float, float]:
    """Returns the score that `TARGET` of all impostor pairs reach, and the share of the genuine ones that do."""
    from docclf.verify.calibration import Calibration

    rated = Calibration(weights, 0.5, {})
    scores = {True: [], False: []}
    for same, one in found:
        values = (one.cosine, one.after, np.log2(one.inliers), one.covered) if one.state == "found" else (one.cosine,)
        scores[same].append(rated.score(one.state, *values))
    permitted = int(TARGET * photos * (registered - 1))
    falling = np.sort(scores[False])[::-1]
    cut = float(falling[permitted]) if permitted < len(falling) else 0.0
    cut = float(np.clip(cut, 0.01, 0.99)) + 1e-4  # above the score that is one too many
    return round(cut, 4), float((np.array(scores[True]) >= cut).sum() / photos)


def main(words: list[str] | None = None) -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m docclf.evaluation.calibrate", description=__doc__)
    parser.add_argument("model", help="checkpoint or ONNX file")
    parser.add_argument("out", type=Path)
    parser.add_argument("--designs", type=int, default=160, help="documents to draw (default: 160)")
    parser.add_argument("--images", type=Path, nargs="*", default=[], help="folders of images to photograph as well")
    parser.add_argument("--each", type=int, default=60, help="images of each folder (default: 60)")
    parser.add_argument("--captures", type=int, default=4, help="photos of each, every second one on a ground")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(words)
    model = open_model(chosen.model)
    shown = pairs(chosen.designs, chosen.images, chosen.each, chosen.seed)
    found = observed(model, Homography(), shown, chosen.captures, chosen.seed)
    weights = fitted(found)
    cut, tpr = threshold(found, weights, len(shown) * chosen.captures, len(shown))
    count = {state: [sum(one.state == state and same == t for t, one in found) for same in (True, False)]
             for state in FEATURES}  # fmt: skip
    about = {
        "command": f"python -m docclf.evaluation.calibrate MODEL OUT.json --designs {chosen.designs} "
        f"--captures {chosen.captures} --seed {chosen.seed} --each {chosen.each} --images "
        + " ".join(root.name for root in chosen.images),
        "model": model.fingerprint,
        "features": {state: [*names, "constant"] for state, names in FEATURES.items()},
        "genuine and impostor pairs": count,
        "threshold": f"{TARGET:.0e} of the impostor pairs of simulated photos reach it, {tpr:.3f} of the genuine ones",
    }
    content = {"weights": weights, "threshold": cut, "about": about}
    atomic.write_text(chosen.out, json.dumps(seal(content), indent=2) + "\n")
    print(json.dumps(content, indent=2))


if __name__ == "__main__":
    entry.run(main)
