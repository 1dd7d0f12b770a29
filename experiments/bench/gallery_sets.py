"""The sets that codes are measured on, as vectors of one model; embedded once and kept in a folder.

designs: drawn documents that no training sees; covers: photographs of film covers, cropped, among 450 more registered
covers; banknotes: photographs and scans among 89 more. A fifth of the classes is not registered, so that FNIR@FPIR is
there. `val` (other drawn designs) is what choices are made by, and `fit` what is fitted: clean images, and simulated
photographs of them, of pools that no set uses.
"""

import hashlib
import os
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch

import docclf
from docclf.calibrate.simulate import captures
from docclf.data.register_query import RegisterQuery
from docclf.data.sources.scan import scan
from docclf.data.synthetic import Synthetic
from docclf.evaluation.embed import embedded
from docclf.gallery.embedder import unit

FIT = ("bookcovers_1", "xwing_cards", "us_forms", "tarot", "id_specimens", "receipts_de")
EACH = 5  # simulated photographs of each image that is fitted to


@dataclass
class Set:
    """Unit vectors and labels of both sides."""

    name: str
    rows: np.ndarray
    labels: np.ndarray
    queries: np.ndarray
    asked: np.ndarray

    def open(self) -> "Set":
        """Returns it without the registered images of every fifth class that has queries."""
        known = np.intersect1d(self.labels, self.asked)
        if set(self.asked) - set(self.labels):
            return self
        kept = ~np.isin(self.labels, known[::5])
        return Set(self.name, self.rows[kept], self.labels[kept], self.queries, self.asked)


def load(model_path: str, photos: Path, pool: Path, cache: Path) -> tuple[list[Set], Set, np.ndarray, np.ndarray]:
    """Returns the sets, the one that choices are made by, and clean and photographed vectors to fit to."""
    model = docclf.load(model_path)
    key = hashlib.sha256(model.fingerprint.encode()).hexdigest()[:12]
    cache.mkdir(parents=True, exist_ok=True)

    def kept(name: str, make) -> dict[str, np.ndarray]:
        path = cache / f"{name}_{key}.npz"
        if not path.exists():
            print(f"embedding {name}", flush=True)
            np.savez(path, **make())
        return dict(np.load(path))

    def one(name: str, dataset: type, split: str, **settings) -> Set:
        def make() -> dict[str, np.ndarray]:
            data = dataset(image_size=model.image_size, seed=0, batch_size=64, **settings)
            found = embedded(model.model, data, split, torch.device("cpu"))
            return {
                "rows": unit(found.register.numpy()),
                "labels": found.register_labels.numpy(),
                "queries": unit(found.query.numpy()),
                "asked": found.query_labels.numpy(),
            }

        return Set(name, **kept(name, make)).open()

    def fit() -> dict[str, np.ndarray]:
        paths = [pool / folder / name for folder in FIT for name in scan(pool / folder)[0]]
        images = [docclf.read_image(path) for path in paths]
        photographed, at = [], captures(images, EACH)
        while block := [photo for _, photo in islice(at, 64)]:
            photographed.append(model(block))
        return {"rows": model(images), "queries": np.concatenate(photographed)}

    sets = [
        one("designs", Synthetic, "test"),
        one("covers", RegisterQuery, "test", root=str(photos / "covers_cropped"),
            distractors=str(pool / "bookcovers_2"), distractors_max=450),
        one("banknotes", RegisterQuery, "test", root=str(photos / "banknotes"), distractors=str(pool / "banknotes")),
    ]  # fmt: skip
    fitted = kept("fit", fit)
    return sets, one("val", Synthetic, "val"), fitted["rows"], fitted["queries"]


def jittered(rows: np.ndarray, count: int, seed: int, out: Path | None = None, amount: float = 0.5) -> np.ndarray:
    """Returns ``count`` unit vectors drawn around real ones, in memory or as a file that is mapped.

    Noise of ``amount`` times a unit vector's length is added and the sum brought to length 1: cosine 0.89 with the
    real one at 0.5, about that of a photograph.
    """
    width = rows.shape[1]
    found = np.empty((count, width), np.float32) if out is None else np.lib.format.open_memmap(
        out, "w+", np.float32, (count, width)
    )  # fmt: skip
    rng = np.random.default_rng(seed)
    for at in range(0, count, 65_536):
        n = min(65_536, count - at)
        block = rows[rng.integers(0, len(rows), n)] + amount / np.sqrt(width) * rng.standard_normal(
            (n, width), np.float32
        )
        found[at : at + n] = block / np.linalg.norm(block, axis=1, keepdims=True)
    if out is not None:
        found.flush()
        return np.load(out, mmap_mode="r")
    return found


def photos_folder() -> Path:
    """Returns the folder of the photographs, from the environment."""
    return Path(os.environ.get("DOCCLF_PHOTOS", "photos"))
