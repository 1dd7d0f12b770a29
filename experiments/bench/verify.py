"""What a verified query costs on one core, and whether it is still found, as the register grows.

python experiments/bench/verify.py MODEL PHOTOS/covers POOL... --sizes 500 2000 10000

PHOTOS/covers holds register/ and query/; the images of the folders POOL fill the register up, and mirrored where there
are too few. Times are CPU milliseconds of this process on one thread. SIFT against all pairs stands beside: measured on
some of the registered images and scaled to all of them.
"""

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2
import faiss
import numpy as np
import torch

from docclf.data.sources.scan import scan
from docclf.gallery.embedder import open_model
from docclf.imaging.feature.local import Points, fitted
from docclf.imaging.read import read_image
from docclf.verify.homography import Homography, combined
from docclf.verify.shortlist import votes
from docclf.verify.store import Store


def filled(folders: list[Path], count: int) -> list[np.ndarray]:
    """Returns images of the folders, one folder's after another's, at most so many."""
    return [read_image(path) for path in [folder / name for folder in folders for name in scan(folder)[0]][:count]]


def mirrored(one: Points) -> Points:
    """Returns the points of the mirrored image: rows of the descriptor's 4 x 4 cells and its 8 directions reversed."""
    cells = one.descriptors.reshape(-1, 4, 4, 8)[:, ::-1, :, (8 - np.arange(8)) % 8]
    xy = one.xy * np.float32([-1, 1]) + np.float32([one.width, 0])
    return replace(one, xy=xy, descriptors=np.ascontiguousarray(cells.reshape(-1, 128)), turn=128 - one.turn)


def register(model: object, check: Homography, images: list[np.ndarray], count: int) -> tuple[np.ndarray, Store]:
    """Returns unit vectors and local features of so many registered images."""
    vectors, points = model(images), [check.describe(image) for image in images]
    if count > len(images):
        if count > 2 * len(images):
            raise SystemExit(f"{len(images)} images make {2 * len(images)} at most, {count} are wanted; give more")
        more = images[: count - len(images)]
        vectors = np.concatenate([vectors, model([np.ascontiguousarray(image[:, ::-1]) for image in more])])
        points += [mirrored(one) for one in points[: len(more)]]
    return vectors, Store.of(points)


def spent(function: Callable, *given: object) -> tuple[object, float]:
    """Returns the result and the CPU milliseconds it took."""
    start = time.process_time()
    found = function(*given)
    return found, 1e3 * (time.process_time() - start)


def measured(model: object, check: Homography, photos: list, store: Store, vectors: np.ndarray, pairs: int) -> dict:
    """Returns mean milliseconds by step, and how often the own image comes first."""
    times: dict[str, list[float]] = {}
    first, listed = [], []
    for own, photo in photos:
        vector, embed = spent(lambda photo=photo: model([photo])[0])
        cosines, search = spent(lambda vector=vector: vectors @ vector)
        seen, verify = spent(check.check, photo, cosines, store, vectors, model)
        points, describe = spent(check.describe, photo)
        voted, vote = spent(votes, points, store, check.votes)
        steps = {"embed": embed, "search": search, "verify": verify, "describe": describe, "vote": vote}
        some = np.linspace(0, len(store) - 1, pairs).astype(int)
        sheets = [store.points(i) for i in some]
        _, all_pairs = spent(lambda points=points, sheets=sheets: [fitted(points, sheet) for sheet in sheets])
        steps["all pairs"] = describe + all_pairs / pairs * len(store)
        for name, value in steps.items():
            times.setdefault(name, []).append(value)
        first.append(int(combined(cosines, seen).argmax()) == own)
        listed.append(own in voted)
    return {name: float(np.mean(values)) for name, values in times.items()} | {
        "rank-1": float(np.mean(first)),
        "voted": float(np.mean(listed)),
    }


def main() -> None:
    """Reads the command line and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("photos", type=Path)
    parser.add_argument("pool", type=Path, nargs="+")
    parser.add_argument("--sizes", type=int, nargs="+", default=[500, 2000, 10000])
    parser.add_argument("--queries", type=int, default=50)
    parser.add_argument("--pairs", type=int, default=50, help="pairs that SIFT on all pairs is measured on")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    faiss.omp_set_num_threads(1)
    model, check = open_model(chosen.model), Homography()
    known = sorted((chosen.photos / "register").glob("*.*"))
    asked = sorted((chosen.photos / "query").glob("*/*"))
    asked = [asked[i] for i in np.linspace(0, len(asked) - 1, chosen.queries).astype(int)]
    place = {path.stem: i for i, path in enumerate(known)}
    photos = [(place[path.parent.name], read_image(path)) for path in asked]
    images = [read_image(path) for path in known] + filled(chosen.pool, max(chosen.sizes) - len(known))
    vectors, store = register(model, check, images, max(chosen.sizes))
    print("registered | one query: embed + search | + verified | of it: points, votes | SIFT on all pairs* | ratio |"
          " rank-1 | own image voted | bytes")  # fmt: skip
    for size in chosen.sizes:
        part = store.kept(list(range(size)))
        votes(check.describe(photos[0][1]), part, 1)  # builds the inverted lists
        row = measured(model, check, photos, part, vectors[:size], chosen.pairs)
        plain = row["embed"] + row["search"]
        total = plain + row["verify"]
        print(
            f"{size} | {plain:.1f} ms | {total:.1f} ms | {row['describe']:.1f}, {row['vote']:.1f} ms | "
            f"{row['all pairs']:.0f} ms | {row['all pairs'] / total:.0f} | {row['rank-1']:.3f} | {row['voted']:.3f} | "
            f"{part.nbytes / 1e6:.0f} MB",
            flush=True,
        )
    print(f"* measured on {chosen.pairs} of the registered images and scaled to all of them")


if __name__ == "__main__":
    main()
